"""What is written to Python's own streams, heard as it is written, and otherwise left alone."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from millstream.entities.console import StreamName

Heard = Callable[[str, StreamName, int], None]
"""Takes text, its stream and the time in ms since 1970. It must neither wait nor raise."""

Write = Callable[..., Any]


class Streams:
    """Python's standard streams while something listens; for notebooks, where no others are."""

    def __init__(self) -> None:
        self._taps: list[_Tap] = []

    def start(self, heard: Heard, names: tuple[StreamName, ...] = ("stdout", "stderr")) -> None:
        """Listen to these streams. One that does not allow it is left alone."""
        for name in names:
            stream = getattr(sys, name)
            if getattr(stream, "write", None) is None:
                continue  # a program without a console, as pythonw is
            tap = _Tap(stream, name, heard)
            if tap.open():
                self._taps.append(tap)

    def stop(self) -> None:
        """Listen no more; if somebody else wrapped a stream meanwhile, that wrapping stays."""
        taps, self._taps = self._taps, []
        for tap in taps:
            tap.close()


class _Tap:
    """A stream that is listened to, whoever replaces its `write` meanwhile and puts it back.

    IPython does so for each cell, and what it puts back is what it found before: were this an
    attribute of the stream, it would be gone after one cell. So the stream gets a class of its own,
    in which `write` is a property. Where a class cannot be replaced, an attribute has to do.
    """

    def __init__(self, stream: Any, name: StreamName, heard: Heard) -> None:
        self.name = name
        self.heard = heard
        self.is_over = False
        self.writing = threading.local()
        self._stream = stream
        self._kind = type(stream)
        self._write = _HeardWrite(stream.write, self)
        self._has_class = False

    def open(self) -> bool:
        """Listen; says whether the stream allows it."""
        try:
            self._stream.__class__ = self._class()
        except TypeError:  # it is built in, or has slots
            try:
                self._stream.write = self._write
            except AttributeError:
                return False
        else:
            self._has_class = True
        return True

    def close(self) -> None:
        """Listen no more."""
        self.is_over = True
        own = vars(self._stream)
        if self._has_class:
            self._stream.__class__ = self._kind
            own.pop("write", None)
            if self._stream.write != self._write.inner:
                self._stream.write = self._write.inner
        elif own.get("write") is self._write:
            del self._stream.write

    def _class(self) -> type:
        members = {
            "__module__": self._kind.__module__,
            "__qualname__": self._kind.__qualname__,
            "write": property(lambda _: self._write, self._replace, self._restore),
        }
        return type(self._kind.__name__, (self._kind,), members)

    def _replace(self, _: object, write: Write) -> None:
        inner = write.inner if isinstance(write, _HeardWrite) and write.tap is self else write
        self._write = _HeardWrite(inner, self)

    def _restore(self, stream: object) -> None:
        self._replace(stream, self._kind.write.__get__(stream))


class _HeardWrite:
    """The `write` of a stream, heard; of several within each other the outermost is."""

    def __init__(self, inner: Write, tap: _Tap) -> None:
        self.inner = inner
        self.tap = tap

    def __call__(self, text: str, *more: Any, **named: Any) -> Any:
        tap = self.tap
        if tap.is_over or getattr(tap.writing, "is_within", False):
            return self.inner(text, *more, **named)
        tap.writing.is_within = True
        try:
            written = self.inner(text, *more, **named)
        finally:
            tap.writing.is_within = False
        tap.heard(text, tap.name, time.time_ns() // 1_000_000)
        return written
