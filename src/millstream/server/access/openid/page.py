"""What a person sees whose sign-in has failed: why, and where to try again."""

from __future__ import annotations

import base64
import hashlib
import html

from millstream.asgi.replies import Headers

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:36rem;padding:0 1rem}"
    ":root{color-scheme:light dark}"
)
_PAGE = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
    "<meta name='viewport' content='width=device-width'><title>Not signed in</title>"
    "<style>{style}</style></head><body><main><h1>You are not signed in</h1><p>{message}</p>"
    "<p><a href='{again}'>Sign in again</a> · <a href='{home}'>Start page</a></p></main></body>"
    "</html>"
)
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Headers = [
    (
        b"content-security-policy",
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'".encode(),
    ),
    (b"cache-control", b"no-store"),
]


def failure_page(message: str, again: str, home: str) -> bytes:
    """The page; `again` and `home` are paths."""
    shown = {
        name: html.escape(text)
        for name, text in {"message": message, "again": again, "home": home}.items()
    }
    return _PAGE.format(style=_STYLE, **shown).encode()
