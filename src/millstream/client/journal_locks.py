"""Who writes to a journal, told by a lock that ends with the process, however that ends.

Windows has no lock that lets others read meanwhile: there no journal is known to be left behind.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform == "win32":

    def hold(journal: int) -> None:
        """Do nothing."""

    @contextlib.contextmanager
    def without_writer(path: Path) -> Iterator[bool]:  # noqa: ARG001  # as elsewhere
        """Say that somebody may be writing."""
        yield False

else:
    import fcntl

    def hold(journal: int) -> None:
        """Be known, to processes of this machine, as who writes to the open file of this number.

        A file system without locks costs only that others do not take what is left behind.
        """
        with contextlib.suppress(OSError):
            fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)

    @contextlib.contextmanager
    def without_writer(path: Path) -> Iterator[bool]:
        """Whether nobody writes to a journal; then nobody else takes it within the block.

        Raises OSError if the file cannot be opened.
        """
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True
