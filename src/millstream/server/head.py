"""What the headers of a request say about it, read once."""

from __future__ import annotations

from typing import NamedTuple

from millstream.asgi.replies import Scope

# All browsers call themselves so since the nineties; clients of other kinds do not.
_BROWSERS = b"Mozilla/"


class Head(NamedTuple):
    """Fields that are absent are None; `length` is that of the body in bytes.

    `in_browser` says that a browser asks, and no program of another kind.
    """

    host: bytes
    origin: bytes | None
    content_type: bytes | None
    length: int
    authorization: bytes | None
    cookie: bytes | None
    repeated: bytes | None
    encrypted: bool
    in_browser: bool = False
    workspace: bytes | None = None


def read_head(scope: Scope) -> Head:
    """Read the headers; of two hosts or origins neither is believed."""
    host, origin, content_type, length, authorization = b"", None, None, 0, None
    cookie, repeated, in_browser, workspace = None, None, False, None
    for name, value in scope["headers"]:
        if name == b"host":
            host = host + b", " + value if host else value
        elif name == b"origin":
            origin = value if origin is None else origin + b", " + value
        elif name == b"content-type":
            content_type = value
        elif name == b"content-length":
            length = int(value)
        elif name == b"authorization":
            authorization = value if authorization is None else authorization + b", " + value
        elif name == b"cookie":
            cookie = value if cookie is None else cookie + b"; " + value
        elif name == b"x-csrf-token":
            repeated = value
        elif name == b"user-agent":
            in_browser = value.startswith(_BROWSERS)
        elif name == b"x-mlflow-workspace":
            workspace = value
    encrypted = scope.get("scheme") == "https"
    proofs = (authorization, cookie, repeated)
    return Head(host, origin, content_type, length, *proofs, encrypted, in_browser, workspace)
