"""HTML files in a frame of our pages: of no origin, without network, scripts only if asked for."""

from __future__ import annotations

from millstream.errors import InvalidParameter
from millstream.server.bodies import Scope, header

_SHUT = (
    b"default-src 'none'; img-src data: blob:; media-src data: blob:; font-src data:; "
    b"style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_POLICIES = {
    "static": b"sandbox; " + _SHUT,
    "scripts": b"sandbox allow-scripts; "
    + _SHUT
    + b"; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; worker-src data: blob:",
}


def frame_policy(scope: Scope, wanted: str | None) -> bytes | None:
    """The policy of a file that is asked for with `sandbox=`; None without it.

    `static` runs no script; `scripts` runs them where the browser says that it asks for a frame, or
    says nothing. Raises `InvalidParameter` for other words.
    """
    if wanted is None:
        return None
    if wanted not in _POLICIES:
        raise InvalidParameter(
            f"Invalid value '{wanted[:100]}' for parameter 'sandbox'. It must be one of "
            f"{', '.join(sorted(_POLICIES))}."
        )
    # A page of its own could send its visitor elsewhere; in a frame, our page's policy forbids it.
    framed = header(scope, b"sec-fetch-dest") in (None, b"iframe")
    return _POLICIES[wanted if framed else "static"]
