"""Work done in a copy of this process: what it imports and takes there does not stay here."""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import time
import warnings
from collections.abc import Callable
from typing import NoReturn

_PIECE = 1 << 20


def bytes_of(
    work: Callable[[], bytes], seconds: float, meanwhile: Callable[[], None]
) -> bytes | None:
    """What `work` returns in a copy of this process; None if it does not within this time.

    `meanwhile` is called here while the copy works.

    None as well if it raises, or where a process with threads cannot be copied well (off Linux):
    whoever asks then works here, and so finds out what is wrong. The copy has the calling thread
    only, so that a lock which another thread holds is never released there; that is what the time
    is for.
    """
    if sys.platform != "linux":
        return None
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # says what the time is for
        copy = os.fork()
    if copy == 0:
        _answer(work, writing)
    os.close(writing)
    try:
        meanwhile()
        found = _read(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
        os.kill(copy, signal.SIGKILL)  # it has said all, or never will
        os.waitpid(copy, 0)
    size, answer = found[:8], found[8:]
    return answer if len(size) == 8 and len(answer) == int.from_bytes(size, "big") else None


def _answer(work: Callable[[], bytes], writing: int) -> NoReturn:
    """In the copy: nothing of what this process holds is tidied up, for it is not the copy's."""
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        gc.disable()  # it would write on every page that is shared
        answer = work()
        with open(writing, "wb") as pipe:
            pipe.write(len(answer).to_bytes(8, "big"))
            pipe.write(answer)
    finally:
        os._exit(0)


def _read(reading: int, until: float) -> bytes:
    """All that is written before the end or that time."""
    pieces: list[bytes] = []
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    while poll.poll(max(0.0, until - time.monotonic()) * 1_000):
        piece = os.read(reading, _PIECE)
        if not piece:
            break
        pieces.append(piece)
    return b"".join(pieces)
