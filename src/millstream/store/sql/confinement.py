"""The workspace that an operation is about, and keeping to it what it looks up.

Names are looked up and given within the workspace. What is found by its id is let through only if
its experiment is in the workspace, by a condition in the very statement, so that a look-up costs
no statement more, and what is elsewhere is as absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, Protocol, TypeVar

from millstream.entities.workspaces import DEFAULT_WORKSPACE
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.partners import Rows

T = TypeVar("T")


class Workspace(NamedTuple):
    """What names are unique in. It `confines` if nothing outside of it is to be found by id."""

    name: str = DEFAULT_WORKSPACE
    confines: bool = True


WHOLE = Workspace(confines=False)
"""A database without borders: everything is found by its id, and names are those of `default`."""

EXPERIMENTS = "SELECT experiment_key FROM experiments WHERE workspace = ?"
_SELECT_WITHIN = f"{EXPERIMENTS} AND experiment_key IN ({{}})"
_SLICE = 1_000


class Within(Protocol):
    """A reader or a transaction, and the workspace that its operation is about."""

    workspace: Workspace

    @property
    def tracking(self) -> Rows:
        """Where the tables of runs and logged models are."""


Statement = tuple[str, tuple[Any, ...]]


def confined(
    source: Within, sql: str, params: Sequence[Any], column: str = "experiment_key"
) -> Statement:
    """A statement and its parameters, with the condition that an experiment is in the workspace.

    The statement must end with a WHERE clause.
    """
    workspace = source.workspace
    if not workspace.confines:
        return sql, tuple(params)
    return f"{sql} AND {column} IN ({EXPERIMENTS})", (*params, workspace.name)


def here(source: Within, sql: str, params: Sequence[Any]) -> Statement:
    """The same for a table that has a column `workspace` of its own."""
    workspace = source.workspace
    if not workspace.confines:
        return sql, tuple(params)
    return f"{sql} AND workspace = ?", (*params, workspace.name)


def experiments_within(source: Within, keys: Sequence[int]) -> list[int]:
    """Those of the experiments that are in the workspace, in their order."""
    if not source.workspace.confines:
        return list(keys)
    found: set[int] = set()
    for start in range(0, len(keys), _SLICE):
        part = keys[start : start + _SLICE]
        sql = _SELECT_WITHIN.format(placeholders(len(part)))
        rows = source.tracking.execute(sql, (source.workspace.name, *part))
        found.update(key for (key,) in rows)
    return [key for key in keys if key in found]


@contextmanager
def during(source: Within, workspace: Workspace) -> Iterator[None]:
    """Let what a reader or a transaction is asked in the block be about a workspace."""
    before, source.workspace = source.workspace, workspace
    try:
        yield
    finally:
        source.workspace = before


def operate(
    source: Within, workspace: Workspace, operation: Callable[..., T], arguments: Sequence[Any]
) -> T:
    """Call an operation that is about a workspace."""
    with during(source, workspace):
        return operation(source, *arguments)


@contextmanager
def lent(readers: AbstractContextManager[Any], workspace: Workspace) -> Iterator[Any]:
    """A reader for a `with` block that is about a workspace."""
    with readers as reader, during(reader, workspace):
        yield reader
