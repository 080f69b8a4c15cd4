"""A transport that is a plain function call: for tests, and for whoever has both ends at hand."""

from __future__ import annotations

from millstream.rest.dispatch import Dispatcher
from millstream.rest.transport import Reply


class DispatchTransport:
    """Carries requests to a dispatcher in the same process."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def send(self, method: str, path: str, body: bytes | None) -> Reply:
        """Let the dispatcher answer."""
        path, _, query = path.partition("?")
        content_type = None if body is None else b"application/json"
        answer = self._dispatcher.answer(method, path, query.encode(), content_type, body or b"")
        whole = answer.body if answer.chunks is None else b"".join(answer.chunks)
        return Reply(answer.status, {"Content-Type": "application/json"}, whole)

    def close(self) -> None:
        """Nothing to release."""
