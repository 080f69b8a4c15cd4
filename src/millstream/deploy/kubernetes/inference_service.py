"""KServe's InferenceService, with the image as a predictor of its own.

Its fields are those of serving.kserve.io/v1beta1. It runs as a plain Deployment, which needs
neither Knative nor Istio; KServe looks after its autoscaler, its service and its address.
"""

from __future__ import annotations

from typing import Any

from millstream.clusters.kinds import INFERENCE_SERVICE
from millstream.deploy.kubernetes.deployment import ROLLING
from millstream.deploy.kubernetes.naming import manifest
from millstream.deploy.kubernetes.options import Options
from millstream.deploy.kubernetes.pod import pod_spec
from millstream.deploy.wish import Wish

CONTAINER = "kserve-container"
"""What KServe wants the container to be called."""


def inference_service(wish: Wish, options: Options) -> dict[str, Any]:
    """The manifest."""
    busy: dict[str, Any] = {"scaleMetric": "cpu", "scaleTarget": options.target_cpu}
    predictor = {
        "minReplicas": options.replicas,
        "maxReplicas": options.max_replicas or options.replicas,
        **(busy if options.max_replicas else {}),
        "timeout": options.request_timeout,
        "deploymentStrategy": ROLLING,
        **pod_spec(wish, options, CONTAINER),
    }
    notes = {"serving.kserve.io/deploymentMode": "RawDeployment"}
    return manifest(INFERENCE_SERVICE, wish, {"spec": {"predictor": predictor}}, notes)
