"""All things that a deployment is made of in a cluster, each after those that it needs."""

from __future__ import annotations

from typing import Any

from millstream.clusters import kinds
from millstream.deploy.kubernetes.autoscaler import autoscaler
from millstream.deploy.kubernetes.deployment import deployment
from millstream.deploy.kubernetes.disruption_budget import disruption_budget
from millstream.deploy.kubernetes.http_route import http_route
from millstream.deploy.kubernetes.inference_service import inference_service
from millstream.deploy.kubernetes.ingress import ingress
from millstream.deploy.kubernetes.network_policy import network_policy
from millstream.deploy.kubernetes.options import Options
from millstream.deploy.kubernetes.seldon_deployment import seldon_deployment
from millstream.deploy.kubernetes.service import service
from millstream.deploy.kubernetes.service_account import service_account
from millstream.deploy.wish import Wish

EVERYWHERE = (
    kinds.SERVICE_ACCOUNT,
    kinds.NETWORK_POLICY,
    kinds.DISRUPTION_BUDGET,
    kinds.SERVICE,
    kinds.DEPLOYMENT,
    kinds.AUTOSCALER,
    kinds.INGRESS,
)
"""The kinds that each cluster has, in the order in which they are made."""

WHERE_INSTALLED = (kinds.HTTP_ROUTE, kinds.INFERENCE_SERVICE, kinds.SELDON_DEPLOYMENT)
"""The kinds that somebody has to have brought to a cluster."""

SERVING = (kinds.DEPLOYMENT, kinds.INFERENCE_SERVICE, kinds.SELDON_DEPLOYMENT)
"""The kinds that run a model; each deployment has one of them."""


def manifests(wish: Wish, options: Options) -> list[dict[str, Any]]:
    """The manifests, without a namespace."""
    found = [] if options.service_account else [service_account(wish)]
    if options.network_policy:
        found.append(network_policy(wish, options))
    found.append(disruption_budget(wish))
    if options.kind == "kserve":
        return [*found, inference_service(wish, options)]
    if options.kind == "seldon":
        return [*found, seldon_deployment(wish, options)]
    return [*found, *_served(wish, options)]


def _served(wish: Wish, options: Options) -> list[dict[str, Any]]:
    found = [service(wish, options), deployment(wish, options)]
    if options.max_replicas:
        found.append(autoscaler(wish, options))
    if options.gateway:
        found.append(http_route(wish, options, options.gateway))
    elif options.host:
        found.append(ingress(wish, options))
    return found
