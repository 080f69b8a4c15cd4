"""Signals that end this process: its runs end first, then it dies of the signal as without us.

The interpreter calls Python's handlers between two lines of the main thread only, which a long call
into a library delays. So the number of the signal comes through a pipe to a thread of its own,
which sees it at once and works while the main thread goes on, whatever that holds locked.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from types import FrameType

_CALLED = 255
"""What is written into the pipe when the handler is called, by Python or by a handler of others."""


class Signals:
    """The handlers of this process. There are none until `watch` is called.

    Only what has the system's own handler is handled. Whoever sets a handler later has it.
    """

    NAMES = ("SIGTERM", "SIGHUP")

    def __init__(self, end: Callable[[str], None]) -> None:
        self._end = end
        self._watched: dict[int, str] = {}
        self._pipe: tuple[int, int] | None = None
        self._ended = False
        self._masks = threading.local()

    def watch(self) -> None:
        """Handle the signals from now on, where this thread and the system allow it."""
        if self._pipe is not None or sys.platform == "win32" or os.getpid() == 1:
            return  # the kernel keeps signals without a handler from the first process
        if threading.current_thread() is not threading.main_thread():
            return
        numbers = {getattr(signal, name): name for name in self.NAMES}
        free = {
            number: name
            for number, name in numbers.items()
            if signal.getsignal(number) is signal.SIG_DFL
        }
        if free:
            self._install(free)

    def before_fork(self) -> None:
        """Hold the signals back, or one to the child could reach the parent by the pipe of both."""
        if self._watched:
            self._masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, self._watched)

    def after_fork(self) -> None:
        """In the parent, and in the child after `forget`: let the signals come again."""
        before = self._masks.__dict__.pop("before", None)
        if before is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def forget(self) -> None:
        """In a forked child: the signals act as before, and the parent's pipe is left alone."""
        pipe, self._pipe = self._pipe, None
        watched, self._watched = self._watched, {}
        self._ended = False
        if pipe is None:
            return
        for number in watched:
            if signal.getsignal(number) == self._called:
                signal.signal(number, signal.SIG_DFL)
        before = signal.set_wakeup_fd(-1)
        if before not in (-1, pipe[1]):
            signal.set_wakeup_fd(before)
        for end in pipe:
            os.close(end)

    def _install(self, free: dict[int, str]) -> None:
        ends = os.pipe()
        os.set_blocking(ends[1], False)
        try:
            for number in free:
                signal.signal(number, self._called)
        except ValueError:  # this is not the main interpreter
            for end in ends:
                os.close(end)
            return
        self._pipe, self._watched = ends, free
        before = signal.set_wakeup_fd(ends[1], warn_on_full_buffer=False)
        if before != -1:  # it is somebody's, who needs it more
            signal.set_wakeup_fd(before)
        waiting = threading.Thread(
            target=self._wait, args=(ends[0],), name="millstream-signals", daemon=True
        )
        try:
            waiting.start()
        except RuntimeError:  # there are too many threads: signals end the process as they would
            self.forget()

    def _called(self, number: int, _frame: FrameType | None) -> None:
        """In the main thread, between two lines of it: nothing is done that could wait."""
        if self._pipe is not None:
            try:
                os.write(self._pipe[1], bytes([_CALLED, number]))
            except BlockingIOError:
                return  # the thread has enough to read

    def _wait(self, source: int) -> None:
        while True:
            try:
                received = os.read(source, 512)
            except OSError:
                return
            if not received:
                return
            number = self._ending(received)
            if number is not None and not self._ended:
                self._ended = True
                self._die(number)

    def _ending(self, received: bytes) -> int | None:
        """The signal to die of, if there is one among what came through the pipe."""
        handed_over = False
        for number in received:
            if number == _CALLED:
                handed_over = True
                continue
            if number in self._watched and (
                handed_over or signal.getsignal(number) == self._called
            ):
                return number
            handed_over = False
        return None

    def _die(self, number: int) -> None:
        try:
            self._end(self._watched[number])
        finally:
            _act_by_default(number)
            os.kill(os.getpid(), number)


def _act_by_default(number: int) -> None:
    """Give a signal its default handler, from whatever thread; Python allows it in one only."""
    library = import_module("ctypes").CDLL(None)
    library.signal(number, 0)
