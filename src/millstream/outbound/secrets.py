"""Secrets as they are kept: encrypted if there is a key, else marked as plain text."""

from __future__ import annotations

import importlib
from typing import Any

from millstream.errors import InvalidParameter, InvalidState, NotSupported

_ENCRYPTED = "fernet:"
_PLAIN = "plain:"


class SecretBox:
    """Seals secrets and opens them; `key` is a Fernet key, several with commas, the first seals."""

    def __init__(self, key: str | None) -> None:
        self._fernet = None if key is None else _fernet(key)

    def seal(self, secret: str) -> str:
        """The secret as it may be kept."""
        if self._fernet is None:
            return _PLAIN + secret
        return _ENCRYPTED + str(self._fernet.encrypt(secret.encode()).decode())

    def open(self, kept: str) -> str:
        """The secret that was sealed; raises `InvalidState` without the key that sealed it."""
        if kept.startswith(_PLAIN):
            return kept.removeprefix(_PLAIN)
        try:
            if self._fernet is None:
                raise ValueError("no key is set")
            return str(self._fernet.decrypt(kept.removeprefix(_ENCRYPTED).encode()).decode())
        except (ValueError, _invalid_token()) as error:
            raise InvalidState(
                "The secret of the webhook cannot be read: it was encrypted with a key that "
                "MILLSTREAM_WEBHOOK_SECRET_ENCRYPTION_KEY does not hold. Put that key back, or "
                "give the webhook its secret again."
            ) from error


def _fernet(key: str) -> Any:
    try:
        module = importlib.import_module("cryptography.fernet")
    except ModuleNotFoundError as error:
        raise NotSupported(
            "MILLSTREAM_WEBHOOK_SECRET_ENCRYPTION_KEY needs the Python package cryptography; "
            "run: pip install 'millstream[webhooks]'"
        ) from error
    try:
        return module.MultiFernet([module.Fernet(part.strip()) for part in key.split(",")])
    except ValueError as error:
        raise InvalidParameter(
            "MILLSTREAM_WEBHOOK_SECRET_ENCRYPTION_KEY must be a Fernet key: 32 bytes in URL-safe "
            "base64, as `cryptography.fernet.Fernet.generate_key()` makes them."
        ) from error


def _invalid_token() -> type[Exception]:
    """What the library raises for another key's text; without the library, nothing does."""
    try:
        found: type[Exception] = importlib.import_module("cryptography.fernet").InvalidToken
    except ModuleNotFoundError:
        return ValueError
    return found
