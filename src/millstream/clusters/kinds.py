"""Kinds of things that a cluster keeps, and where its API server has them.

The paths are those of the Kubernetes API (kubernetes.io/docs/reference/using-api/api-concepts).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from millstream.errors import InvalidParameter


class Kind(msgspec.Struct, frozen=True):
    """A kind of thing in a namespace: its name, its `apiVersion`, and how paths call it."""

    name: str
    version: str
    plural: str

    def path(self, namespace: str, name: str | None = None) -> str:
        """Where those of a namespace are, or the one of a name."""
        prefix = "apis" if "/" in self.version else "api"
        path = f"/{prefix}/{self.version}/namespaces/{quote(namespace, safe='')}/{self.plural}"
        return path if name is None else f"{path}/{quote(name, safe='')}"


JOB = Kind("Job", "batch/v1", "jobs")
POD = Kind("Pod", "v1", "pods")
SERVICE = Kind("Service", "v1", "services")
SERVICE_ACCOUNT = Kind("ServiceAccount", "v1", "serviceaccounts")
DEPLOYMENT = Kind("Deployment", "apps/v1", "deployments")
AUTOSCALER = Kind("HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers")
DISRUPTION_BUDGET = Kind("PodDisruptionBudget", "policy/v1", "poddisruptionbudgets")
NETWORK_POLICY = Kind("NetworkPolicy", "networking.k8s.io/v1", "networkpolicies")
INGRESS = Kind("Ingress", "networking.k8s.io/v1", "ingresses")
HTTP_ROUTE = Kind("HTTPRoute", "gateway.networking.k8s.io/v1", "httproutes")
INFERENCE_SERVICE = Kind("InferenceService", "serving.kserve.io/v1beta1", "inferenceservices")
SELDON_DEPLOYMENT = Kind("SeldonDeployment", "machinelearning.seldon.io/v1", "seldondeployments")

_ALL = (
    JOB,
    POD,
    SERVICE,
    SERVICE_ACCOUNT,
    DEPLOYMENT,
    AUTOSCALER,
    DISRUPTION_BUDGET,
    NETWORK_POLICY,
    INGRESS,
    HTTP_ROUTE,
    INFERENCE_SERVICE,
    SELDON_DEPLOYMENT,
)
_KINDS = {(kind.name, kind.version): kind for kind in _ALL}


def kind_of(manifest: Mapping[str, Any]) -> Kind:
    """The kind that a manifest says it is of; another one raises `InvalidParameter`."""
    said = (str(manifest.get("kind")), str(manifest.get("apiVersion")))
    if said not in _KINDS:
        names = ", ".join(f"{kind.name} of {kind.version}" for kind in _ALL)
        raise InvalidParameter(f"Nothing is known of a {said[0]} of {said[1]}; there are {names}.")
    return _KINDS[said]
