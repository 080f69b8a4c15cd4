"""The HTTPRoute of the Gateway API: what a gateway passes on to the service.

Its fields are those of gateway.networking.k8s.io/v1 (gateway-api.sigs.k8s.io/reference/spec).
"""

from __future__ import annotations

from typing import Any

from millstream.clusters.kinds import HTTP_ROUTE
from millstream.deploy.kubernetes.naming import manifest
from millstream.deploy.kubernetes.options import Options
from millstream.deploy.wish import Wish


def http_route(wish: Wish, options: Options, gateway: tuple[str | None, str]) -> dict[str, Any]:
    """The manifest. `gateway` is a namespace, if it is another one, and a name."""
    namespace, name = gateway
    elsewhere = {} if namespace is None else {"namespace": namespace}
    spec: dict[str, Any] = {
        "parentRefs": [
            {"group": "gateway.networking.k8s.io", "kind": "Gateway", **elsewhere, "name": name}
        ],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                "backendRefs": [
                    {"group": "", "kind": "Service", "name": wish.name, "port": options.port}
                ],
            }
        ],
    }
    if options.host:
        spec["hostnames"] = [options.host]
    return manifest(HTTP_ROUTE, wish, {"spec": spec})
