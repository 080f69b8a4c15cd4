"""The NetworkPolicy: nothing comes in but to the port that serves, and nothing goes out."""

from __future__ import annotations

from typing import Any

from millstream.clusters.kinds import NETWORK_POLICY
from millstream.deploy.kubernetes.naming import manifest, selector
from millstream.deploy.kubernetes.options import Options
from millstream.deploy.wish import Wish

_ENGINE = 8000
"""Where Seldon's own container in the pod takes requests."""


def network_policy(wish: Wish, options: Options) -> dict[str, Any]:
    """The manifest."""
    ports = [options.container_port, *([_ENGINE] if options.kind == "seldon" else [])]
    entering: dict[str, Any] = {"ports": [{"protocol": "TCP", "port": port} for port in ports]}
    if options.allow_from:
        named = {
            "key": "kubernetes.io/metadata.name",
            "operator": "In",
            "values": list(options.allow_from),
        }
        entering["from"] = [{"namespaceSelector": {"matchExpressions": [named]}}]
    spec = {
        "podSelector": {"matchLabels": selector(wish.name)},
        "policyTypes": ["Ingress"] if options.egress else ["Ingress", "Egress"],
        "ingress": [entering],
    }
    return manifest(NETWORK_POLICY, wish, {"spec": spec})
