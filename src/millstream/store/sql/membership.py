"""Joining a workspace: what comes to be in one, while nobody deletes it."""

from __future__ import annotations

from typing import NamedTuple

from millstream.entities.workspaces import DEFAULT_WORKSPACE
from millstream.errors import NotFound
from millstream.store.sql.locations import below
from millstream.store.sql.transaction import Transaction

_SELECT = "SELECT default_artifact_root FROM workspaces WHERE name = ?"


class Membership(NamedTuple):
    """The workspace that something new belongs to, and its stored artifact root if it has one."""

    name: str
    artifact_root: str | None = None

    def home(self, experiment_key: int) -> str:
        """Where a new experiment keeps its artifacts; relative to the root of the store."""
        if self.artifact_root is not None:
            return below(self.artifact_root, str(experiment_key))
        if self.name == DEFAULT_WORKSPACE:
            return f"./{experiment_key}"
        return f"./workspaces/{self.name}/{experiment_key}"


def no_workspace(name: str) -> NotFound:
    """The error for a workspace that does not exist."""
    return NotFound(f"Workspace '{name}' not found")


def joined(transaction: Transaction) -> Membership:
    """The workspace that the operation is about.

    It stays until the transaction ends; one that was deleted meanwhile raises `NotFound`.
    """
    workspace = transaction.workspace
    if not workspace.confines:
        return Membership(workspace.name)
    if transaction.tracking is transaction:
        rows = transaction.lock(_SELECT, (workspace.name,))
    else:
        rows = transaction.tracking.execute(_SELECT, (workspace.name,))
    if not rows:
        raise no_workspace(workspace.name)
    return Membership(workspace.name, rows[0][0])
