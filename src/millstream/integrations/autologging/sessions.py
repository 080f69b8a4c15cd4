"""Which patched calls are under way in this context, so that only the outermost one is logged.

A session that encloses others (a study whose trials train models) lets them log too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_OPEN: ContextVar[str | None] = ContextVar("millstream_autologging_session", default=None)
_MANAGED: ContextVar[frozenset[str]] = ContextVar("millstream_managed_runs", default=frozenset())


@contextmanager
def session(integration: str, *, encloses: bool = False) -> Iterator[None]:
    """Let calls inside the block be part of this one, unless it encloses others."""
    token = _OPEN.set(None if encloses else integration)
    try:
        yield
    finally:
        _OPEN.reset(token)


def open_session() -> str | None:
    """The integration whose call is being logged in this context."""
    return _OPEN.get()


@contextmanager
def managed(run_id: str) -> Iterator[None]:
    """Note, for the block, that a run was started by automatic logging and not by the user."""
    token = _MANAGED.set(_MANAGED.get() | {run_id})
    try:
        yield
    finally:
        _MANAGED.reset(token)


def is_managed(run_id: str) -> bool:
    """Whether automatic logging started this run."""
    return run_id in _MANAGED.get()


class InSession:
    """A function that runs as part of a session, in whatever thread.

    Pickled it is the bare function: another process logs nothing anyway.
    """

    def __init__(self, function: Callable[..., Any], integration: str | None) -> None:
        self._function = function
        self._session = integration

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call the function."""
        token = _OPEN.set(self._session)
        try:
            return self._function(*arguments, **options)
        finally:
            _OPEN.reset(token)

    def __reduce__(self) -> tuple[Any, ...]:
        return _itself, (self._function,)


def _itself(function: Callable[..., Any]) -> Callable[..., Any]:
    return function
