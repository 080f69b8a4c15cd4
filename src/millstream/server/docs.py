"""The page that shows the REST API and lets one try it, and the document it is made from."""

from __future__ import annotations

from pathlib import Path

from millstream.asgi.guard import PAGE_POLICY
from millstream.asgi.replies import HTML, JSON, Headers, Scope, Send, as_json
from millstream.rest.openapi import document
from millstream.server.fixed import Fixed

_FOLDER = Path(__file__).parent / "documentation"
_POLICY = [(b"content-security-policy", PAGE_POLICY)]
_SCRIPT = b"text/javascript; charset=utf-8"
_STYLE = b"text/css; charset=utf-8"


class _Described(Fixed):
    """The OpenAPI document, made when it is first asked for."""

    def __init__(self, prefix: str) -> None:
        super().__init__(b"", JSON)
        self._prefix = prefix

    async def __call__(self, scope: Scope, send: Send, headers: Headers) -> None:
        """Answer with the paths as whoever asks has to write them."""
        if in_front := scope.get("root_path"):
            described = as_json(document(prefix=in_front + self._prefix))
            await Fixed(described, JSON)(scope, send, headers)
        else:
            await super().__call__(scope, send, headers)

    @property
    def body(self) -> bytes:
        """The document as JSON."""
        if not self._body:
            self._body = as_json(document(prefix=self._prefix))
        return self._body


def documentation(prefix: str = "") -> dict[str, Fixed]:
    """The handlers by path."""
    return {
        f"{prefix}/openapi.json": _Described(prefix),
        f"{prefix}/docs": Fixed((_FOLDER / "index.html").read_bytes(), HTML, _POLICY),
        f"{prefix}/docs/try.js": Fixed((_FOLDER / "try.js").read_bytes(), _SCRIPT),
        f"{prefix}/docs/style.css": Fixed((_FOLDER / "style.css").read_bytes(), _STYLE),
    }
