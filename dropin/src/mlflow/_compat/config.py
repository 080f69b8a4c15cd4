"""What a script sets for all that follows, under the names of `mlflow.config`."""

from __future__ import annotations

import os

from millstream.client.session import (
    get_registry_uri,
    get_tracking_uri,
    is_tracking_uri_set,
    set_registry_uri,
    set_tracking_uri,
)
from millstream.client.system_metrics import (
    disable_system_metrics_logging,
    enable_system_metrics_logging,
    set_system_metrics_node_id,
    set_system_metrics_samples_before_logging,
    set_system_metrics_sampling_interval,
)

__all__ = [
    "disable_system_metrics_logging",
    "enable_async_logging",
    "enable_system_metrics_logging",
    "get_registry_uri",
    "get_tracking_uri",
    "is_tracking_uri_set",
    "set_registry_uri",
    "set_system_metrics_node_id",
    "set_system_metrics_samples_before_logging",
    "set_system_metrics_sampling_interval",
    "set_tracking_uri",
]


def enable_async_logging(enable: bool = True) -> None:
    """Let params and tags be logged without waiting, as metrics always are."""
    os.environ["MLFLOW_ENABLE_ASYNC_LOGGING"] = "true" if enable else "false"
