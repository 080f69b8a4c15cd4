"""What automatic logging tells of its own failures: one warning, and nothing to silent ones."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from millstream.client.away import warn
from millstream.errors import Unavailable

_P = ParamSpec("_P")
_R = TypeVar("_R")


@contextmanager
def told(integration: str, *, silent: bool, what: str = "") -> Iterator[None]:
    """Let the block fail without harm: training goes on, and a warning says what is missing."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # training goes on whatever happened here
        report(integration, error, silent=silent, what=what)


def report(integration: str, error: BaseException, *, silent: bool, what: str = "") -> None:
    """Warn of an error of automatic logging, unless it was told to be silent."""
    if not silent:
        missing = f" ({what})" if what else ""
        text = f"{type(error).__name__}: {error}"
        warn(
            f"automatic logging of {integration} is incomplete{missing}: {text}. Training is not "
            "affected; `silent=True` hides this."
        )


class Parts:
    """The parts of what a call logs: one that fails is left out, and one warning tells of all.

    Once the store turns out to be away no further part is tried, since each would wait for it.
    """

    def __init__(self, integration: str, *, silent: bool) -> None:
        self._integration = integration
        self._silent = silent
        self._failed: list[tuple[str, Exception]] = []
        self._away = False

    def do(
        self, what: str, part: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> _R | None:
        """Log a part; None if it cannot be."""
        if self._away:
            return None
        try:
            return part(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  # training goes on whatever happened here
            self._failed.append((what, error))
            self._away = isinstance(error, Unavailable)
            return None

    def tell(self) -> None:
        """Warn of what is missing, if anything is."""
        if self._failed:
            names = ", ".join(dict.fromkeys(what for what, _ in self._failed))
            report(self._integration, self._failed[0][1], silent=self._silent, what=names)
        self._failed = []


def unfailing(
    integration: str, is_silent: Callable[[], bool]
) -> Callable[[Callable[_P, _R]], Callable[_P, _R | None]]:
    """Make a method that a framework calls back never raise; it then answers None."""

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R | None]:
        @functools.wraps(function)
        def called(*arguments: _P.args, **options: _P.kwargs) -> _R | None:
            try:
                return function(*arguments, **options)
            except Exception as error:  # noqa: BLE001  # training goes on whatever happened here
                report(integration, error, silent=is_silent())
                return None

        return called

    return decorate


def unheard(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """A function whose warnings nobody hears: the user asked for no such call."""

    @functools.wraps(function)
    def called(*arguments: _P.args, **options: _P.kwargs) -> _R:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*arguments, **options)

    return called
