"""What a cluster adds to things by itself, so that nobody mistakes that for what was said."""

from __future__ import annotations

from typing import Any

_CONTAINER = {
    "imagePullPolicy": "IfNotPresent",
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_POD = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
}


def filled(manifest: dict[str, Any]) -> dict[str, Any]:
    """The thing with what the cluster says where nobody does."""
    return _FILLING.get(manifest["kind"], dict)(manifest)


def _deployment(manifest: dict[str, Any]) -> dict[str, Any]:
    spec = {"replicas": 1, "revisionHistoryLimit": 10, **manifest["spec"]}
    pod = {**_POD, **spec["template"]["spec"]}
    pod["serviceAccount"] = pod.get("serviceAccountName", "default")
    pod["containers"] = [_container(one) for one in pod["containers"]]
    return {**manifest, "spec": {**spec, "template": {**spec["template"], "spec": pod}}}


def _container(container: dict[str, Any]) -> dict[str, Any]:
    probes = {
        key: {"successThreshold": 1, **probe, "httpGet": {"scheme": "HTTP", **probe["httpGet"]}}
        for key, probe in container.items()
        if key.endswith("Probe")
    }
    return {**_CONTAINER, **container, **probes}


def _service(manifest: dict[str, Any]) -> dict[str, Any]:
    spec = {"clusterIP": "10.96.0.10", "sessionAffinity": "None", "type": "ClusterIP"}
    said = {**spec, **manifest["spec"]}
    if said["type"] != "ClusterIP":
        said["ports"] = [{"nodePort": 30080, **port} for port in said["ports"]]
    return {**manifest, "spec": said}


_FILLING = {"Deployment": _deployment, "Service": _service}
