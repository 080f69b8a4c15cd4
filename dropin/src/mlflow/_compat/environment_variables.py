"""The environment variables that this package reads, as objects, under MLflow's names."""

from __future__ import annotations

import os
from typing import Any

from millstream import settings


class _EnvironmentVariable:
    def __init__(self, name: str, field: str) -> None:
        self.name = name
        self._field = field

    def get(self) -> Any:
        """The value in effect."""
        return getattr(settings.load(), self._field)

    def get_raw(self) -> str | None:
        """The text in the environment, None if it is not set."""
        return os.environ.get(self.name)

    def set(self, value: object) -> None:
        """Set it for this process and its children."""
        os.environ[self.name] = str(value)

    def unset(self) -> None:
        """Remove it."""
        os.environ.pop(self.name, None)

    def is_set(self) -> bool:
        """Whether it is there."""
        return self.name in os.environ

    def __str__(self) -> str:
        return f"{self.name} (default: {getattr(settings.Settings(), self._field)})"


MLFLOW_ALLOW_PICKLE_DESERIALIZATION = _EnvironmentVariable(
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "allow_pickle"
)
MLFLOW_ENABLE_ASYNC_LOGGING = _EnvironmentVariable(
    "MLFLOW_ENABLE_ASYNC_LOGGING", "enable_async_logging"
)
MLFLOW_EXPERIMENT_ID = _EnvironmentVariable("MLFLOW_EXPERIMENT_ID", "experiment_id")
MLFLOW_EXPERIMENT_NAME = _EnvironmentVariable("MLFLOW_EXPERIMENT_NAME", "experiment_name")
MLFLOW_HTTP_REQUEST_MAX_RETRIES = _EnvironmentVariable(
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "http_request_max_retries"
)
MLFLOW_HTTP_REQUEST_TIMEOUT = _EnvironmentVariable(
    "MLFLOW_HTTP_REQUEST_TIMEOUT", "http_request_timeout"
)
MLFLOW_REGISTRY_URI = _EnvironmentVariable("MLFLOW_REGISTRY_URI", "registry_uri")
MLFLOW_RUN_CONTEXT = _EnvironmentVariable("MLFLOW_RUN_CONTEXT", "run_context")
MLFLOW_RUN_ID = _EnvironmentVariable("MLFLOW_RUN_ID", "run_id")
MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT = _EnvironmentVariable(
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "suppress_printing_url_to_stdout"
)
MLFLOW_TRACKING_INSECURE_TLS = _EnvironmentVariable(
    "MLFLOW_TRACKING_INSECURE_TLS", "tracking_insecure_tls"
)
MLFLOW_TRACKING_PASSWORD = _EnvironmentVariable("MLFLOW_TRACKING_PASSWORD", "tracking_password")
MLFLOW_TRACKING_TOKEN = _EnvironmentVariable("MLFLOW_TRACKING_TOKEN", "tracking_token")
MLFLOW_TRACKING_URI = _EnvironmentVariable("MLFLOW_TRACKING_URI", "tracking_uri")
MLFLOW_TRACKING_USERNAME = _EnvironmentVariable("MLFLOW_TRACKING_USERNAME", "tracking_username")
