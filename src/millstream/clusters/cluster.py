"""A cluster's API server, asked for things in a namespace, and for what pods print and answer.

The requests are those of the Kubernetes API (kubernetes.io/docs/reference/using-api/api-concepts):
GET, POST and DELETE, and PATCH for server-side apply. The `kubernetes` package reads the
kubeconfig, signs in and sends. Manifests are sent as they are, not as classes of the package, which
would refuse fields that are newer than it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import urllib3

from millstream.client.extras import load
from millstream.clusters.kinds import POD, Kind, kind_of
from millstream.errors import (
    AlreadyExists,
    Conflict,
    InvalidParameter,
    MillstreamError,
    NotFound,
    PermissionDenied,
    Unavailable,
)

CONNECT, ANSWER = 10.0, 60.0
"""How long a connection and an answer may take, in s."""

PURPOSE = "Speaking to a Kubernetes cluster"
"""What the `kubernetes` package is needed for."""

_APPLY = "application/apply-patch+yaml"
_STRICT = ("fieldValidation", "Strict")
_STATUSES: dict[int, type[MillstreamError]] = {
    400: InvalidParameter,
    401: PermissionDenied,
    403: PermissionDenied,
    404: NotFound,
    422: InvalidParameter,
    429: Unavailable,
}
_REASONS: dict[str, type[MillstreamError]] = {"AlreadyExists": AlreadyExists, "Conflict": Conflict}


class Cluster:
    """One cluster, and who we are to it.

    Fields that the cluster does not know raise `InvalidParameter`, things that are not there
    `NotFound`, and a cluster that cannot be reached or asked now `Unavailable`.
    """

    def __init__(self, client: Any) -> None:
        dynamic = load("kubernetes.dynamic", PURPOSE)
        # Without a discoverer it asks for nothing that it is not told to.
        self._client = dynamic.DynamicClient(client, discoverer=lambda *_: None)
        self._refusal = load("kubernetes.client", PURPOSE).exceptions.ApiException

    def create(self, namespace: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Create a thing; one of its name raises `AlreadyExists`."""
        path = kind_of(manifest).path(namespace)
        return self._json("post", path, body=dict(manifest), query_params=[_STRICT])

    def apply(self, namespace: str, manifest: Mapping[str, Any], manager: str) -> dict[str, Any]:
        """Let a thing be as the manifest says, by server-side apply.

        What `manager` said before and does not say now goes; what others said stays, except where
        both say something of the same field.
        """
        path = kind_of(manifest).path(namespace, manifest["metadata"]["name"])
        said = [("fieldManager", manager), ("force", "true"), _STRICT]
        return self._json(
            "patch", path, body=dict(manifest), query_params=said, content_type=_APPLY
        )

    def get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any]:
        """A thing; raises `NotFound` if there is none of the name."""
        return self._json("get", kind.path(namespace, name))

    def delete(self, kind: Kind, namespace: str, name: str, uid: str | None = None) -> None:
        """Delete a thing and what it owns, with `uid` only if it is that very one."""
        body: dict[str, Any] = {"propagationPolicy": "Background"}
        if uid is not None:
            body["preconditions"] = {"uid": uid}
        self._json("delete", kind.path(namespace, name), body=body)

    def listed(self, kind: Kind, namespace: str, selector: str) -> list[dict[str, Any]]:
        """The things that a label selector chooses, oldest first."""
        chosen = [("labelSelector", selector)]
        found = self._json("get", kind.path(namespace), query_params=chosen).get("items") or []
        return sorted(found, key=lambda one: str(one["metadata"].get("creationTimestamp") or ""))

    def log(self, namespace: str, pod: str, container: str, *, follow: bool) -> Iterator[str]:
        """The lines that a container has printed, with `follow` until it ends."""
        chosen = [("container", container), ("follow", "true" if follow else "false")]
        path = f"{POD.path(namespace, pod)}/log"
        limits = (CONNECT, None if follow else ANSWER)
        answer = self._request("get", path, limits, query_params=chosen)
        try:
            for line in answer:
                yield line.decode("utf-8", "replace").rstrip("\r\n")
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"The log of the pod '{pod}' broke off: {error}") from error
        finally:
            answer.release_conn()
            answer.close()

    def post_to(
        self, kind: Kind, namespace: str, name: str, port: int, path: str, body: Any
    ) -> bytes:
        """What a service or pod answers to a body of JSON: the API server passes it on."""
        place = f"{kind.path(namespace, name)}:{port}/proxy/{quote(path)}"
        return self._bytes("post", place, body=body)

    def _json(self, verb: str, path: str, **said: Any) -> dict[str, Any]:
        try:
            found = json.loads(self._bytes(verb, path, **said))
        except ValueError as error:
            raise MillstreamError(f"The cluster's answer to {path} is no JSON: {error}") from error
        if not isinstance(found, dict):
            raise MillstreamError(f"The cluster's answer to {path} is no object.")
        return found

    def _bytes(self, verb: str, path: str, **said: Any) -> bytes:
        answer = self._request(verb, path, (CONNECT, ANSWER), **said)
        try:
            return bytes(answer.data)
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"The cluster's answer to {path} broke off: {error}") from error

    def _request(
        self, verb: str, path: str, limits: tuple[float, float | None], **said: Any
    ) -> Any:
        try:
            return self._client.request(
                verb, path, serialize=False, _request_timeout=limits, **said
            )
        except self._refusal as error:
            reason, told = _reason(error)
            kind = _REASONS.get(reason) or _STATUSES.get(error.status, MillstreamError)
            kind = Unavailable if error.status >= 500 else kind
            raise kind(f"The cluster refuses {verb} {path}: {error.status} {told}") from error
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"The cluster cannot be reached: {error}") from error


def _reason(error: Any) -> tuple[str, str]:
    """What the cluster says of a refusal by its Status, a word and a message, or HTTP's word."""
    try:
        found = json.loads(error.body)
        return str(found.get("reason")), str(found["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", str(error.reason)
