"""An import that kills its own process before its nth write, as a program of its own.

python -m tests.unit.bundles.cut_off BUNDLE FOLDER N
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.unit.bundles.seed import open_folder

from millstream.artifacts.local import LocalArtifacts
from millstream.bundles.archive import ZipBundle
from millstream.bundles.arrival import Wish, bring
from millstream.store.sql.database import Database


class Counted:
    """Counts what is written: changes of the store, files, and the blocks of files."""

    def __init__(self, most: int | None = None) -> None:
        self.count = 0
        self._most = most

    def step(self) -> None:
        self.count += 1
        if self.count == self._most:
            os.kill(os.getpid(), signal.SIGKILL)

    def change(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.step()
            return write(*arguments, **named)

        return counted

    def file(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def counted(store: LocalArtifacts, path: str, chunks: Iterable[bytes]) -> Any:
            return write(store, path, self._blocks(chunks))

        return counted

    def _blocks(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.step()
            yield chunk
        self.step()


def main() -> None:
    bundle, folder, most = sys.argv[1:]
    counted = Counted(int(most))
    Database.write = counted.change(Database.write)  # type: ignore[method-assign]  # in this process, which is killed
    LocalArtifacts.write = counted.file(LocalArtifacts.write)  # type: ignore[method-assign]  # in this process, which is killed
    side = open_folder(Path(folder))
    with ZipBundle(Path(bundle)) as found:
        bring(found, side, Wish())
    side.tracking.close()


if __name__ == "__main__":
    main()
