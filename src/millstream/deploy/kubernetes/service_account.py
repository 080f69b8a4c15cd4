"""The ServiceAccount: as whom pods run, without any right, and without a token to prove it."""

from __future__ import annotations

from typing import Any

from millstream.clusters.kinds import SERVICE_ACCOUNT
from millstream.deploy.kubernetes.naming import manifest
from millstream.deploy.wish import Wish


def service_account(wish: Wish) -> dict[str, Any]:
    """The manifest."""
    return manifest(SERVICE_ACCOUNT, wish, {"automountServiceAccountToken": False})
