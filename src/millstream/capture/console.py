"""What this process writes to its console while runs are active, as lines for each of them."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from importlib import import_module
from typing import Any

from millstream.capture.streams import Streams
from millstream.capture.terminal import Terminal
from millstream.entities.console import ConsoleLine, StreamName
from millstream.masking import MASK, without_secrets

Deliver = Callable[[list[ConsoleLine], bool], None]
"""Takes lines that changed, and whether they are the last; it may wait."""

MOST_LINES = 1_000
MOST_APART = 10_000
INTERVAL = 1.0
LAST_WAIT = 5.0
"""How many seconds the end of a run waits for its last lines to arrive."""
_MOST_HEARD = 32 << 20
_REMEMBERED = 2_000
_SGR = re.compile("\x1b\\[[0-9;:]*m")
_BREAKS = re.compile("[\r\n]+")
_KEY_BEGINS = re.compile("-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----")
_KEY_ENDS = "-----END "


class Console:
    """The console of this process, heard while runs listen.

    `failed` is told what went wrong; the console then goes on as if nobody listened.
    """

    def __init__(self, failed: Callable[[str, Exception], None]) -> None:
        self._failed = failed
        self._lock = threading.Lock()
        self._changing = threading.Lock()
        self._listeners: dict[str, _Listener] = {}
        self._descriptors: Any | None = None
        self._streams = Streams()
        self._heard: deque[tuple[str, StreamName, int]] = deque()
        self._heard_size = 0
        self._errors = _Errors()
        self._ticking = threading.Event()

    def listen(self, run_id: str, deliver: Deliver, most: int) -> None:
        """Give a run the lines that are written from now on, at most so many characters of them."""
        with self._changing:
            with self._lock:
                begins = not self._listeners
                self._listeners[run_id] = _Listener(Terminal(most), deliver)
            if begins:
                self._begin()

    def leave(self, run_id: str, most: float = LAST_WAIT) -> bool:
        """Give a run the rest; says whether it was taken within `most` seconds, at most 5.

        After the last one the console is what it was before the first.
        """
        with self._changing:
            if run_id not in self._listeners:
                return True
            if len(self._listeners) == 1:
                self._end()
            self._read_heard()
            with self._lock:
                listener = self._listeners.pop(run_id)
                lines = self._labelled(listener.terminal.close())
            last = threading.Thread(
                target=listener.give,
                args=(lines, self._failed),
                kwargs={"are_last": True},
                name="millstream-console-last",
                daemon=True,
            )
            last.start()
            last.join(min(LAST_WAIT, most))
            return not last.is_alive()

    def forget(self) -> None:
        """In a forked child: what it writes is heard by the parent, as far as it can be."""
        if self._descriptors is not None:
            self._descriptors.forget()
        self._streams.stop()

    def close(self) -> None:
        """Let go of what was kept for the next run."""
        if self._descriptors is not None:
            self._descriptors.close()

    def _begin(self) -> None:
        module = import_module("millstream.capture.descriptors") if os.name == "posix" else None
        if module is not None and module.are_ours():
            self._descriptors = self._descriptors or module.Descriptors()
            self._descriptors.start(self._feed)
            if self._descriptors.is_shared:
                self._streams.start(self._errors.note, ("stderr",))
        else:
            self._streams.start(self._hear)
        self._ticking = threading.Event()
        threading.Thread(
            target=self._tick, args=(self._ticking,), name="millstream-console-lines", daemon=True
        ).start()

    def _end(self) -> None:
        self._ticking.set()
        self._streams.stop()
        if self._descriptors is not None:
            self._descriptors.stop()

    def _hear(self, text: str, stream: StreamName, moment: int) -> None:
        """On the writing thread: remember it, and no more."""
        if self._heard_size < _MOST_HEARD:
            self._heard_size += len(text)
            self._heard.append((text, stream, moment))

    def _read_heard(self) -> None:
        while self._heard:
            text, stream, moment = self._heard.popleft()
            self._heard_size -= len(text)
            self._feed(text, stream, moment)

    def _feed(self, text: str, stream: StreamName, moment: int) -> None:
        with self._lock:
            for listener in self._listeners.values():
                listener.terminal.feed(text, stream, moment)

    def _tick(self, over: threading.Event) -> None:
        while not over.wait(INTERVAL):
            self._read_heard()
            with self._lock:
                taken = [
                    (each, self._labelled(each.terminal.take()))
                    for each in self._listeners.values()
                ]
            for listener, lines in taken:
                if lines:
                    listener.give(lines, self._failed)

    def _labelled(self, lines: list[ConsoleLine]) -> list[ConsoleLine]:
        for line in lines:
            if line.stream == "stdout" and self._errors.has(line.text):
                line.stream = "stderr"
        return lines


class _Listener:
    """One run's terminal, and where its lines go."""

    def __init__(self, terminal: Terminal, deliver: Deliver) -> None:
        self.terminal = terminal
        self._deliver = deliver
        self._lock = threading.Lock()
        self._key_from: int | None = None

    def give(
        self,
        lines: list[ConsoleLine],
        failed: Callable[[str, Exception], None],
        *,
        are_last: bool = False,
    ) -> None:
        """Deliver lines, without secrets."""
        with self._lock:
            try:
                self._deliver([self._masked(line) for line in lines], are_last)
            except Exception as error:  # noqa: BLE001  # training goes on without its console
                failed("the console", error)

    def _masked(self, line: ConsoleLine) -> ConsoleLine:
        """Keys are written over many lines, each of which is masked."""
        plain = _SGR.sub("", line.text)
        if self._key_from is not None and line.number > self._key_from:
            if _KEY_ENDS in plain:
                self._key_from = None
            else:
                line.text = plain = MASK
        elif _KEY_BEGINS.search(plain) and _KEY_ENDS not in plain:
            self._key_from = line.number
        hidden = without_secrets(plain)
        line.text = without_secrets(line.text)
        if _SGR.sub("", line.text) != hidden:
            line.text = hidden  # colours in a secret, or right before it, would let it pass
        return line


class _Errors:
    """The last lines that Python wrote to its standard error, where both streams share one way."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, None] = OrderedDict()

    def note(self, text: str, _stream: StreamName, _moment: int) -> None:
        """Remember the lines of a text; on the writing thread."""
        for piece in _BREAKS.split(text[-10_000:]):
            plain = _SGR.sub("", piece).strip()
            if plain:
                self._lines[plain] = None
        while len(self._lines) > _REMEMBERED:
            try:
                self._lines.popitem(last=False)
            except KeyError:
                return  # another thread was as fast

    def has(self, text: str) -> bool:
        """Whether a line was among them."""
        return bool(self._lines) and _SGR.sub("", text).strip() in self._lines


def process_name() -> str:
    """A name for the lines that this process writes from now on, on whatever machine."""
    return f"{socket.gethostname()[:48]}-{os.getpid()}-{time.time_ns():x}"
