"""The Service: one address for all pods."""

from __future__ import annotations

from typing import Any

from millstream.clusters.kinds import SERVICE
from millstream.deploy.kubernetes.naming import manifest, selector
from millstream.deploy.kubernetes.options import Options
from millstream.deploy.wish import Wish


def service(wish: Wish, options: Options) -> dict[str, Any]:
    """The manifest."""
    port = {
        "name": "http",
        "protocol": "TCP",
        "port": options.port,
        "targetPort": options.container_port,
    }
    spec = {"type": options.service_type, "selector": selector(wish.name), "ports": [port]}
    return manifest(SERVICE, wish, {"spec": spec})
