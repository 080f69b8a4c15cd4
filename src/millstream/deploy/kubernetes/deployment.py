"""The Deployment: so many pods, replaced one after the other."""

from __future__ import annotations

from typing import Any

from millstream.clusters.kinds import DEPLOYMENT
from millstream.deploy.kubernetes.naming import manifest, selector
from millstream.deploy.kubernetes.options import Options
from millstream.deploy.kubernetes.pod import STARTING, template
from millstream.deploy.wish import Wish

ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
"""A new pod has to be ready before an old one may end."""


def deployment(wish: Wish, options: Options) -> dict[str, Any]:
    """The manifest. How many pods there are is not said where an autoscaler says it."""
    count = {} if options.max_replicas else {"replicas": options.replicas}
    spec = {
        **count,
        "selector": {"matchLabels": selector(wish.name)},
        "strategy": ROLLING,
        "progressDeadlineSeconds": 2 * STARTING,
        "template": template(wish, options),
    }
    return manifest(DEPLOYMENT, wish, {"spec": spec})
