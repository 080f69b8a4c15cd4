"""What a cluster says of its kinds, for programs that ask before they send.

The answers are those of kubernetes.io/docs/concepts/overview/kubernetes-api (unaggregated).
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

_APPS = {"groupVersion": "apps/v1", "version": "v1"}
_GROUP = {"name": "apps", "versions": [_APPS], "preferredVersion": _APPS}


def discovery() -> list[Route]:
    """Routes that tell of Services and Deployments."""
    said: dict[str, dict[str, Any]] = {
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_GROUP]},
        "/api/v1": _resources("v1", "services", "Service"),
        "/apis/apps/v1": _resources("apps/v1", "deployments", "Deployment"),
    }
    return [_route(path, body) for path, body in said.items()]


def _route(path: str, body: dict[str, Any]) -> Route:
    async def told(_: Request) -> JSONResponse:
        return JSONResponse(body)

    return Route(path, told, methods=["GET"])


def _resources(version: str, plural: str, kind: str) -> dict[str, Any]:
    verbs = ["get", "list", "patch", "delete"]
    one = {"name": plural, "singularName": "", "namespaced": True, "kind": kind, "verbs": verbs}
    return {"kind": "APIResourceList", "groupVersion": version, "resources": [one]}
