"""The PodDisruptionBudget: whoever empties nodes takes one pod at a time."""

from __future__ import annotations

from typing import Any

from millstream.clusters.kinds import DISRUPTION_BUDGET
from millstream.deploy.kubernetes.naming import manifest, selector
from millstream.deploy.wish import Wish


def disruption_budget(wish: Wish) -> dict[str, Any]:
    """The manifest. One pod may always go: otherwise a node with a single one is never emptied."""
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": selector(wish.name)}}
    return manifest(DISRUPTION_BUDGET, wish, {"spec": spec})
