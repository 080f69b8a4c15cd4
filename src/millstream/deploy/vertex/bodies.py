"""A deployment as resources of Vertex AI: what is wanted, and what is there, in the same form.

| kind | name | is |
| --- | --- | --- |
| `Model` | `<deployment>-<digest>` | an image that serves a model, uploaded |
| `Endpoint` | its id | where requests go |
| `DeployedModel` | `<endpoint>/<number>` | machines on which an endpoint runs a model |
| `Traffic` | the endpoint's id | which share of the requests each of them answers |

The digest and the number are made from what cannot be changed later, so that another content is
another resource. What is ours is told by labels of the model and the endpoint.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from millstream.deploy.container.dockerfile import PORT
from millstream.deploy.resources import Resource
from millstream.deploy.vertex.options import VertexOptions
from millstream.deploy.vertex.place import short
from millstream.deploy.wish import Wish
from millstream.errors import InvalidParameter

MODEL, ENDPOINT, DEPLOYED, TRAFFIC = "Model", "Endpoint", "DeployedModel", "Traffic"
DEPLOYMENT_LABEL = "millstream-deployment"
ENDPOINT_LABEL = "millstream-endpoint"
NO_ENDPOINT = "_"

REPLICAS = ("minReplicaCount", "maxReplicaCount")
"""What of the machines changes while they run; with anything else there are others."""

_REGISTRY = re.compile(r"[a-z0-9-]+-docker\.pkg\.dev/|(?:[a-z]+\.)?gcr\.io/")
_CPU = "aiplatform.googleapis.com/prediction/online/cpu/utilization"
_CONTAINER = ("imageUri", "env", "ports", "predictRoute", "healthRoute")
_RESOURCES = ("machineSpec", *REPLICAS, "autoscalingMetricSpecs", "spot")
_MACHINE = ("machineType", "acceleratorType", "acceleratorCount")


def model(wish: Wish, said: VertexOptions, endpoint: str) -> Resource:
    """The model to upload; an image that Vertex AI does not take raises `InvalidParameter`."""
    body = {
        "displayName": wish.name,
        "description": wish.model_uri,
        "labels": {
            DEPLOYMENT_LABEL: wish.name,
            ENDPOINT_LABEL: endpoint if said.online else NO_ENDPOINT,
        },
        "containerSpec": container(wish, said.env),
    }
    return Resource(MODEL, f"{wish.name}-{_digest(body)[:12]}", body)


def container(wish: Wish, env: Mapping[str, str]) -> dict[str, Any]:
    """How an image serves; one that Vertex AI does not take raises `InvalidParameter`."""
    found: dict[str, Any] = {
        "imageUri": _checked_image(wish.image or ""),
        "ports": [{"containerPort": PORT}],
        "predictRoute": "/invocations",
        "healthRoute": "/ping",
    }
    if env:
        found["env"] = [{"name": name, "value": env[name]} for name in sorted(env)]
    return found


def own_endpoint(name: str) -> Resource:
    """The endpoint that a deployment has to itself."""
    body = {"displayName": name, "labels": {DEPLOYMENT_LABEL: name}}
    return Resource(ENDPOINT, name, body)


def deployed(wish: Wish, said: VertexOptions, endpoint: str, model_id: str) -> Resource:
    """The machines that run the model."""
    fixed: dict[str, Any] = {"model": model_id, "displayName": wish.name}
    if said.service_account is not None:
        fixed["serviceAccount"] = said.service_account
    if said.enable_access_logging:
        fixed["enableAccessLogging"] = True
    resources = _resources(said)
    number = _number([endpoint, fixed, resources])
    resources |= dict(zip(REPLICAS, (said.min_replica_count, said.max_replica_count), strict=True))
    return Resource(DEPLOYED, f"{endpoint}/{number}", {**fixed, "dedicatedResources": resources})


def _checked_image(image: str) -> str:
    if not _REGISTRY.match(image):
        raise InvalidParameter(
            f"The image is {image!r}, and Vertex AI takes those of Artifact Registry alone, which "
            "are called like 'europe-west4-docker.pkg.dev/my-project/models/churn'."
        )
    return image


def _resources(said: VertexOptions) -> dict[str, Any]:
    """What stays as it is while the machines run."""
    found: dict[str, Any] = {"machineSpec": machine(said)}
    if said.spot:
        found["spot"] = True
    if said.autoscaling_target_cpu is not None:
        spec = {"metricName": _CPU, "target": said.autoscaling_target_cpu}
        found["autoscalingMetricSpecs"] = [spec]
    return found


def machine(said: VertexOptions) -> dict[str, Any]:
    """One of the machines that a model runs on."""
    found: dict[str, Any] = {"machineType": said.machine_type}
    if said.accelerator_type is not None:
        found["acceleratorType"] = said.accelerator_type
        found["acceleratorCount"] = said.accelerator_count
    return found


def traffic(endpoint: str, deployment: str, shares: Mapping[str, int]) -> Resource:
    """The split of an endpoint, as a deployment wants it."""
    return Resource(TRAFFIC, endpoint, {"deployment": deployment, "trafficSplit": dict(shares)})


def model_there(found: Mapping[str, Any]) -> Resource:
    """A model that is there, without what Vertex AI adds to it."""
    body = _some(found, ("displayName", "description", "labels"))
    body["containerSpec"] = _some(found.get("containerSpec", {}), _CONTAINER)
    return Resource(MODEL, short(found["name"]), body)


def endpoint_there(found: Mapping[str, Any]) -> Resource:
    """An endpoint that is there."""
    return Resource(ENDPOINT, short(found["name"]), _some(found, ("displayName", "labels")))


def deployed_there(endpoint: str, found: Mapping[str, Any]) -> Resource:
    """Machines that are there."""
    body = _some(found, ("displayName", "serviceAccount", "enableAccessLogging"))
    resources = _some(found.get("dedicatedResources", {}), _RESOURCES)
    if "machineSpec" in resources:
        resources["machineSpec"] = _some(resources["machineSpec"], _MACHINE)
    body = {"model": short(found["model"]), **body, "dedicatedResources": resources}
    return Resource(DEPLOYED, f"{endpoint}/{found['id']}", body)


def shares_of(endpoint: Mapping[str, Any]) -> dict[str, int]:
    """The split of an endpoint that is there; who gets nothing is left out."""
    return {key: share for key, share in endpoint.get("trafficSplit", {}).items() if share}


def is_of(name: str, found: Mapping[str, Any]) -> bool:
    """Whether a deployed model is of a deployment: the model's id begins with its name."""
    start, _, digest = short(found.get("model", "")).rpartition("-")
    return bool(found.get("displayName") == name == start and len(digest) == 12)


def is_offline(found: Resource) -> bool:
    """Whether a model was uploaded for batches alone."""
    return bool(found.body.get("labels", {}).get(ENDPOINT_LABEL) == NO_ENDPOINT)


def _some(found: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: found[name] for name in names if name in found}


def _digest(body: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()


def _number(body: Any) -> str:
    """An id of a deployed model, which has ten digits at most."""
    return str(10**9 + int(_digest(body), 16) % (9 * 10**9))
