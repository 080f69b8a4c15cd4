"""One request and its answer, for the few operations that give a browser cookies."""

from __future__ import annotations

from typing import NamedTuple

from millstream.asgi.replies import Headers
from millstream.entities.asking import Asking
from millstream.server.access.cookies import CookiePlace


class Exchange(NamedTuple):
    """Who asks, the session that it showed, and the headers that the answer is to have."""

    asking: Asking
    place: CookiePlace
    secret: str | None
    headers: Headers
