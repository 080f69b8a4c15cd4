"""How a deployment is doing, as what runs it and its pods tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from millstream.clusters.kinds import DEPLOYMENT, INFERENCE_SERVICE
from millstream.deploy.target import State, Status

_HOPELESS = ("InvalidImageName", "ErrImageNeverPull", "ImageInspectError")
"""What a pod waits for that nobody but its author can bring."""


class Told(NamedTuple):
    """A state, and why."""

    state: State
    why: str = ""


def state(manifest: Mapping[str, Any], pods: Iterable[Mapping[str, Any]]) -> Told:
    """The state of what runs a model; while it is pending, what its pods wait for says more."""
    found = _READINGS[manifest["kind"]](manifest)
    if found.state != "pending":
        return found
    for reason, message in _waiting(pods):
        why = f"{reason}: {message}" if message else reason
        return Told("failed" if reason in _HOPELESS else "pending", why)
    return found


def address(there: Mapping[str, Mapping[str, Any]], namespace: str) -> str | None:
    """Where it answers, by the things that there are of it, each by its kind."""
    if "Ingress" in there:
        spec = there["Ingress"]["spec"]
        return _url(spec["rules"][0]["host"], secure=bool(spec.get("tls")))
    if "HTTPRoute" in there:
        named = there["HTTPRoute"]["spec"].get("hostnames") or []
        return _url(named[0], secure=False) if named else None
    if "Service" in there:
        return _of_service(there["Service"], namespace)
    operated = there.get("InferenceService") or there.get("SeldonDeployment") or {}
    status = operated.get("status") or {}
    return status.get("url") or (status.get("address") or {}).get("url")


def told(found: Told, place: str | None, manifest: Mapping[str, Any]) -> Status:
    """What is told of it."""
    return Status(found.state, found.why, place, dict(manifest.get("status") or {}))


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a pod takes requests."""
    return _condition(pod.get("status") or {}, "Ready").get("status") == "True"


def port_of(pod: Mapping[str, Any]) -> int:
    """The port that the model in a pod serves on."""
    ports = [port for one in pod["spec"]["containers"] for port in one.get("ports") or []]
    return next(int(one["containerPort"]) for one in ports if one.get("name") == "http")


def _of_deployment(manifest: Mapping[str, Any]) -> Told:
    status, count = manifest.get("status") or {}, manifest["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < manifest["metadata"].get("generation", 1):
        return Told("pending", "the cluster has not seen to it yet")
    late = _condition(status, "Progressing")
    if late.get("status") == "False":
        return Told("failed", str(late.get("message") or late.get("reason")))
    updated, ready = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    old = status.get("replicas", 0) - updated
    if updated < count or ready < count or old > 0:
        return Told("pending", f"{updated} of {count} pods are new, {ready} ready, {old} old")
    return Told("ready")


def _of_inference_service(manifest: Mapping[str, Any]) -> Told:
    status = manifest.get("status") or {}
    if status.get("observedGeneration", 0) < manifest["metadata"].get("generation", 1):
        return Told("pending", "KServe has not seen to it yet")
    ready = _condition(status, "Ready")
    if ready.get("status") == "True":
        return Told("ready")
    return Told("pending", str(ready.get("message") or ready.get("reason") or "it is not ready"))


def _of_seldon_deployment(manifest: Mapping[str, Any]) -> Told:
    status = manifest.get("status") or {}
    said, why = status.get("state"), str(status.get("description") or "")
    if said == "Failed":
        return Told("failed", why)
    return Told("ready") if said == "Available" else Told("pending", why or "it is not available")


_READINGS = {
    DEPLOYMENT.name: _of_deployment,
    INFERENCE_SERVICE.name: _of_inference_service,
    "SeldonDeployment": _of_seldon_deployment,
}


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = (one for one in status.get("conditions") or [] if one.get("type") == kind)
    return next(found, {})


def _waiting(pods: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    """Why pods wait: reasons with messages of the cluster."""
    for pod in pods:
        for container in (pod.get("status") or {}).get("containerStatuses") or []:
            waiting = (container.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
                yield str(waiting["reason"]), str(waiting.get("message") or "")
        placed = _condition(pod.get("status") or {}, "PodScheduled")
        if placed.get("status") == "False":
            yield str(placed.get("reason")), str(placed.get("message") or "")


def _of_service(manifest: Mapping[str, Any], namespace: str) -> str | None:
    """Within the cluster by its name, from outside by what a load balancer was given."""
    port = manifest["spec"]["ports"][0]["port"]
    if manifest["spec"].get("type") != "LoadBalancer":
        return _url(f"{manifest['metadata']['name']}.{namespace}.svc", port=port)
    balancer = (manifest.get("status") or {}).get("loadBalancer") or {}
    for entry in balancer.get("ingress") or []:
        return _url(entry.get("hostname") or entry.get("ip"), port=port)
    return None


def _url(host: str, *, secure: bool = False, port: int | None = None) -> str:
    named = f"[{host}]" if ":" in host else host
    end = "" if port in (None, 80) else f":{port}"
    return f"{'https' if secure else 'http'}://{named}{end}/invocations"
