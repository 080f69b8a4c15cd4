"""The HorizontalPodAutoscaler: as many pods as their processors are busy."""

from __future__ import annotations

from typing import Any

from millstream.clusters.kinds import AUTOSCALER, DEPLOYMENT
from millstream.deploy.kubernetes.naming import manifest
from millstream.deploy.kubernetes.options import Options
from millstream.deploy.wish import Wish


def autoscaler(wish: Wish, options: Options) -> dict[str, Any]:
    """The manifest."""
    busy = {"type": "Utilization", "averageUtilization": options.target_cpu}
    scaled = {"apiVersion": DEPLOYMENT.version, "kind": DEPLOYMENT.name, "name": wish.name}
    spec = {
        "scaleTargetRef": scaled,
        "minReplicas": options.replicas,
        "maxReplicas": options.max_replicas,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": busy}}],
    }
    return manifest(AUTOSCALER, wish, {"spec": spec})
