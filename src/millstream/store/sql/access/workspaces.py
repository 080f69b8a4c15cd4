"""Workspaces in SQL: made, described, and deleted with what is to become of what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from millstream.entities import workspaces as ws
from millstream.entities.asking import Asking
from millstream.entities.users import Actor
from millstream.errors import AlreadyExists, InvalidParameter
from millstream.store.pending import Pending
from millstream.store.sql.access import chain, rows, visibility, workspace_contents
from millstream.store.sql.access.context import AccessContext
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import insert
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.membership import no_workspace
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

_COLUMNS = "name, description, default_artifact_root"
_INSERT = insert(
    "workspaces", "name description default_artifact_root creation_time last_update_time"
)
_SELECT = f"SELECT {_COLUMNS} FROM workspaces WHERE name = ?"
_SELECT_ALL = f"SELECT {_COLUMNS} FROM workspaces ORDER BY name"
_SELECT_KEY = "SELECT workspace_key FROM workspaces WHERE name = ?"
_SELECT_OTHERS = "SELECT name FROM workspaces WHERE name <> ? ORDER BY name LIMIT 1"
_SELECT_ROLES = "SELECT role_key FROM roles WHERE workspace = ?"
_UPDATE = (
    "UPDATE workspaces SET description = ?, default_artifact_root = ?, last_update_time = ? "
    "WHERE name = ?"
)
_DELETE = "DELETE FROM workspaces WHERE name = ?"


class SqlWorkspaces:
    """The workspaces of a database."""

    def __init__(self, context: AccessContext, root: ArtifactRoot) -> None:
        self._database = context.database
        self._clock = context.clock
        self._root = root

    def create(self, request: ws.CreateWorkspace, by: Actor) -> Pending[ws.Workspace]:
        """Create; a name that is taken raises `AlreadyExists`."""
        ws.check_name(request.name)
        ws.check_texts(request.description, request.default_artifact_root)
        return self._database.write(self._create, request, by, self._clock())

    def get(self, request: ws.WorkspaceName, asking: Asking | None = None) -> ws.Workspace:
        """Get by name; one where who asks may read nothing raises `NotFound`."""
        return self._database.read(self._get_readable, request.workspace_name, asking)

    def list(self, request: ws.ListWorkspaces, asking: Asking | None = None) -> ws.WorkspaceList:  # noqa: ARG002  # as the table calls it
        """The workspaces by name where who asks may read anything."""
        return self._database.read(self._list, asking)

    def update(self, request: ws.UpdateWorkspace, by: Actor) -> Pending[ws.Workspace]:
        """Change what is given; an empty text clears a field."""
        if request.description is None and request.default_artifact_root is None:
            raise InvalidParameter(
                f"Nothing to change in the workspace '{request.workspace_name}': give a "
                "'description' or a 'default_artifact_root'; an empty text clears it."
            )
        ws.check_texts(request.description, request.default_artifact_root)
        return self._database.write(self._update, request, by, self._clock())

    def delete(self, request: ws.DeleteWorkspace, by: Actor) -> Pending[None]:
        """Delete with its roles, and with what is in it as the mode says.

        Where the registry is in another database, its part is done and committed first.
        """
        name, mode = request.workspace_name, ws.deletion_mode(request.mode)
        if name == ws.DEFAULT_WORKSPACE:
            raise InvalidParameter(f"The '{name}' workspace is reserved and cannot be deleted")
        apart = self._database.partners.registry
        if apart is not None:
            self._database.read(_give_up_nothing, name, mode)
            apart.database.write(workspace_contents.give_up_registry, name, mode).result()
        return self._database.write(_delete, name, mode, apart is None, by, self._clock())

    def find_key(self, name: str) -> int | None:
        """A number that no other workspace ever has; None if there is none of that name."""
        found = self._database.read(_execute, _SELECT_KEY, (name,))
        return int(found[0][0]) if found else None

    def find_other(self) -> str | None:
        """The name of a workspace that is not `default`, if there is one."""
        found = self._database.read(_execute, _SELECT_OTHERS, (ws.DEFAULT_WORKSPACE,))
        return str(found[0][0]) if found else None

    def _create(
        self, transaction: Transaction, request: ws.CreateWorkspace, by: Actor, moment: int
    ) -> ws.Workspace:
        change = chain.begin(transaction, by, moment)
        if transaction.execute(_SELECT, (request.name,)):
            raise AlreadyExists(f"Workspace '{request.name}' already exists.")
        place = self._shortened(request.default_artifact_root)
        transaction.run(_INSERT, (request.name, request.description, place, moment, moment))
        change.record("workspace.create", "workspace", request.name)
        return self._workspace(_required(transaction, request.name))

    def _get_readable(self, reader: Reader, name: str, asking: Asking | None) -> ws.Workspace:
        row = _required(reader, name)
        if not _readable(reader, [row], asking):
            raise no_workspace(name)
        return self._workspace(row)

    def _list(self, reader: Reader, asking: Asking | None) -> ws.WorkspaceList:
        found = _readable(reader, reader.execute(_SELECT_ALL), asking)
        return ws.WorkspaceList([self._workspace(row) for row in found])

    def _update(
        self, transaction: Transaction, request: ws.UpdateWorkspace, by: Actor, moment: int
    ) -> ws.Workspace:
        change = chain.begin(transaction, by, moment)
        name, description, place = _required(transaction, request.workspace_name)
        if request.description is not None:
            description = request.description or None
        if request.default_artifact_root is not None:
            place = self._shortened(request.default_artifact_root)
        transaction.run(_UPDATE, (description, place, moment, name))
        change.record(
            "workspace.update", "workspace", name, description=description, artifact_root=place
        )
        return self._workspace(_required(transaction, name))

    def _shortened(self, uri: str | None) -> str | None:
        return self._root.shorten(uri.rstrip("/") or "/") if uri else None

    def _workspace(self, row: Row) -> ws.Workspace:
        name, description, place = row
        return ws.Workspace(name, description, place and self._root.expand(place))


def _execute(reader: Reader, sql: str, params: tuple[Any, ...]) -> Sequence[Row]:
    return reader.execute(sql, params)


def _required(source: Reader | Transaction, name: str) -> Row:
    found = source.execute(_SELECT, (name,))
    if not found:
        raise no_workspace(name)
    return found[0]


def _readable(reader: Reader, found: Sequence[Row], asking: Asking | None) -> list[Row]:
    if asking is None or asking.caller is None:
        return list(found)
    names = visibility.readable_workspaces(reader, asking.caller, asking.default_permission)
    return [row for row in found if names is None or row[0] in names]


def _give_up_nothing(reader: Reader, name: str, mode: ws.DeletionMode) -> None:
    """Refuse before anything is done what could not be done to the end."""
    _required(reader, name)
    workspace_contents.check_runs(reader, name, mode)


def _delete(
    transaction: Transaction,
    name: str,
    mode: ws.DeletionMode,
    with_registry: bool,
    by: Actor,
    moment: int,
) -> None:
    change = chain.begin(transaction, by, moment)
    if not transaction.lock(_SELECT_KEY, (name,)):
        raise no_workspace(name)
    if with_registry:
        workspace_contents.give_up_registry(transaction, name, mode)
    workspace_contents.give_up_runs(transaction, name, mode)
    for (role_key,) in transaction.execute(_SELECT_ROLES, (name,)):
        rows.remove_role(transaction, role_key)
    transaction.run(_DELETE, (name,))
    change.record("workspace.delete", "workspace", name, mode=mode)
