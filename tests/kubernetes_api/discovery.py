"""What a cluster says of its kinds, for programs that ask before they send.

The answers are those of kubernetes.io/docs/concepts/overview/kubernetes-api (unaggregated). Of the
OpenAPI document there is what programs look for before they leave checking fields to the cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

Kinds = Mapping[str, str]

_KINDS: Mapping[str, Kinds] = {
    "v1": {"services": "Service", "serviceaccounts": "ServiceAccount"},
    "apps/v1": {"deployments": "Deployment"},
    "autoscaling/v2": {"horizontalpodautoscalers": "HorizontalPodAutoscaler"},
    "policy/v1": {"poddisruptionbudgets": "PodDisruptionBudget"},
    "networking.k8s.io/v1": {"networkpolicies": "NetworkPolicy", "ingresses": "Ingress"},
}


def discovery() -> list[Route]:
    """Routes that tell of the kinds that every cluster has."""
    groups = [_group(version) for version in _KINDS if "/" in version]
    said: dict[str, dict[str, Any]] = {
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups},
        "/openapi/v3": {
            "paths": {
                _place(version): {"serverRelativeURL": f"/openapi/v3/{_place(version)}?hash=1"}
                for version in _KINDS
            }
        },
    }
    for version, kinds in _KINDS.items():
        said[f"/{_place(version)}"] = _resources(version, kinds)
        said[f"/openapi/v3/{_place(version)}"] = _document(version, kinds)
    return [_route(path, body) for path, body in said.items()]


def _route(path: str, body: dict[str, Any]) -> Route:
    async def told(_: Request) -> JSONResponse:
        return JSONResponse(body)

    return Route(path, told, methods=["GET"])


def _place(version: str) -> str:
    return f"apis/{version}" if "/" in version else f"api/{version}"


def _group(version: str) -> dict[str, Any]:
    name, _, own = version.partition("/")
    known = {"groupVersion": version, "version": own}
    return {"name": name, "versions": [known], "preferredVersion": known}


def _resources(version: str, kinds: Kinds) -> dict[str, Any]:
    verbs = ["create", "get", "list", "patch", "delete"]
    every = [
        {"name": plural, "singularName": "", "namespaced": True, "kind": kind, "verbs": verbs}
        for plural, kind in kinds.items()
    ]
    return {"kind": "APIResourceList", "groupVersion": version, "resources": every}


def _document(version: str, kinds: Kinds) -> dict[str, Any]:
    """That a cluster checks the fields of what it gets, if it is told to."""
    group, _, own = version.rpartition("/")
    checks = {"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}
    paths = {}
    for plural, kind in kinds.items():
        means = {"group": group, "version": own, "kind": kind}
        patch = {"parameters": [checks], "responses": {}, "x-kubernetes-group-version-kind": means}
        path = f"/{_place(version)}/namespaces/{{namespace}}/{plural}/{{name}}"
        paths[path] = {"patch": patch}
    about = {"title": "Kubernetes", "version": "v1.37.0"}
    return {"openapi": "3.0.0", "info": about, "paths": paths}
