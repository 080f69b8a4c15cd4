"""A program of its own that passes on what is written to a terminal, and tells its parent of it.

It is no thread of the parent, for two reasons: a library may print while it holds Python's lock,
and would wait for ever for a reader that needs the lock; and what a killed parent wrote last still
has to appear. It is run as a file by an isolated Python, and so imports nothing of ours.

Over the socket on its standard input the parent sends channels: one letter for each, and with it
three descriptors: where to read, where to write, and where to tell. What is read is written first,
and then told in frames: the time in ms since 1970 and the length, as little-endian integers of 64
and 32 bits, and the bytes. A parent that does not keep up is told less, and how much it missed in a
frame of length 0xFFFFFFFF that holds the number. The letter `t` is for terminals, whose size is
passed on, `p` for all else. The letter `s` brings no descriptors: what was written by then is
passed on, and an empty frame follows in each channel. The program ends when the socket and all
channels are closed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import selectors
import signal
import socket
import sys
import termios
import time
from collections import deque
from struct import Struct

CHUNK = 1 << 16
GATHER_SECONDS = 0.05
BREATH_SECONDS = 0.001
MOST_UNTOLD = 32 << 20
FRAME = Struct("<QI")
MISSED = 0xFFFFFFFF
_NUMBER = Struct("<Q")


class Channel:
    """One way from a writer to where it would have written, and what of it is still to be told."""

    def __init__(self, kind: bytes, source: int, target: int, told: int) -> None:
        self.kind = kind
        self.source = source
        self.target = target
        self.told = told
        self._untold: deque[bytes] = deque()
        self._size = 0
        self._missed = 0
        self._gathered: list[bytes] = []
        self.due: float | None = None
        os.set_blocking(source, False)
        os.set_blocking(told, False)

    @property
    def waits(self) -> bool:
        """Whether something is still to be told."""
        return bool(self._untold)

    def relay(self) -> bool:
        """Pass on what can be read; says whether there may be more."""
        try:
            data = os.read(self.source, CHUNK)
        except OSError as error:
            if error.errno == errno.EAGAIN:
                return True
            data = b""  # EIO: nobody has the terminal open any more
        if not data:
            return False
        try:
            _write_all(self.target, data)
        except OSError:
            return False  # as the writer would have learnt, it does now
        self._add(data)
        return True

    def can_be_read(self) -> bool:
        """Whether something was written, or the end has come."""
        return bool(select.select([self.source], [], [], 0)[0])

    def gather(self) -> None:
        """Let what was read be told as one: telling wakes the parent, which slows it down."""
        data, self._gathered = b"".join(self._gathered), []
        self.due = None
        if not data:
            return
        now = time.time_ns() // 1_000_000
        if self._missed:
            self._append(FRAME.pack(now, MISSED) + _NUMBER.pack(self._missed))
            self._missed = 0
        self._append(FRAME.pack(now, len(data)) + data)

    def mark(self) -> None:
        """Tell that all that was written so far has been told."""
        self.gather()
        self._append(FRAME.pack(time.time_ns() // 1_000_000, 0))

    def tell(self) -> None:
        """Tell as much as the parent takes now."""
        while self._untold:
            try:
                written = os.write(self.told, self._untold[0])
            except BlockingIOError:
                return
            except OSError:
                self._untold.clear()  # the parent does not listen any more
                self._size = MOST_UNTOLD
                return
            first = self._untold.popleft()
            self._size -= written
            if written < len(first):
                self._untold.appendleft(first[written:])

    def fit(self) -> None:
        """Give the writer's terminal the size of the real one."""
        if self.kind == b"t":
            with contextlib.suppress(OSError):
                size = fcntl.ioctl(self.target, termios.TIOCGWINSZ, bytes(8))
                fcntl.ioctl(self.source, termios.TIOCSWINSZ, size)

    def finish(self) -> None:
        """Close what the writer used; what is untold stays."""
        os.close(self.source)
        os.close(self.target)

    def _add(self, data: bytes) -> None:
        if self._size + len(data) > MOST_UNTOLD:
            self._missed += len(data)
            return
        self._gathered.append(data)
        if self.due is None:
            self.due = time.monotonic() + GATHER_SECONDS

    def _append(self, frame: bytes) -> None:
        self._untold.append(frame)
        self._size += len(frame)


class Tee:
    """All channels, in one loop."""

    def __init__(self, parent: socket.socket) -> None:
        self._parent: socket.socket | None = parent
        self._channels: list[Channel] = []
        self._telling: list[Channel] = []
        self._selector = selectors.DefaultSelector()
        self._selector.register(parent, selectors.EVENT_READ)

    def run(self) -> None:
        """Until there is nothing to do any more."""
        signal.signal(signal.SIGWINCH, self._fit)
        last = 0.0
        while self._parent is not None or self._channels or self._telling:
            events = self._selector.select(self._pause())
            if time.monotonic() - last < BREATH_SECONDS:
                time.sleep(BREATH_SECONDS)  # a storm: the writer is faster if it is woken less
            last = time.monotonic()
            for key, _ in events:
                if key.data is None:
                    self._accept()
                elif key.fileobj == key.data.source and key.data in self._channels:
                    self._relay(key.data)
                elif key.data in self._telling:
                    self._tell(key.data)
            now = time.monotonic()
            for channel in self._channels:
                if channel.due is not None and now >= channel.due:
                    channel.gather()
                    self._tell_soon(channel)

    def _fit(self, *_: object) -> None:
        for channel in self._channels:
            channel.fit()

    def _pause(self) -> float | None:
        due = [channel.due for channel in self._channels if channel.due is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _accept(self) -> None:
        parent = self._parent
        if parent is None:
            return
        kind, descriptors, _, _ = socket.recv_fds(parent, 1, 3)
        if kind == b"s":
            for channel in list(self._channels):
                self._drain(channel)
        elif kind:
            channel = Channel(kind, *descriptors)
            self._channels.append(channel)
            self._selector.register(channel.source, selectors.EVENT_READ, channel)
        else:
            self._selector.unregister(parent)
            self._parent = None

    def _relay(self, channel: Channel) -> None:
        goes_on = channel.relay()
        if not goes_on:
            channel.gather()
            self._tell_soon(channel)
            self._selector.unregister(channel.source)
            self._channels.remove(channel)
            channel.finish()
            if channel not in self._telling:
                os.close(channel.told)

    def _drain(self, channel: Channel) -> None:
        while channel in self._channels and channel.can_be_read():
            self._relay(channel)
        if channel in self._channels:
            channel.mark()
            self._tell_soon(channel)

    def _tell_soon(self, channel: Channel) -> None:
        channel.tell()
        if channel.waits and channel not in self._telling:
            self._telling.append(channel)
            self._selector.register(channel.told, selectors.EVENT_WRITE, channel)

    def _tell(self, channel: Channel) -> None:
        channel.tell()
        if not channel.waits:
            self._selector.unregister(channel.told)
            self._telling.remove(channel)
            if channel not in self._channels:
                os.close(channel.told)


def _write_all(target: int, data: bytes) -> None:
    """Write all, also to a target that somebody made non-blocking."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(target, view) :]
        except BlockingIOError:
            time.sleep(0.001)


def main() -> None:
    """Serve the parent at the other end of the standard input, and be no child of it."""
    if os.fork():
        os._exit(0)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they are meant for the parent; its end is ours
    Tee(socket.socket(fileno=os.dup(sys.stdin.fileno()))).run()


if __name__ == "__main__":
    main()
