"""A server that speaks the Kubernetes API of things in a namespace: applied, listed, deleted.

Fields are checked by the schemas that Kubernetes publishes, and by what those cannot say: names,
and selectors that never change. Pods of Deployments are there at once, and ready unless told
otherwise. Kinds of operators are absent until they are `installed`.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from tests.kubernetes_api.connection import TOKEN, refusal
from tests.kubernetes_api.defaults import filled
from tests.kubernetes_api.merging import merged
from tests.kubernetes_api.schemas import fault

NEWEST = "1.37"
BUILT_IN = ("v1", "apps/v1", "autoscaling/v2", "policy/v1", "networking.k8s.io/v1", "batch/v1")
Key = tuple[str, str, str]

_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_APPLY = "application/apply-patch+yaml"
_KINDS = {
    "services": "Service",
    "serviceaccounts": "ServiceAccount",
    "deployments": "Deployment",
    "horizontalpodautoscalers": "HorizontalPodAutoscaler",
    "poddisruptionbudgets": "PodDisruptionBudget",
    "networkpolicies": "NetworkPolicy",
    "ingresses": "Ingress",
    "httproutes": "HTTPRoute",
    "inferenceservices": "InferenceService",
    "seldondeployments": "SeldonDeployment",
}


class KubernetesApi:
    """Things by namespace, plural and name; `said` holds what each manager said of them.

    A verb and a plural in `fails` are answered with the status that stands there; `troubles` says
    of a Deployment what its status is instead of ready, and `waits` what its pods wait for.
    """

    def __init__(self) -> None:
        self.things: dict[Key, dict[str, Any]] = {}
        self.said: dict[tuple[Key, str], dict[str, Any]] = {}
        self.fails: dict[tuple[str, str], int] = {}
        self.troubles: dict[str, dict[str, Any]] = {}
        self.waits: dict[str, dict[str, str]] = {}
        self.installed: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.answer: Callable[[str, Any], tuple[int, Any]] = lambda _place, body: (200, body)
        where = "/namespaces/{namespace}/{plural}"
        groups = ("/api/{version}", "/apis/{group}/{version}")
        self.app = Starlette(
            routes=[
                *(Route(f"{at}{where}", self.listed, methods=["GET"]) for at in groups),
                *(Route(f"{at}{where}", self.create, methods=["POST"]) for at in groups),
                Route(f"/api/v1{where}/{{name}}/log", self.log, methods=["GET"]),
                Route(f"/api/v1{where}/{{name}}/proxy/{{path}}", self.proxy, methods=["POST"]),
                *(Route(f"{at}{where}/{{name}}", self.get, methods=["GET"]) for at in groups),
                *(Route(f"{at}{where}/{{name}}", self.apply, methods=["PATCH"]) for at in groups),
                *(Route(f"{at}{where}/{{name}}", self.delete, methods=["DELETE"]) for at in groups),
            ]
        )

    def kinds(self, namespace: str = "of-context") -> list[str]:
        """The kinds of all things in a namespace."""
        return sorted(one["kind"] for key, one in self.things.items() if key[0] == namespace)

    def refused(self, request: Request) -> Response | None:
        """What keeps a request from being answered."""
        plural = request.path_params["plural"]
        self.asked.append((request.method, plural))
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return refusal(401, "Unauthorized", "Unauthorized")
        if status := self.fails.get((request.method, plural)):
            return refusal(status, "", f"{plural} cannot be had")
        if _version(request) not in (*BUILT_IN, *self.installed):
            return refusal(404, "NotFound", "the server could not find the requested resource")
        return None

    async def listed(self, request: Request) -> Response:
        """Things by their labels; as in a cluster, a list does not say the kind of each."""
        if (answer := self.refused(request)) is not None:
            return answer
        chosen = dict(one.split("=") for one in request.query_params["labelSelector"].split(","))
        namespace, plural = request.path_params["namespace"], request.path_params["plural"]
        every = [
            self.shown(key) for key in self.things if key[:2] == (namespace, plural)
        ] or self.pods(namespace, plural)
        found = [one for one in every if chosen.items() <= one["metadata"]["labels"].items()]
        items = [
            {key: value for key, value in one.items() if key not in ("kind", "apiVersion")}
            for one in found
        ]
        return JSONResponse({"kind": "List", "apiVersion": "v1", "items": items})

    async def get(self, request: Request) -> Response:
        """One thing."""
        if (answer := self.refused(request)) is not None:
            return answer
        key = _key(request)
        if key not in self.things:
            return refusal(404, "NotFound", f'{key[1]} "{key[2]}" not found')
        return JSONResponse(self.shown(key))

    async def apply(self, request: Request) -> Response:
        """Server-side apply."""
        if (answer := self.refused(request)) is not None:
            return answer
        if request.headers["content-type"] != _APPLY:
            return refusal(415, "UnsupportedMediaType", "not an apply patch")
        return self.put(_key(request), json.loads(await request.body()), request)

    async def create(self, request: Request) -> Response:
        """Something that is not there yet."""
        if (answer := self.refused(request)) is not None:
            return answer
        now = json.loads(await request.body())
        namespace, plural = request.path_params["namespace"], request.path_params["plural"]
        key = (namespace, plural, now["metadata"]["name"])
        if key in self.things:
            return refusal(409, "AlreadyExists", f'{plural} "{key[2]}" already exists')
        return self.put(key, now, request)

    def put(self, key: Key, now: dict[str, Any], request: Request) -> Response:
        """Let a thing be as its manager says, if a cluster takes it."""
        manager = request.query_params["fieldManager"]
        fault = _fault(key, now, request, self.things.get(key))
        if fault is not None:
            return fault
        before = self.said.get((key, manager), {})
        live = self.things.get(key, {})
        found = filled(merged(live, before, now))
        metadata = found["metadata"]
        changed = live.get("spec") != found.get("spec")
        metadata.setdefault("uid", str(uuid.uuid4()))
        metadata["namespace"] = key[0]
        metadata["creationTimestamp"] = "2026-11-01T00:00:00Z"
        metadata["resourceVersion"] = str(len(self.asked))
        metadata["generation"] = metadata.get("generation", 0) + changed
        self.things[key], self.said[key, manager] = found, now
        return JSONResponse(found, 200 if live else 201)

    async def delete(self, request: Request) -> Response:
        """Delete one thing, if it is the one that is meant."""
        if (answer := self.refused(request)) is not None:
            return answer
        key, body = _key(request), json.loads(await request.body())
        if key not in self.things:
            return refusal(404, "NotFound", f'{key[1]} "{key[2]}" not found')
        meant = (body.get("preconditions") or {}).get("uid")
        if meant not in (None, self.things[key]["metadata"]["uid"]):
            return refusal(409, "Conflict", "the UID in the precondition does not match")
        del self.things[key]
        self.said = {one: said for one, said in self.said.items() if one[0] != key}
        return JSONResponse({"kind": "Status", "status": "Success"})

    async def proxy(self, request: Request) -> Response:
        """What a service or pod answers."""
        if (answer := self.refused(request)) is not None:
            return answer
        place = "/".join(request.path_params[key] for key in ("plural", "name", "path"))
        status, body = self.answer(place, await request.json())
        return JSONResponse(body, status)

    async def log(self, request: Request) -> Response:
        """What a pod printed."""
        if (answer := self.refused(request)) is not None:
            return answer
        return PlainTextResponse(f"{request.query_params['container']} began\nready\n")

    def shown(self, key: Key) -> dict[str, Any]:
        """A thing with its status."""
        found = self.things[key]
        if found["kind"] != "Deployment":
            return found
        count = found["spec"]["replicas"]
        counts = {"replicas": count, "updatedReplicas": count, "availableReplicas": count}
        seen = {"observedGeneration": found["metadata"]["generation"]}
        return {**found, "status": {**seen, **counts, **self.troubles.get(key[2], {})}}

    def pods(self, namespace: str, plural: str) -> list[dict[str, Any]]:
        """The pods of what runs models."""
        if plural != "pods":
            return []
        return [
            pod
            for key, one in self.things.items()
            if key[0] == namespace
            for pod in _pods(one, self.waits.get(key[2]))
        ]


def _pods(thing: dict[str, Any], waits: dict[str, str] | None) -> list[dict[str, Any]]:
    name, spec = thing["metadata"]["name"], thing.get("spec", {})
    if thing["kind"] == "Deployment":
        labels = spec["template"]["metadata"]["labels"]
        count, pod = spec["replicas"], spec["template"]["spec"]
    elif thing["kind"] == "InferenceService":
        labels = thing["metadata"]["labels"]
        count, pod = spec["predictor"]["minReplicas"], spec["predictor"]
    else:
        return []
    state = {"waiting": waits} if waits else {"running": {}}
    ready = {"type": "Ready", "status": "False" if waits else "True"}
    status = {"containerStatuses": [{"state": state}], "conditions": [ready]}
    return [
        {"metadata": {"name": f"{name}-{one}", "labels": labels}, "spec": pod, "status": status}
        for one in range(count)
    ]


def _version(request: Request) -> str:
    group, version = request.path_params.get("group"), request.path_params.get("version", "v1")
    return version if group is None else f"{group}/{version}"


def _key(request: Request) -> Key:
    namespace, plural, name = (request.path_params[one] for one in ("namespace", "plural", "name"))
    return namespace, plural, name


def _fault(
    key: Key, now: dict[str, Any], request: Request, live: dict[str, Any] | None
) -> Response | None:
    """What a cluster does not take."""
    version, named = _version(request), now["metadata"]["name"]
    if (now["apiVersion"], now["kind"]) != (version, _KINDS[key[1]]) or named != key[2]:
        return refusal(400, "BadRequest", f"the object is not what {key} says")
    if version in BUILT_IN and (wrong := fault(now, NEWEST)) is not None:
        return refusal(400, "BadRequest", wrong)
    if not _NAME.fullmatch(named):
        return refusal(422, "Invalid", f"{named!r} is invalid: metadata.name")
    selector = live["spec"]["selector"] if live is not None and key[1] == "deployments" else None
    if selector not in (None, now.get("spec", {}).get("selector")):
        return refusal(422, "Invalid", "spec.selector: field is immutable")
    return None
