"""Seldon Core's SeldonDeployment, with the image as the only step of its graph.

Its fields are those of machinelearning.seldon.io/v1; Seldon's own container asks the model by the
Open Inference Protocol V2.
"""

from __future__ import annotations

from typing import Any

from millstream.clusters.kinds import SELDON_DEPLOYMENT
from millstream.deploy.kubernetes.naming import labels, manifest
from millstream.deploy.kubernetes.options import Options
from millstream.deploy.kubernetes.pod import pod_spec
from millstream.deploy.wish import Wish

_PREDICTOR = "default"


def seldon_deployment(wish: Wish, options: Options) -> dict[str, Any]:
    """The manifest. The container is called as the model is in the protocol."""
    pods = {
        "metadata": {"labels": labels(wish)},
        "spec": pod_spec(wish, options, wish.name),
    }
    predictor = {
        "name": _PREDICTOR,
        "replicas": options.replicas,
        "componentSpecs": [pods],
        "graph": {"name": wish.name, "type": "MODEL", "endpoint": {"type": "REST"}},
    }
    spec = {"protocol": "v2", "predictors": [predictor]}
    return manifest(SELDON_DEPLOYMENT, wish, {"spec": spec})
