"""The tokens that `millstream login` keeps, each for one server.

They are in the system's keyring where the package `keyring` has a real one, and else in a file
that only its owner can read. The file says which, so that the keyring is not loaded for those who
have never signed in.
"""

from __future__ import annotations

import importlib
import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult

from millstream.errors import InvalidParameter, Unavailable
from millstream.settings import Settings

_FOLDER = "millstream"
_FILE = "logins.json"
_SERVICE = "millstream"
_PORTS = {"http": 80, "https": 443}


class Login(NamedTuple):
    """Who is signed in to a server, and the token that proves it."""

    username: str
    token_id: str
    token: str


def origin(address: SplitResult) -> str:
    """The scheme, host and port of a server, in one form; a token is for one of them."""
    port = address.port or _PORTS[address.scheme]
    return f"{address.scheme}://{(address.hostname or '').lower()}:{port}"


def file_of(settings: Settings) -> Path:
    """Where the file is, or would be; raises `Unavailable` for a user without a home."""
    if settings.config_home:
        return Path(settings.config_home, _FOLDER, _FILE)
    try:
        return Path.home() / ".config" / _FOLDER / _FILE
    except RuntimeError as error:
        raise Unavailable(
            "Logins are kept in the user's home, and this user has none: set "
            "MILLSTREAM_CONFIG_HOME to a folder."
        ) from error


def find(address: SplitResult, settings: Settings) -> Login | None:
    """The login at a server, if there is one."""
    try:
        file = file_of(settings)
    except Unavailable:  # so nothing was ever kept
        return None
    entry = _read(file).get(origin(address))
    if entry is None:
        return None
    token = entry["token"]
    if token is None:
        token = _from_keyring(origin(address))
    return Login(entry["username"], entry["token_id"], token)


def keep(address: SplitResult, login: Login, settings: Settings) -> str:
    """Keep a login in the place of any other at that server; the answer says where."""
    file = file_of(settings)
    kept = _read(file)
    keyring = _keyring()
    if keyring is not None:
        keyring.set_password(_SERVICE, origin(address), login.token)
    token = login.token if keyring is None else None
    kept[origin(address)] = {
        "username": login.username,
        "token_id": login.token_id,
        "token": token,
    }
    _write(file, kept)
    return f"'{file}'" if keyring is None else "the system's keyring"


def forget(address: SplitResult, settings: Settings) -> bool:
    """Forget the login at a server; False if there was none."""
    file = file_of(settings)
    kept = _read(file)
    entry = kept.pop(origin(address), None)
    if entry is None:
        return False
    if entry["token"] is None and (keyring := _keyring()) is not None:
        keyring.delete_password(_SERVICE, origin(address))
    _write(file, kept)
    return True


def _read(file: Path) -> dict[str, dict[str, Any]]:
    try:
        with file.open(encoding="utf-8") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            if os.name == "posix" and mode & 0o077:
                raise InvalidParameter(
                    f"'{file}' holds tokens and can be read by others (its mode is {mode:04o}). "
                    f"Run `chmod 600 '{file}'`, and revoke tokens that somebody may have seen."
                )
            found: dict[str, dict[str, Any]] = json.load(opened)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}  # a folder that is not this user's holds no login of this user
    except (IsADirectoryError, ValueError) as error:
        raise InvalidParameter(
            f"'{file}', which holds the logins, cannot be read: {error}. Remove it and sign in "
            "again with `millstream login`."
        ) from error
    except OSError as error:  # as where a process has too many files open
        raise Unavailable(f"'{file}', which holds the logins, cannot be read: {error}") from error
    return found


def _write(file: Path, kept: dict[str, dict[str, Any]]) -> None:
    """Replace the file at once; nobody else can read it at any moment."""
    unfinished = file.with_name(f".{_FILE}.{secrets.token_hex(8)}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
                json.dump(kept, opened, indent=2, sort_keys=True)
                opened.flush()
                os.fsync(opened.fileno())
            unfinished.replace(file)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Unavailable(
            f"'{file}', which holds the logins, cannot be written: {error}."
        ) from error


def _from_keyring(name: str) -> str:
    keyring = _keyring()
    token: str | None = None if keyring is None else keyring.get_password(_SERVICE, name)
    if token is None:
        raise InvalidParameter(
            f"The token for {name} is in the system's keyring, which does not give it. Sign in "
            f"again with `millstream login {name}`."
        )
    return token


def _keyring() -> Any | None:
    """The package, if it is installed and has somewhere to keep secrets."""
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        return None
    return keyring if keyring.get_keyring().priority >= 1 else None
