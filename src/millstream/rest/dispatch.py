"""The server end of the wire, without a framework: a request becomes a call, its outcome JSON.

A caller who must not block (the event loop) takes the steps one by one: `Dispatcher.find` a route,
`Route.decode`, `Route.perform` where the route's effort says, wait for the `Pending` of a write,
`Route.encode`. A plain caller takes them all at once with `Dispatcher.answer`.
"""

from __future__ import annotations

import itertools
import logging
import operator
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from millstream.entities.asking import NOBODY, Asking
from millstream.errors import EndpointNotFound, InvalidParameter, MillstreamError
from millstream.rest import answers
from millstream.rest.endpoints import ENDPOINTS, Endpoint
from millstream.rest.fields import exact_shape, fields_of
from millstream.rest.repair import parse_json, parse_query, repaired, require_text
from millstream.store.pending import Pending

_LOG = logging.getLogger("millstream.rest")
_JSON = b"application/json"
_LINES = b"application/x-ndjson"
_NO_CONTENT = 204
_METHODS_WITH_TYPE = ("POST", "PUT")


class Answer(NamedTuple):
    """What goes back: the body at once, or piece by piece if there are `chunks`."""

    status: int
    body: bytes
    chunks: Iterator[bytes] | None = None


class MethodNotAllowed(EndpointNotFound):
    """The path exists, but not for this method; `allowed` lists those it has."""

    def __init__(self, method: str, path: str, allowed: Iterable[str]) -> None:
        self.allowed = ", ".join(sorted(allowed))
        super().__init__(f"{method} is not supported by {path}, but {self.allowed}.")

    @property
    def status(self) -> int:
        """Not found would be wrong: the path is."""
        return 405


class Route:
    """One row of the table, bound to a backend."""

    __slots__ = ("_decode", "_perform", "_required", "_stream", "effort", "encode", "endpoint")

    def __init__(self, endpoint: Endpoint, backend: object) -> None:
        shape = exact_shape(endpoint.request)
        self.endpoint = endpoint
        self.effort = endpoint.effort
        self.encode: Callable[[Any], bytes] = _encoder(endpoint)
        self._decode = msgspec.json.Decoder(shape, strict=False).decode
        self._perform: Callable[..., Any] = operator.attrgetter(endpoint.operation)(backend)
        self._stream = _stream_of(endpoint, backend)
        self._required = tuple(
            field.name
            for field in fields_of(endpoint.request)
            if field.required and field.kind == "text" and not field.many
        )

    def decode(
        self, query: bytes | None, body: bytes, path_values: Mapping[str, str] | None = None
    ) -> msgspec.Struct:
        """The request in a query string or, if that is None, in a JSON body."""
        if path_values is not None or query is not None:
            values = self._values(query, body)
            values.update(path_values or {})
            return self._decode_slowly(values)
        try:
            request: msgspec.Struct = self._decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._decode_slowly(parse_json(body))
        require_text(request, self._required, self.endpoint.missing)
        return request

    @property
    def media_type(self) -> bytes:
        """What the answer is."""
        return _LINES if self.endpoint.lines else _JSON

    def streams(self, request: Any) -> bool:
        """Whether `perform` may give the answer in chunks."""
        if self.endpoint.lines:
            return True
        return self._stream is not None and request.max_results is None

    def perform(self, request: Any, asking: Asking, exchange: object = None) -> Any:
        """Do it: an answer, the `Pending` of a write, or a generator of the body's chunks."""
        if self._stream is not None and self.streams(request):
            return self._begin_stream(self._stream(request))
        told = self.endpoint.told
        given: tuple[object, ...] = ()
        if told != "nothing":
            beside = {"asking": asking, "actor": asking.actor, "exchange": exchange}
            given = (beside[told],)
        outcome = self._perform(request, *given)
        return answers.encode_lines(_begun(outcome)) if self.endpoint.lines else outcome

    def _values(self, query: bytes | None, body: bytes) -> dict[str, Any]:
        if query is None:
            return parse_json(body)
        return parse_query(query, self.endpoint.request)

    def _decode_slowly(self, values: Mapping[str, Any]) -> msgspec.Struct:
        kind = self.endpoint.request
        try:
            return msgspec.convert(
                repaired(values, kind, self.endpoint.missing), kind, strict=False
            )
        except msgspec.ValidationError as error:
            raise InvalidParameter(f"The request cannot be understood: {error}.") from error

    def _begin_stream(self, slices: Iterator[list[Any]]) -> Any:
        """The chunks of a long answer; a short one whole, so that it travels in one piece."""
        first = next(slices, [])
        second = next(slices, None)
        assert self.endpoint.answer is not None  # noqa: S101  # rows that stream have an answer
        name = fields_of(self.endpoint.answer)[0].name
        if second is None:
            return self.endpoint.answer(**{name: first})
        return answers.encode_slices(name, _chain(first, second, slices))


class Dispatcher:
    """All routes of a backend: an object with the nouns that the table's operations name.

    Rows about nouns that the backend lacks are left out.
    """

    def __init__(
        self, backend: object, endpoints: Iterable[Endpoint] = ENDPOINTS, prefix: str = ""
    ) -> None:
        self.literal: dict[str, dict[str, Route]] = {}
        self._templates: list[tuple[re.Pattern[str], dict[str, Route]]] = []
        templated: dict[str, dict[str, Route]] = {}
        for endpoint in endpoints:
            if not hasattr(backend, endpoint.operation.partition(".")[0]):
                continue
            route = Route(endpoint, backend)
            for path in endpoint.paths:
                table = templated if "{" in path else self.literal
                methods = table.setdefault(prefix + path, {})
                methods.update(dict.fromkeys(endpoint.methods, route))
        for path, methods in templated.items():
            self._templates.append((_pattern(path), methods))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str] | None]:
        """The route, and what the path says about the request.

        `path` is percent-encoded, so that a slash within a value can be told from one between.
        """
        methods = self.literal.get(path)
        values = None
        if methods is None:
            methods, values = self._match(path)
        route = methods.get(method)
        if route is None:
            raise MethodNotAllowed(method, path, methods)
        return route, values

    def answer(
        self,
        method: str,
        path: str,
        query: bytes,
        content_type: bytes | None,
        body: bytes,
        asking: Asking = NOBODY,
    ) -> Answer:
        """Answer a request, waiting for what it takes. Never raises."""
        try:
            check_content_type(method, content_type)
            route, values = self.find(method, path)
            request = route.decode(query_of(method, query, body), body, values)
            outcome = route.perform(request, asking)
            if isinstance(outcome, Pending):
                outcome = outcome.result()
            if isinstance(outcome, Iterator):
                return Answer(200, b"", outcome)
            return Answer(route.endpoint.status, route.encode(outcome))
        except Exception as error:  # noqa: BLE001  # the border: whatever fails is an answer
            return failure(error)

    def _match(self, path: str) -> tuple[dict[str, Route], dict[str, str]]:
        for pattern, methods in self._templates:
            match = pattern.fullmatch(path)
            if match:
                found = match.groupdict().items()
                return methods, {name: urllib.parse.unquote(text) for name, text in found}
        raise EndpointNotFound(f"There is no endpoint at {path}.")


def query_of(method: str, query: bytes, body: bytes) -> bytes | None:
    """The query string, if it is what carries the request, as MLflow's client does to delete."""
    if method in ("GET", "HEAD") or (method == "DELETE" and query and not body):
        return query
    return None


def check_content_type(method: str, content_type: bytes | None) -> None:
    """Refuse a body that does not say it is JSON, with MLflow's texts."""
    if content_type == _JSON or method not in _METHODS_WITH_TYPE:
        return
    if not content_type:
        raise InvalidParameter("Bad Request. Content-Type header is missing.")
    if content_type.partition(b";")[0].strip().lower() != _JSON:
        raise InvalidParameter("Bad Request. Content-Type must be one of ['application/json'].")


def failure(error: Exception) -> Answer:
    """The answer that tells of an error; one that nobody foresaw is logged and kept inside."""
    if not isinstance(error, MillstreamError):
        _LOG.error("a request failed in a way that nobody foresaw", exc_info=error)
        error = MillstreamError(
            "The server failed in a way that nobody foresaw; its log has the details."
        )
    return Answer(error.status, answers.encode_error(error))


def _encoder(endpoint: Endpoint) -> Callable[[Any], bytes]:
    if endpoint.status == _NO_CONTENT:
        return lambda _: b""
    if endpoint.bare:
        return answers.encode_bare
    envelope = endpoint.envelope
    return lambda answer: answers.encode(answer, envelope)


def _stream_of(endpoint: Endpoint, backend: object) -> Callable[[Any], Any] | None:
    """`stream_x` of the noun whose `get_x` the row names."""
    if not endpoint.streams:
        return None
    path = endpoint.operation.replace(".get_", ".stream_")
    stream: Callable[[Any], Any] = operator.attrgetter(path)(backend)
    return stream


def _begun(slices: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The same slices; what is wrong with the request is raised now and not amid the answer."""
    first = next(slices, [])
    return itertools.chain([first], slices)


def _chain(first: list[Any], second: list[Any], rest: Iterator[list[Any]]) -> Iterator[list[Any]]:
    yield first
    yield second
    yield from rest


def _pattern(path: str) -> re.Pattern[str]:
    """A template as a pattern: `{name}` takes all but a slash, `{name:path}` takes all."""
    escaped = re.sub(r"\{(\w+):path\}", r"(?P<\1>.+)", path)
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", escaped))
