"""The client end of the wire: an operation and its request become HTTP, the reply its answer."""

from __future__ import annotations

import json
import re
import urllib.parse
from typing import Any, TypeVar

import msgspec

from millstream import errors
from millstream.entities.asking import Asking
from millstream.entities.decoding import json_decoder
from millstream.errors import InvalidParameter, MillstreamError, NotSupported
from millstream.rest import answers
from millstream.rest.endpoints import ENDPOINTS, Endpoint
from millstream.rest.repair import repaired
from millstream.rest.transport import Reply, Transport
from millstream.store.pending import Pending

T = TypeVar("T", bound=msgspec.Struct)
_CODES = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "ENDPOINT_NOT_FOUND"}
_CODES.update({400: "BAD_REQUEST", 405: "ENDPOINT_NOT_FOUND", 429: "REQUEST_LIMIT_EXCEEDED"})
_CODES.update({501: "NOT_IMPLEMENTED", 503: "TEMPORARILY_UNAVAILABLE", 504: "DEADLINE_EXCEEDED"})
_OF_ERRORS = ("error_code", "message", "sqlstate", "error_class")
_SHOWN = 500


class Caller:
    """Calls operations by the rows of the table."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lines = {endpoint.operation: _Line(endpoint) for endpoint in ENDPOINTS}

    def read(
        self,
        operation: str,
        request: msgspec.Struct,
        answer: type[T],
        asking: Asking | None = None,
    ) -> T:
        """Call and wait for the answer."""
        _check_that_nobody_else_asks(asking)
        line = self._lines[operation]
        return line.parse(self._send(line, request), answer)

    def read_lines(self, operation: str, request: msgspec.Struct, item: type[T]) -> list[T]:
        """Call an operation that answers lines, and wait for all of them."""
        line = self._lines[operation]
        return line.parse_lines(self._send(line, request), item)

    def write(
        self,
        operation: str,
        request: msgspec.Struct,
        answer: type[T],
        asking: Asking | None = None,
    ) -> Pending[T]:
        """Call; the outcome, good or bad, is known when this returns."""
        pending: Pending[T] = Pending()
        try:
            pending.succeed(self.read(operation, request, answer, asking))
        except MillstreamError as error:
            pending.fail(error)
        return pending

    def command(
        self, operation: str, request: msgspec.Struct, asking: Asking | None = None
    ) -> Pending[None]:
        """Call an operation that answers nothing; the outcome is known when this returns."""
        pending: Pending[None] = Pending()
        try:
            _check_that_nobody_else_asks(asking)
            body = self._send(self._lines[operation], request)
            if body.lstrip()[:1] not in (b"", b"{"):  # a page that a proxy put in the way
                raise MillstreamError(
                    f"The server's answer to {operation} cannot be understood: {body[:_SHOWN]!r}"
                )
            pending.succeed(None)
        except MillstreamError as error:
            pending.fail(error)
        return pending

    def close(self) -> None:
        """Release connections."""
        self._transport.close()

    def _send(self, line: _Line, request: msgspec.Struct) -> bytes:
        try:
            path, body = line.render(request)
        except UnicodeEncodeError as error:
            raise InvalidParameter(f"Text in the request is not Unicode: {error}.") from error
        reply = self._transport.send(line.method, path, body)
        if reply.status >= 300:
            raise error_in(reply, path)
        return reply.body


class _Line:
    """One row, ready to be called."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.method = endpoint.methods[0]
        self._path = endpoint.paths[0]
        self._names = re.findall(r"\{(\w+)(?::path)?\}", self._path)
        self._envelope = endpoint.envelope
        # MLflow's server reads what is to become of what is deleted from the address.
        self._asks_by_query = endpoint.operation == "workspaces.delete"
        self._decoder: msgspec.json.Decoder[Any] | None = None

    def render(self, request: msgspec.Struct) -> tuple[str, bytes | None]:
        """The path with its query string, and the body."""
        path = self._path
        for name in self._names:
            value = urllib.parse.quote(str(getattr(request, name)), safe="")
            path = re.sub(rf"\{{{name}(:path)?\}}", value.replace("\\", r"\\"), path)
        if self.method != "GET" and not self._asks_by_query:
            return path, answers.encode(request)
        values = msgspec.to_builtins(request)
        query = [
            (name, _query_text(item))
            for name, value in values.items()
            if name not in self._names and value is not None
            for item in (value if isinstance(value, list) else [value])
        ]
        return f"{path}?{urllib.parse.urlencode(query)}" if query else path, None

    def parse(self, body: bytes, answer: type[T]) -> T:
        """The answer in a body."""
        if self._decoder is None:
            kind: Any = answer
            if self._envelope is not None:
                kind = msgspec.defstruct("Envelope", [(self._envelope, answer)])
            self._decoder = json_decoder(kind, strict=False)
        try:
            found = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._parse_slowly(body, answer)
        if self._envelope is not None:
            found = getattr(found, self._envelope)
        return found  # type: ignore[no-any-return]  # the decoder was built for it

    def parse_lines(self, body: bytes, item: type[T]) -> list[T]:
        """The items in a body of lines."""
        try:
            return json_decoder(item, strict=False).decode_lines(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MillstreamError(
                f"The server's answer to {self._path} cannot be understood ({error}): "
                f"{body[:_SHOWN]!r}"
            ) from error

    def _parse_slowly(self, body: bytes, answer: type[T]) -> T:
        """A server may write NaN as a token and null for what is absent."""
        try:
            values = json.loads(body)
            if self._envelope is not None:
                values = values[self._envelope]
            return msgspec.convert(repaired(values, answer), answer, strict=False)
        except (ValueError, KeyError, TypeError, AttributeError, MillstreamError) as error:
            raise MillstreamError(
                f"The server's answer to {self._path} cannot be understood ({error}): "
                f"{body[:_SHOWN]!r}"
            ) from error


def _check_that_nobody_else_asks(asking: Asking | None) -> None:
    """Refuse to ask for somebody else: a server sees who calls it, and decides for that one."""
    if asking is not None and asking.caller is not None:
        raise NotSupported(
            f"The store is behind a server, which cannot be asked on behalf of {asking.name!r}: it "
            "answers what its own caller may see. Open the database itself to control access to it."
        )


def error_in(reply: Reply, path: str) -> MillstreamError:
    """The error that a reply tells of.

    Its `message` is the server's; as a text it begins with the code, as MLflow's client writes it.
    """
    try:
        values = json.loads(reply.body)
        code, message = values["error_code"], values["message"]
    except (ValueError, KeyError, TypeError):
        text = reply.body[:_SHOWN].decode("utf-8", "replace")
        code = _CODES.get(reply.status, "INTERNAL_ERROR")
        return errors.from_code(
            code,
            f"API request to endpoint {path.partition('?')[0]} failed with error code "
            f"{reply.status} != 200. Response body: '{text}'",
        )
    error = errors.from_code(str(code), str(message))
    error.args = (f"{error.error_code}: {error.message}",)
    error.json_kwargs = {name: value for name, value in values.items() if name not in _OF_ERRORS}
    return error


def _query_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
