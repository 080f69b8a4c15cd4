"""The functions for scripts, and the parts of `mlflow.tracking.fluent` that libraries use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import millstream
from millstream.client.active import _STACK, ActiveRun, Current
from millstream.client.experiments import active_experiment_id
from millstream.client.models import initialize_logged_model
from millstream.client.session import SESSION
from millstream.entities.models import LoggedModel


def __getattr__(name: str) -> Any:
    if name in millstream.__all__:
        return getattr(millstream, name)
    raise AttributeError(f"module 'mlflow.tracking.fluent' has no attribute {name!r}")


def _active_experiment_id() -> str:
    """The id of the active experiment."""
    return active_experiment_id(SESSION.place)


def _initialize_logged_model(
    name: str | None = None, flavor: str | None = None, **options: Any
) -> LoggedModel:
    """Create a logged model with status PENDING."""
    del flavor
    return initialize_logged_model(name=name, **options)


class _RunStack:
    """The active runs of this context as a list that can be taken away and put back."""

    def get(self) -> list[ActiveRun]:
        """The active runs, outermost first."""
        return [item.run for item in _STACK.get().runs]

    def copy(self) -> list[ActiveRun]:
        """The same as `get`."""
        return self.get()

    def append(self, run: ActiveRun) -> None:
        """Make a run the active one."""
        self._set([*self.get(), run])

    def extend(self, runs: Iterable[ActiveRun]) -> None:
        """Make runs active, the last one innermost."""
        self._set([*self.get(), *runs])

    def remove(self, run: ActiveRun) -> None:
        """Make a run no longer active, without ending it."""
        left = [one for one in self.get() if one.info.run_id != run.info.run_id]
        if len(left) == len(self.get()):
            raise ValueError(f"run {run.info.run_id} is not active")
        self._set(left)

    def pop(self) -> ActiveRun:
        """Make the innermost run no longer active, without ending it."""
        *left, last = self.get()
        self._set(left)
        return last

    def clear(self) -> None:
        """Make no run active, without ending any."""
        self._set([])

    def __len__(self) -> int:
        return len(self.get())

    def __getitem__(self, place: int) -> ActiveRun:
        return self.get()[place]

    @staticmethod
    def _set(runs: list[ActiveRun]) -> None:
        stack = _STACK.get()
        known = {item.run_id: item for item in stack.runs}
        items = tuple(
            known.get(run.info.run_id) or Current(run, run.info.run_id, SESSION.place)
            for run in runs
        )
        _STACK.set(stack._replace(runs=items))


_active_run_stack = _RunStack()
