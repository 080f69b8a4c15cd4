"""A progress bar for what takes long, on a terminal only."""

from __future__ import annotations

import importlib
import sys
import threading
import time
from types import TracebackType
from typing import Any, Self

_LONG_SECONDS = 2.0
_LARGE = 64 << 20


class Progress:
    """Counts bytes from any thread; shows them once it took 2 s, or at once above 64 MiB."""

    def __init__(self, title: str, total: int, *, quiet: bool = False) -> None:
        self._title = title
        self._total = total
        self._done = 0
        self._lock = threading.Lock()
        self._begin = time.monotonic()
        self._shown = not quiet and sys.stderr.isatty()
        self._bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, size: int) -> None:
        """So many more bytes have gone through; fewer than none when some must go again."""
        if not self._shown:
            return
        with self._lock:
            self._done += size
            if self._bar is None and self._is_long():
                self._bar = _bar()
                self._task = self._bar.add_task(self._title, total=self._total)
                self._bar.start()
            if self._bar is not None:
                self._bar.update(self._task, completed=self._done)

    def _is_long(self) -> bool:
        return self._total > _LARGE or time.monotonic() - self._begin > _LONG_SECONDS


def _bar() -> Any:
    rich = importlib.import_module("rich.progress")  # 60 ms, which only a wait is worth
    console = importlib.import_module("rich.console").Console(stderr=True)
    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.DownloadColumn(),
        rich.TimeRemainingColumn(),
    )
    return rich.Progress(*columns, console=console, transient=True)
