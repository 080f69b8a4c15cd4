"""What of an address or a setting may be shown: everything but what lets somebody in."""

from __future__ import annotations

import re

MASK = "***"
_NAMES = r"pass|secret|token|key|credential|signature|\bsig\b"
_NAME = re.compile(_NAMES, re.IGNORECASE)
_FIELD = re.compile(rf"([?&;](?:[^=&;#]*(?:{_NAMES})[^=&;#]*)=)[^&;#\s]+", re.IGNORECASE)
_PASSWORD = re.compile(r"([^:/?#@\s]*):.*@", re.DOTALL)  # which may hold any sign
_PORT = re.compile(r"[^:/?#@\s]*:[0-9]+[/?#]")
_TOKEN = re.compile(r"[^/?#@\s]+@")


def shown(uri: str) -> str:
    """A URI for messages: without password, without a token in its place, without signatures."""
    scheme, mark, rest = uri.partition("://")
    of_server = scheme.lower() in ("http", "https")
    found = _PASSWORD.match(rest)
    if found is not None and not (of_server and _PORT.match(rest)):
        rest = f"{found[1]}:{MASK}@{rest[found.end() :]}"
    elif of_server and _TOKEN.match(rest):
        rest = _TOKEN.sub(f"{MASK}@", rest, count=1)
    return _FIELD.sub(rf"\1{MASK}", f"{scheme}{mark}{rest}")


def is_secret(name: str) -> bool:
    """Whether a setting of this name holds what must not be shown."""
    return _NAME.search(name) is not None
