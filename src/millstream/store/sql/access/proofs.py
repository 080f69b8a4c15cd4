"""Random secrets, and the hashes that are kept of them.

A secret of 256 random bits cannot be guessed, so a plain hash keeps it safe and is quick to check.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import NamedTuple

_SECRET_BYTES = 32
_SECRET_LENGTH = 43
_ID_BYTES = 8
_PREFIX = "ms_"
_ID_END = len(_PREFIX) + 2 * _ID_BYTES


class TokenParts(NamedTuple):
    """A token's public id, and the secret that goes with it."""

    token_id: str
    secret: str

    @property
    def text(self) -> str:
        """The token as programs show it: `ms_`, the id, `_`, the secret."""
        return f"{_PREFIX}{self.token_id}_{self.secret}"


def new_secret() -> str:
    """A secret of 43 letters, digits, dashes and underscores."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_token() -> TokenParts:
    """The parts of a token that nobody has."""
    return TokenParts(secrets.token_hex(_ID_BYTES), new_secret())


def parts_of(token: str) -> TokenParts | None:
    """The parts of what may be a token; None if it cannot be one."""
    whole = len(token) == _ID_END + 1 + _SECRET_LENGTH and token.isascii()
    if not whole or not token.startswith(_PREFIX) or token[_ID_END] != "_":
        return None
    return TokenParts(token[len(_PREFIX) : _ID_END], token[_ID_END + 1 :])


def kept(secret: str) -> str:
    """What is kept of a secret: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
