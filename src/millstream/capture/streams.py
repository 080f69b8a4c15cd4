"""What is written to Python's own streams, heard as it is written, and otherwise left alone."""

from __future__ import annotations

import contextlib
import functools
import sys
import time
from collections.abc import Callable
from typing import Any

from millstream.entities.console import StreamName

Heard = Callable[[str, StreamName, int], None]
"""Takes text, its stream and the time in ms since 1970. It must neither wait nor raise."""


class Streams:
    """Python's standard streams while something listens; for notebooks, where no others are."""

    def __init__(self) -> None:
        self._taps: list[tuple[Any, Any]] = []

    def start(self, heard: Heard, names: tuple[StreamName, ...] = ("stdout", "stderr")) -> None:
        """Listen to these streams. One that does not allow it is left alone."""
        for name in names:
            stream = getattr(sys, name)
            write = getattr(stream, "write", None)
            if write is None:
                continue  # a program without a console, as pythonw is
            tapped = _tapped(write, name, heard)
            with contextlib.suppress(AttributeError):  # its class has slots
                stream.write = tapped
                self._taps.append((stream, tapped))

    def stop(self) -> None:
        """Listen no more; if somebody else wrapped a stream meanwhile, that wrapping stays."""
        taps, self._taps = self._taps, []
        for stream, tapped in taps:
            tapped.__dict__["is_over"] = True
            if vars(stream).get("write") is tapped:
                del stream.write


def _tapped(write: Callable[[str], int], name: StreamName, heard: Heard) -> Callable[[str], int]:
    @functools.wraps(write)
    def tapped(text: str) -> int:
        written = write(text)
        if not tapped.__dict__.get("is_over"):
            heard(text, name, time.time_ns() // 1_000_000)
        return written

    return tapped
