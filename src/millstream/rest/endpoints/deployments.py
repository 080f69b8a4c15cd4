"""The rows about deployments."""

from __future__ import annotations

from millstream.entities import deployments as d
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

_PATH = f"{OWN}/deployments"
_READ = Permission("read", "deployment")
_EDIT = Permission("edit", "deployment", "name")

DEPLOYMENTS = (
    Endpoint(
        methods=("POST",),
        path=_PATH,
        request=d.RecordDeployment,
        operation="deployments.record",
        answer=d.Deployment,
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Record what runs now at a name of a target",
    ),
    Endpoint(
        methods=("GET",),
        path=_PATH,
        request=d.SearchDeployments,
        operation="deployments.search",
        answer=d.DeploymentPage,
        effort=Effort.SCAN,
        permission=_READ,
        told="asking",
        summary="List the deployments that match all that is given, newest first",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{_PATH}/end",
        request=d.EndDeployment,
        operation="deployments.end",
        answer=d.Deployment,
        effort=Effort.WRITE,
        permission=_EDIT,
        summary="Record that a deployment runs no more",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_PATH}/{{deployment_id}}",
        request=d.DeploymentId,
        operation="deployments.get",
        answer=d.Deployment,
        effort=Effort.POINT,
        permission=_READ,
        told="asking",
        summary="Get a revision of a deployment",
    ),
)
