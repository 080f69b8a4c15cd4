"""A database's password in a file of its own, as Kubernetes and Compose hand secrets over."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit

from millstream.errors import InvalidParameter

_LONGEST = 4096


def with_password(uri: str, file: str | None) -> str:
    """The URI with the password in a file, if it names a user of a database server without one.

    A file that cannot be read, and one that holds no line of text, raise `InvalidParameter`.
    """
    if file is None or uri.startswith("sqlite"):
        return uri
    try:
        parts = urlsplit(uri)
        if not parts.username or parts.password is not None:
            return uri
    except ValueError:  # whoever reads the parts says what is wrong with them
        return uri
    user, _, place = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{quote(_password(file), safe='')}@{place}").geturl()


def _password(file: str) -> str:
    try:
        with Path(file).open(encoding="utf-8") as opened:
            password = opened.read(_LONGEST + 1).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidParameter(
            f"MILLSTREAM_DATABASE_PASSWORD_FILE names '{file}', which cannot be read: {error}."
        ) from error
    if not password or len(password) > _LONGEST or not password.isprintable():
        raise InvalidParameter(
            f"MILLSTREAM_DATABASE_PASSWORD_FILE names '{file}', which holds no password: it must "
            f"be one line of up to {_LONGEST} signs that can be printed."
        )
    return password
