"""HTML files in a frame of our pages: of no origin, without network, scripts only if asked for."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from millstream.errors import InvalidParameter, NotSupported
from millstream.server.bodies import Scope, header, run

_SHUT = (
    b"default-src 'none'; img-src data: blob:; media-src data: blob:; font-src data:; "
    b"style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_STATIC = b"sandbox; " + _SHUT
_SCRIPTS = (
    b"sandbox allow-scripts; "
    + _SHUT
    + b"; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; worker-src data: blob:"
)
_KINDS = ("plotly", "scripts", "static")
_NO_PLOTLY = (
    "The Python package 'plotly' is not installed where the server runs, so that it cannot give "
    "the library to figures without one. Install it there, or log figures with "
    'save_kwargs={"include_plotlyjs": True}.'
)


class Frame(NamedTuple):
    """How an HTML file is shown: the content security policy, and what stands before the file."""

    policy: bytes
    before: bytes = b""


async def frame_of(scope: Scope, wanted: str | None) -> Frame | None:
    """The frame of a file that is asked for with `sandbox=`; None without it.

    `static` runs no script; `scripts` runs them where the browser says that it asks for a frame, or
    says nothing; `plotly` does so with the library that figures otherwise fetch from elsewhere.
    Raises `InvalidParameter` for other words, `NotSupported` where that library is not installed.
    """
    if wanted is None:
        return None
    if wanted not in _KINDS:
        raise InvalidParameter(
            f"Invalid value '{wanted[:100]}' for parameter 'sandbox'. It must be one of "
            f"{', '.join(_KINDS)}."
        )
    # A page of its own could send its visitor elsewhere; in a frame, our page's policy forbids it.
    framed = header(scope, b"sec-fetch-dest") in (None, b"iframe")
    if wanted == "plotly":
        before = await run(_with_plotly)
        # A page that asks beforehand whether there is a library is told so, too.
        return Frame(_SCRIPTS, before) if framed else Frame(_STATIC)
    return Frame(_SCRIPTS if framed and wanted == "scripts" else _STATIC)


def _with_plotly() -> bytes:
    found = find_spec("plotly")
    places = [Path(place) for place in (found.submodule_search_locations or [])] if found else []
    for place in places:
        library = place / "package_data" / "plotly.min.js"
        if library.is_file():
            # Without a document type first, the page would be laid out as those of long ago.
            return b"<!doctype html><script>" + library.read_bytes() + b"</script>\n"
    raise NotSupported(_NO_PLOTLY)
