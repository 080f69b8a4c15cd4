"""The workspace that a process works in, and the workspaces of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from millstream import connect
from millstream.client.context import user_name
from millstream.client.session import SESSION, Connection
from millstream.entities.users import Actor
from millstream.entities.workspaces import (
    CreateWorkspace,
    DeleteWorkspace,
    ListWorkspaces,
    UpdateWorkspace,
    Workspace,
    WorkspaceName,
    check_name,
)

if TYPE_CHECKING:  # scripts that name no workspace do not load access
    from millstream.store.access import Workspaces


class WorkspaceMethods(Connection):
    """What a client can do with the workspaces at its tracking URI."""

    def list_workspaces(self) -> list[Workspace]:
        """The workspaces by name where one may read anything."""
        return self._workspaces.list(ListWorkspaces()).workspaces

    def get_workspace(self, name: str) -> Workspace:
        """The workspace of that name; an absent one raises `NotFound`."""
        return self._workspaces.get(WorkspaceName(name))

    def create_workspace(
        self, name: str, description: str | None = None, default_artifact_root: str | None = None
    ) -> Workspace:
        """Create a workspace; a name that is taken raises `AlreadyExists`.

        A name has 2 to 63 lower-case letters, digits and hyphens between them. New experiments
        keep their files below `default_artifact_root`, or below a folder of the server's root.
        """
        request = CreateWorkspace(name, description, default_artifact_root)
        return self._workspaces.create(request, self._by).result()

    def update_workspace(
        self, name: str, description: str | None = None, default_artifact_root: str | None = None
    ) -> Workspace:
        """Change what is given; an empty text clears it."""
        request = UpdateWorkspace(name, description, default_artifact_root)
        return self._workspaces.update(request, self._by).result()

    def delete_workspace(self, name: str, mode: str = "RESTRICT") -> None:
        """Delete a workspace.

        RESTRICT refuses while anything is in it, SET_DEFAULT moves that to the workspace `default`,
        CASCADE deletes it for good, but for the files.
        """
        self._workspaces.delete(DeleteWorkspace(name, str(mode)), self._by).result()

    @property
    def _workspaces(self) -> Workspaces:
        return connect.workspaces_of(self._store)

    @property
    def _by(self) -> Actor:
        return Actor(user_name(SESSION.settings()))


def set_workspace(workspace: str | None) -> None:
    """Work in another workspace from now on; None is the one that the environment or server says.

    What was logged before is sent first. Child processes inherit it.
    """
    if workspace is not None:
        check_name(workspace)
    SESSION.set_workspace(workspace)


def list_workspaces() -> list[Workspace]:
    """The workspaces by name where one may read anything."""
    return WorkspaceMethods().list_workspaces()


def get_workspace(name: str) -> Workspace:
    """The workspace of that name; an absent one raises `NotFound`."""
    return WorkspaceMethods().get_workspace(name)


def create_workspace(
    name: str, description: str | None = None, default_artifact_root: str | None = None
) -> Workspace:
    """Create a workspace; a name that is taken raises `AlreadyExists`."""
    return WorkspaceMethods().create_workspace(name, description, default_artifact_root)


def update_workspace(
    name: str, description: str | None = None, default_artifact_root: str | None = None
) -> Workspace:
    """Change what is given; an empty text clears it."""
    return WorkspaceMethods().update_workspace(name, description, default_artifact_root)


def delete_workspace(name: str, *, mode: str = "RESTRICT") -> None:
    """Delete a workspace; `mode` is RESTRICT, SET_DEFAULT or CASCADE."""
    WorkspaceMethods().delete_workspace(name, mode)
