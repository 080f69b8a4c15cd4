"""Requests to Vertex AI by Google's own client, and what its refusals mean.

The client is that of discovery documents, `google-api-python-client`: it speaks REST and is loaded
in the time of a command, where `google.cloud.aiplatform_v1` first makes classes of every message of
some forty services, and has gRPC below. It sends nothing but these requests.
"""

from __future__ import annotations

import json
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from millstream.client.extras import load
from millstream.deploy.target import ChangeFailed
from millstream.deploy.vertex.place import Place
from millstream.errors import (
    AlreadyExists,
    Conflict,
    InvalidParameter,
    InvalidState,
    LimitExceeded,
    MillstreamError,
    NotFound,
    NotSupported,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
)

PURPOSE = "Vertex AI"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"

_REPLY_SECONDS = 120
_CANCEL_SECONDS = 60.0
_SHORTEST, _LONGEST = 0.1, 5.0
"""How long is waited between two looks at an operation, in s: little at first."""
_READ_TRIES = 2

_BY_STATUS: Mapping[int, type[MillstreamError]] = {
    400: InvalidParameter,
    401: Unauthenticated,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    412: InvalidState,
    429: LimitExceeded,
    501: NotSupported,
}
_SIGN_IN = (
    "Sign in with `gcloud auth application-default login`, or let GOOGLE_APPLICATION_CREDENTIALS "
    "name the file of a service account."
)


class Region:
    """The collections of a region, each made once: the client makes all methods of it anew."""

    def __init__(self, api: Any) -> None:
        self._made: dict[tuple[str, ...], Any] = {(): api.projects().locations()}

    def of(self, *names: str) -> Any:
        """A collection by its path, such as `of("models", "operations")`."""
        if names not in self._made:
            self._made[names] = getattr(self.of(*names[:-1]), names[-1])()
        return self._made[names]


Call = Callable[[Region], Any]
"""Makes a request of a region's collections."""


class Service:
    """Vertex AI of one project and region. Not for several threads at once."""

    def __init__(self, place: Place) -> None:
        self.place = place
        with _translated("sign in"):
            self._http = _authorized()
        weakref.finalize(self, self._http.close)
        api = load("googleapiclient.discovery", PURPOSE).build(
            "aiplatform",
            "v1",
            http=self._http,
            client_options={"api_endpoint": place.address},
            static_discovery=True,  # of what is installed: nothing is fetched
            cache_discovery=False,
        )
        self._region = Region(api)

    def read(self, what: str, call: Call) -> dict[str, Any]:
        """What a request answers that changes nothing, and may be sent again."""
        return self._send(what, call, _READ_TRIES)

    def change(self, what: str, call: Call) -> dict[str, Any]:
        """What a request answers that changes something, and is sent once."""
        return self._send(what, call, 0)

    def pages(
        self, what: str, call: Callable[[Region, str | None], Any], field: str
    ) -> Iterator[dict[str, Any]]:
        """All that a list holds, page by page; `call` takes the region and a page's token."""
        token: str | None = None
        while True:
            page = self.read(what, partial(_page, call, token))
            yield from page.get(field, ())
            token = page.get("nextPageToken")
            if not token:
                return

    def operate(self, what: str, call: Call, patience: float) -> dict[str, Any]:
        """Begin an operation, and wait until it is done, at most `patience` s.

        One that fails or takes longer raises `ChangeFailed`; the latter is cancelled before.
        """
        began = self.change(what, call)
        done = self._until_done(began, patience)
        if done is None:
            ended = "was cancelled" if self._cancel(began) else "still goes on: look after it"
            raise ChangeFailed(
                f"Vertex AI did not {what} within {patience:g} s; the operation {began['name']} "
                f"{ended}."
            )
        error = done.get("error")
        if error:
            raise ChangeFailed(f"Vertex AI could not {what}: {error.get('message') or error}")
        response: dict[str, Any] = done.get("response", {})
        return response

    def post(self, what: str, address: str, body: bytes) -> bytes:
        """What an address below `place` answers to a body of JSON, as it is."""
        with _translated(what):
            reply, content = self._http.request(
                address, "POST", body=body, headers={"content-type": "application/json"}
            )
        if reply.status >= 300:
            raise _refusal(what, reply.status, content)
        return bytes(content)

    def _send(self, what: str, call: Call, tries: int) -> dict[str, Any]:
        with _translated(what):
            found: dict[str, Any] = call(self._region).execute(num_retries=tries)
        return found

    def _until_done(self, operation: dict[str, Any], patience: float) -> dict[str, Any] | None:
        if operation.get("done"):
            return operation
        for _ in pauses(patience):
            operation = self._look(operation)
            if operation.get("done"):
                return operation
        return None

    def _look(self, operation: dict[str, Any]) -> dict[str, Any]:
        """How an operation is doing; while that cannot be asked, as it was."""
        name = operation["name"]
        try:
            return self._send(
                "tell of an operation", lambda region: _operations(region, name).get(name=name), 0
            )
        except Unavailable:
            return operation

    def _cancel(self, operation: dict[str, Any]) -> bool:
        """Whether it has come to an end, so that what is undone next is at rest."""
        name = operation["name"]
        try:
            self.change(
                "cancel an operation", lambda region: _operations(region, name).cancel(name=name)
            )
        except (InvalidParameter, InvalidState, NotFound, NotSupported, Unavailable):
            return False  # not every operation can be cancelled
        return self._until_done(operation, _CANCEL_SECONDS) is not None


def pauses(patience: float) -> Iterator[None]:
    """Wait before each look at what goes on there, little at first, for `patience` s together."""
    until, pause = time.monotonic() + patience, _SHORTEST
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        yield
        pause = min(pause * 1.5, _LONGEST)


def _authorized() -> Any:
    """An HTTP client with the credentials that Google's libraries find on this machine."""
    auth, lib = load("google.auth", PURPOSE), load("httplib2", PURPOSE)
    credentials, _ = auth.default(scopes=[SCOPE])
    if hasattr(credentials, "with_always_use_jwt_access"):
        # A service account's key signs for itself; no other server is asked for a token.
        credentials = credentials.with_always_use_jwt_access(True)
    http = lib.Http(timeout=_REPLY_SECONDS)
    http.follow_redirects = False  # a token goes nowhere else
    return load("google_auth_httplib2", PURPOSE).AuthorizedHttp(credentials, http=http)


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """What Google's libraries raise, as ours; `what` says what was wanted, as in "upload it"."""
    refused = load("googleapiclient.errors", PURPOSE)
    auth = load("google.auth.exceptions", PURPOSE)
    lib = load("httplib2", PURPOSE)
    try:
        yield
    except refused.HttpError as error:
        raise _refusal(what, error.resp.status, error.content) from error
    except (auth.DefaultCredentialsError, auth.RefreshError) as error:
        raise Unauthenticated(f"No credentials for Google Cloud: {error} {_SIGN_IN}") from error
    except (auth.GoogleAuthError, lib.HttpLib2Error, OSError) as error:
        raise Unavailable(f"Vertex AI cannot be reached to {what}: {error}") from error


def _page(call: Callable[[Region, str | None], Any], token: str | None, region: Region) -> Any:
    return call(region, token)


def _operations(region: Region, name: str) -> Any:
    """The collection that an operation is in, which is that of what it changes."""
    owner = name.split("/")[4]
    return region.of("operations") if owner == "operations" else region.of(owner, "operations")


def _refusal(what: str, status: int, content: bytes) -> MillstreamError:
    kind = _BY_STATUS.get(status, Unavailable if status >= 500 else MillstreamError)
    if status == 409 and b"ALREADY_EXISTS" in content:
        kind = AlreadyExists
    hint = {
        401: f" {_SIGN_IN}",
        403: " The guide of Vertex AI lists the permissions.",
        409: " Wait until the change is done that is under way, and try again.",
    }
    said = "" if kind is AlreadyExists else hint.get(status, "")
    return kind(f"Vertex AI refuses to {what} ({status}): {_reason(content)}{said}")


def _reason(content: bytes) -> str:
    """The message of an answer that is an error; a model's own is as it is."""
    try:
        found = json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")[:500]
    for key in ("error", "message"):
        if isinstance(found, dict) and key in found:
            found = found[key]
    return str(found)[:1000]
