"""The rows about workspaces."""

from __future__ import annotations

from millstream.entities import workspaces as ws
from millstream.rest.endpoints.row import MLFLOW_3, Effort, Endpoint, Permission

_PATH = f"{MLFLOW_3}/workspaces"
_ONE = f"{_PATH}/{{workspace_name}}"

WORKSPACES = (
    Endpoint(
        methods=("GET",),
        path=_PATH,
        request=ws.ListWorkspaces,
        operation="workspaces.list",
        answer=ws.WorkspaceList,
        effort=Effort.SCAN,
        permission=Permission("read", "workspace"),
        told="asking",
        summary="List the workspaces where who asks may read anything",
    ),
    Endpoint(
        methods=("POST",),
        path=_PATH,
        request=ws.CreateWorkspace,
        operation="workspaces.create",
        answer=ws.Workspace,
        effort=Effort.WRITE,
        permission=Permission("create", "workspace"),
        told="actor",
        envelope="workspace",
        status=201,
        summary="Create a workspace",
    ),
    Endpoint(
        methods=("GET",),
        path=_ONE,
        request=ws.WorkspaceName,
        operation="workspaces.get",
        answer=ws.Workspace,
        effort=Effort.SCAN,
        permission=Permission("read", "workspace"),
        told="asking",
        envelope="workspace",
        summary="Get a workspace",
    ),
    Endpoint(
        methods=("PATCH",),
        path=_ONE,
        request=ws.UpdateWorkspace,
        operation="workspaces.update",
        answer=ws.Workspace,
        effort=Effort.WRITE,
        permission=Permission("edit", "workspace"),
        told="actor",
        envelope="workspace",
        summary="Describe a workspace",
    ),
    Endpoint(
        methods=("DELETE",),
        path=_ONE,
        request=ws.DeleteWorkspace,
        operation="workspaces.delete",
        answer=None,
        effort=Effort.WRITE,
        permission=Permission("delete", "workspace"),
        told="actor",
        status=204,
        summary="Delete a workspace",
    ),
)
