"""What a server asks of a store to tell browsers what changed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal, NamedTuple, Protocol, runtime_checkable


class Change(NamedTuple):
    """Something that was written to: a run, an experiment or a registered model, by id or name.

    `experiment_id` is that of a run or experiment, `workspace` that of a registered model, whose
    name says nothing without it.
    """

    kind: Literal["run", "experiment", "model"]
    name: str
    experiment_id: str | None = None
    workspace: str | None = None

    def concerns(self, workspace: str | None) -> bool:
        """Whether it may be of a workspace; None is a server that has none.

        What runs and experiments are of is not said here.
        """
        return self.kind != "model" or workspace in (None, self.workspace)


class News(Protocol):
    """What changes in a store, for one who listens."""

    def when_changed(self, call: Callable[[Collection[Change]], None]) -> None:
        """Call, on the writer's thread, after each commit of this process; it must not wait."""

    def look_elsewhere(self) -> bool | None:
        """Whether other processes have changed anything since the last look.

        None if they may have: the database changed, but maybe by this process alone. To be called
        by one thread at a time.
        """


@runtime_checkable
class HasNews(Protocol):
    """A store that tells what changes."""

    @property
    def news(self) -> News:
        """The news."""
