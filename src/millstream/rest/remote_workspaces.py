"""The workspaces of a server as requests."""

from __future__ import annotations

from millstream.entities import workspaces as ws
from millstream.entities.asking import Asking
from millstream.entities.users import Actor
from millstream.rest.caller import Caller
from millstream.store.pending import Pending


class RemoteWorkspaces:
    """The workspaces of a server, which knows by itself who asks."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create(self, request: ws.CreateWorkspace, by: Actor | None = None) -> Pending[ws.Workspace]:  # noqa: ARG002  # as in a database
        """Create."""
        return self._caller.write("workspaces.create", request, ws.Workspace)

    def get(self, request: ws.WorkspaceName, asking: Asking | None = None) -> ws.Workspace:  # noqa: ARG002  # as in a database
        """Get by name."""
        return self._caller.read("workspaces.get", request, ws.Workspace)

    def list(self, request: ws.ListWorkspaces, asking: Asking | None = None) -> ws.WorkspaceList:  # noqa: ARG002  # as in a database
        """The workspaces by name where one may read anything."""
        return self._caller.read("workspaces.list", request, ws.WorkspaceList)

    def update(self, request: ws.UpdateWorkspace, by: Actor | None = None) -> Pending[ws.Workspace]:  # noqa: ARG002  # as in a database
        """Change what is given."""
        return self._caller.write("workspaces.update", request, ws.Workspace)

    def delete(self, request: ws.DeleteWorkspace, by: Actor | None = None) -> Pending[None]:  # noqa: ARG002  # as in a database
        """Delete, with what is in it as the mode says."""
        return self._caller.command("workspaces.delete", request)
