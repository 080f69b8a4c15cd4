"""The client and where it logs to, under the names of `mlflow.tracking`."""

from __future__ import annotations

from millstream.client.session import (
    get_registry_uri,
    get_tracking_uri,
    is_tracking_uri_set,
    set_registry_uri,
    set_tracking_uri,
)
from millstream.client.tracking import MillstreamClient

__all__ = [
    "DEFAULT_AWAIT_MAX_SLEEP_SECONDS",
    "MillstreamClient",
    "MlflowClient",
    "get_registry_uri",
    "get_tracking_uri",
    "is_tracking_uri_set",
    "set_registry_uri",
    "set_tracking_uri",
]

MlflowClient = MillstreamClient

DEFAULT_AWAIT_MAX_SLEEP_SECONDS = 5 * 60
