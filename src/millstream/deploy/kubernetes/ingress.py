"""The Ingress: a host name by which others reach the service."""

from __future__ import annotations

from typing import Any

from millstream.clusters.kinds import INGRESS
from millstream.deploy.kubernetes.naming import manifest
from millstream.deploy.kubernetes.options import Options
from millstream.deploy.wish import Wish


def ingress(wish: Wish, options: Options) -> dict[str, Any]:
    """The manifest."""
    backend = {"service": {"name": wish.name, "port": {"number": options.port}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec: dict[str, Any] = {"rules": [{"host": options.host, "http": {"paths": [path]}}]}
    if options.ingress_class:
        spec["ingressClassName"] = options.ingress_class
    if options.tls_secret:
        spec["tls"] = [{"hosts": [options.host], "secretName": options.tls_secret}]
    return manifest(INGRESS, wish, {"spec": spec})
