"""Where the journals of runs are kept: with the store of a folder, else in the user's home.

Who has no home, or none that can be written to, as in many containers, has them in a folder of its
own among the temporary files. To log never fails for want of a home.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from millstream import connect
from millstream.settings import Settings

_NAME = "journal"


def journal_folder(place: str, settings: Settings) -> Path:
    """The folder of the journals of a place, which need not exist."""
    folder = connect.local_folder(place)
    if folder is not None:
        return Path(folder, _NAME)
    if settings.state_home:
        return Path(settings.state_home, "millstream", _NAME)
    return _at_home() or _temporary()


def _at_home() -> Path | None:
    try:
        folder = Path.home() / ".local" / "state" / "millstream" / _NAME
    except RuntimeError:  # this user is in no list, and HOME is not set
        return None
    existing = [path for path in (folder, *folder.parents) if os.access(path, os.F_OK)]
    return folder if existing and os.access(existing[0], os.W_OK | os.X_OK) else None


@cache
def _temporary() -> Path:
    """The same one for each process of a user, unless another user took its name."""
    try:
        root = Path(tempfile.gettempdir())
    except FileNotFoundError:  # nothing can be written anywhere
        root = Path.cwd()
    folder = root / f"millstream-{os.getuid() if hasattr(os, 'getuid') else 'journals'}"
    with suppress(OSError):  # who cannot make it cannot begin a journal in it, and says so
        folder.mkdir(mode=0o700, exist_ok=True)
        if not _is_ours(folder):
            folder = Path(tempfile.mkdtemp(prefix=f"{folder.name}-"))
    return folder / _NAME


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can put journals there, which would be sent in this user's name."""
    if not hasattr(os, "getuid"):
        return True
    found = folder.lstat()
    is_private = not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and is_private
