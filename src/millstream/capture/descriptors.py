"""The standard output and error of this process, passed through a program that tells of them.

What other programs and libraries print is heard as well, since the descriptors themselves lead
through it. Terminals stay terminals. Where both descriptors are the same, they share one way, so
that the order of what they write stays as it is.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

from millstream.capture import tee
from millstream.entities.console import StreamName

Feed = Callable[[str, StreamName, int], None]
"""Takes text, the stream that it was written to, and when that was, in ms since 1970."""

_DRAIN_SECONDS = 2.0
_STREAMS: dict[int, StreamName] = {1: "stdout", 2: "stderr"}


class Descriptors:
    """Both descriptors while something listens; `start` and `stop` take turns any number of times.

    The program begins with the first start, and ends when this process does.
    """

    def __init__(self) -> None:
        self._parent: socket.socket | None = None
        self._ways: list[_Way] = []

    @property
    def is_shared(self) -> bool:
        """Whether both lead the same way, so that all is told as of the standard output."""
        return len(self._ways) == 1

    def start(self, feed: Feed) -> None:
        """Lead the descriptors through the program; if that raises, nothing has changed."""
        _flush()
        try:
            for numbers in _groups():
                self._ways.append(self._lead(numbers, feed))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Lead them where they led before, once all has arrived there."""
        _flush()
        ways, self._ways = self._ways, []
        for way in ways:
            way.restore()
        if ways and self._parent is not None:
            # A program that was started meanwhile may keep its end open for long.
            with contextlib.suppress(OSError):
                self._parent.send(b"s")
        for way in ways:
            way.news.join(_DRAIN_SECONDS)

    def forget(self) -> None:
        """In a forked child: the program is the parent's, and still passes on what is written."""
        self._ways, self._parent = [], None

    def close(self) -> None:
        """Let the program end."""
        if self._parent is not None:
            self._parent.close()
            self._parent = None

    def _lead(self, numbers: tuple[int, ...], feed: Feed) -> _Way:
        kind = b"t" if os.isatty(numbers[0]) else b"p"
        with contextlib.ExitStack() as opened:
            source, sink = _terminal_like(numbers[0]) if kind == b"t" else os.pipe()
            opened.callback(os.close, sink)
            ours, told = os.pipe()
            opened.callback(os.close, told)
            try:
                self._send(kind, [source, numbers[0], told])
                return _Way(numbers, source, sink, ours, feed)
            except BaseException:
                os.close(source)
                os.close(ours)
                raise

    def _send(self, kind: bytes, descriptors: list[int]) -> None:
        """Hand a channel to the program, which is begun if it does not run."""
        if self._parent is not None:
            try:
                socket.send_fds(self._parent, [kind], descriptors)
            except OSError:  # somebody ended it
                self.close()
            else:
                return
        self._parent = _program()
        socket.send_fds(self._parent, [kind], descriptors)


class _Way:
    """Descriptors that lead through the program, and where they led before."""

    def __init__(
        self, numbers: tuple[int, ...], source: int, sink: int, ours: int, feed: Feed
    ) -> None:
        self._numbers = numbers
        self._source = source
        self._lock = threading.Lock()
        self._restored = False
        self._originals = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 3) for number in numbers]
        self.news = threading.Thread(
            target=self._listen, args=(ours, feed), name="millstream-console", daemon=True
        )
        with self._lock:
            try:
                self.news.start()
            except RuntimeError:  # there are too many
                for original in self._originals:
                    os.close(original)
                raise
            for number in numbers:
                os.dup2(sink, number)

    def restore(self) -> None:
        """Lead the descriptors where they led before."""
        with self._lock:
            if self._restored:
                return
            self._restored = True
            for number, original in zip(self._numbers, self._originals, strict=True):
                os.dup2(original, number)
                os.close(original)
            os.close(self._source)

    def _listen(self, ours: int, feed: Feed) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with os.fdopen(ours, "rb") as file:
            for moment, data in _frames(file.read):
                if not data and self._restored:
                    return  # all that was written before has been told
                text = decoder.decode(data)
                if text:
                    feed(text, _STREAMS[self._numbers[0]], moment)
        self._rescue()

    def _rescue(self) -> None:
        """The program has ended while it was needed: pass on ourselves what it left."""
        with self._lock:
            if self._restored:
                return
            for number, original in zip(self._numbers, self._originals, strict=True):
                os.dup2(original, number)
            os.set_blocking(self._source, False)
            with contextlib.suppress(OSError):  # nothing is left, or the terminal is gone
                while data := os.read(self._source, tee.CHUNK):
                    os.write(self._originals[0], data)
        self.restore()


def are_ours() -> bool:
    """Whether Python's own streams write to the descriptors, as in a script in a terminal or job.

    Not so in notebooks, embedded interpreters and tests, whose streams go elsewhere.
    """
    if not sys.executable:
        return False
    ours = ((1, sys.stdout, sys.__stdout__), (2, sys.stderr, sys.__stderr__))
    return all(_writes_to(number, now, first) for number, now, first in ours)


def _writes_to(number: int, now: object, first: object) -> bool:
    try:
        os.fstat(number)
        return now is first and now is not None and now.fileno() == number  # type: ignore[attr-defined]  # or it is caught
    except (OSError, ValueError, AttributeError):
        return False


def _program() -> socket.socket:
    """Begin the program; it is no child of ours, for which a script may wait as for its own."""
    parent, other = socket.socketpair()
    with other:
        starting = subprocess.Popen(  # noqa: S603  # our own file, no shell
            [sys.executable, "-I", "-S", "-E", str(Path(tee.__file__))],
            stdin=other.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
    threading.Thread(target=starting.wait, name="millstream-console-start", daemon=True).start()
    return parent


def _groups() -> list[tuple[int, ...]]:
    one, two = os.fstat(1), os.fstat(2)
    is_same = (one.st_dev, one.st_ino, one.st_rdev) == (two.st_dev, two.st_ino, two.st_rdev)
    return [(1, 2)] if is_same else [(1,), (2,)]


def _terminal_like(number: int) -> tuple[int, int]:
    """The two ends of a terminal of the same size, that changes nothing of what goes through."""
    source, sink = os.openpty()
    tty.setraw(sink)
    with contextlib.suppress(OSError):
        size = fcntl.ioctl(number, termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(sink, termios.TIOCSWINSZ, size)
    return source, sink


def _frames(read: Callable[[int], bytes]) -> Iterator[tuple[int, bytes]]:
    while len(head := read(tee.FRAME.size)) == tee.FRAME.size:
        moment, length = tee.FRAME.unpack(head)
        if length == tee.MISSED:
            missed = int.from_bytes(read(8), "little")
            note = f"\n[millstream: {missed:,} bytes are left out here, for they came too fast]\n"
            yield moment, note.encode()
        else:
            yield moment, read(length)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
