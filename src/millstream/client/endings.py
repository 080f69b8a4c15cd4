"""How runs end that their script leaves open: with what the process ends with, and why.

Nothing of the user's is replaced. An exception that ends the script is what Python itself keeps of
it, and a code that is given to `sys.exit` or `exit` is noted on its way.
"""

from __future__ import annotations

import builtins
import contextlib
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from millstream.entities.runs import RunStatusName, RunTag
from millstream.masking import without_secrets
from millstream.store.reaping import END_REASON, END_TRACEBACK

LONGEST_REASON = 500
LONGEST_TRACEBACK = 4_000
MOST_FRAMES = 25


class Ending(NamedTuple):
    """What became of a run."""

    status: RunStatusName = "FINISHED"
    reason: str | None = None
    traceback: str | None = None

    @property
    def tags(self) -> list[RunTag]:
        """The tags that tell of it."""
        told = {END_REASON: self.reason, END_TRACEBACK: self.traceback}
        return [RunTag(key, value) for key, value in told.items() if value is not None]


def of_exception(error: BaseException | None) -> Ending:
    """The ending of a block or process that an exception, or none, has left."""
    if error is None:
        return Ending()
    if isinstance(error, SystemExit):
        return of_exit(error.code)
    if isinstance(error, KeyboardInterrupt):
        return Ending("KILLED", "interrupted: KeyboardInterrupt (SIGINT)", _tail(error))
    return Ending("FAILED", _shortened(_described(error)), _tail(error))


def of_exit(code: object) -> Ending:
    """The ending of a process that exits with a code, or with a message, which means code 1."""
    if code is None or (isinstance(code, int) and code & 0xFF == 0):
        return Ending()
    if isinstance(code, int):
        return Ending("FAILED", f"exit code {code & 0xFF}")
    return Ending("FAILED", _shortened(f"exit code 1: {code}"))


def of_signal(name: str) -> Ending:
    """The ending of a process that a signal ends."""
    return Ending("KILLED", f"terminated: {name}")


def is_interactive() -> bool:
    """Whether exceptions go by without ending the process: at a prompt or in a notebook."""
    if hasattr(sys, "ps1") or sys.flags.interactive:
        return True
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def stay_interrupted() -> None:
    """Have a process that Ctrl-C ends say so with its exit code, whatever ran while it ended.

    The interpreter notes it where the exception leaves the script, and forgets it with the next
    text that is executed, as some modules do while they load.
    """
    if not is_interactive() and isinstance(_last_told(), KeyboardInterrupt):
        with contextlib.suppress(KeyboardInterrupt):
            exec("raise KeyboardInterrupt")  # noqa: S102  # noted again as it leaves this text


class Exits:
    """What this process ends with, as far as that can be known while it still runs."""

    def __init__(self) -> None:
        self._watching = False
        self._noted: _Note | None = None
        self.signalled: Ending | None = None

    def watch(self) -> None:
        """Note from now on with which codes the process is asked to exit."""
        if self._watching:
            return
        self._watching = True
        sys.exit = self._noting(sys.exit)
        quitter = type(getattr(builtins, "exit", None))
        if quitter.__module__ == "_sitebuiltins":
            quitter.__call__ = self._noting(quitter.__call__)  # type: ignore[method-assign]  # `exit` and `quit` keep their texts

    def ending(self) -> Ending:
        """How runs end that are open while the process ends."""
        if self.signalled is not None:
            return self.signalled
        under_way = sys.exc_info()[1]  # as in children of multiprocessing
        if under_way is not None:
            return of_exception(under_way)
        if is_interactive():
            return Ending()
        last = _last_told()
        if self._noted is not None and self._noted.last_told is last:
            return of_exit(self._noted.code)
        return of_exception(last)

    def drop(self, note: _Note) -> None:
        """Somebody caught the exception that was to end the process."""
        if self._noted is not None and self._noted.number == note.number:
            self._noted = None

    def _noting(self, exit_with: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*arguments: Any, **options: Any) -> Any:
            try:
                return exit_with(*arguments, **options)
            except SystemExit as error:
                self._note(error)
                raise

        for name in ("__name__", "__qualname__", "__doc__"):
            setattr(noting, name, getattr(exit_with, name))
        return noting

    def _note(self, error: SystemExit) -> None:
        number = 1 if self._noted is None else self._noted.number + 1
        self._noted = _Note(error.code, number, _last_told())
        error._millstream = _Rider(self, self._noted)  # type: ignore[attr-defined]  # it has room for more


class _Note(NamedTuple):
    """A code that the process was asked to exit with, and the exception that was told last then."""

    code: object
    number: int
    last_told: BaseException | None


class _Rider:
    """Travels with a SystemExit, and notices when that is dropped.

    The interpreter drops the exception that ends the process while no code runs; any other one is
    dropped by whoever caught it.
    """

    def __init__(self, exits: Exits, note: _Note) -> None:
        self._exits = exits
        self._note = note

    def __del__(self) -> None:
        if sys._getframe().f_back is not None:
            self._exits.drop(self._note)


def _last_told() -> BaseException | None:
    """The exception that the interpreter told of last because nobody caught it."""
    found: BaseException | None = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    return found


def _described(error: BaseException) -> str:
    """The type and message as Python writes them, without what follows the first line."""
    lines = import_module("traceback").format_exception_only(type(error), error)
    first = next((line for line in lines if line.strip() and not line.startswith(" ")), "")
    return str(first.strip().partition("\n")[0]) or type(error).__name__


def _tail(error: BaseException) -> str:
    """The end of the traceback as Python writes it, whole lines of it."""
    traceback = import_module("traceback")
    lines = traceback.format_exception(type(error), error, error.__traceback__, limit=-MOST_FRAMES)
    text = without_secrets("".join(lines)).strip()
    if len(text) <= LONGEST_TRACEBACK:
        return text
    cut = text[-LONGEST_TRACEBACK:]
    return f"…\n{cut[cut.find(chr(10)) + 1 :]}"


def _shortened(reason: str) -> str:
    text = without_secrets(reason)
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1]}…"
