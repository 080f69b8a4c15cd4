"""What a package has to bring to be a target: the class that MLflow's plug-ins derive from.

A plug-in is a module behind an entry point of the group `mlflow.deployments`. It has one class that
derives from `BaseDeploymentClient`, and the functions `run_local` and `target_help`. What a target
does not have raises `NotImplementedError`.
"""

from __future__ import annotations

import abc
from collections.abc import Iterator
from typing import Any


class BaseDeploymentClient(abc.ABC):
    """Deployments at one target. `target_uri` says which, as in `kubernetes:/context`."""

    def __init__(self, target_uri: str) -> None:
        self.target_uri = target_uri

    @abc.abstractmethod
    def create_deployment(
        self,
        name: str,
        model_uri: str,
        flavor: str | None = None,
        config: dict[str, Any] | None = None,
        endpoint: str | None = None,
    ) -> dict[str, Any]:
        """Deploy a model under a name that is free; gives at least `name` and `flavor`."""

    @abc.abstractmethod
    def update_deployment(
        self,
        name: str,
        model_uri: str | None = None,
        flavor: str | None = None,
        config: dict[str, Any] | None = None,
        endpoint: str | None = None,
    ) -> dict[str, Any]:
        """Change what a deployment runs, or how; gives at least `flavor`."""

    @abc.abstractmethod
    def delete_deployment(
        self, name: str, config: dict[str, Any] | None = None, endpoint: str | None = None
    ) -> None:
        """Remove a deployment; one that is gone is no error."""

    @abc.abstractmethod
    def list_deployments(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        """The deployments that are there, each with its `name`."""

    @abc.abstractmethod
    def get_deployment(self, name: str, endpoint: str | None = None) -> dict[str, Any]:
        """What is known of one, `name` among that; raises `NotFound` if there is none."""

    @abc.abstractmethod
    def predict(
        self, deployment_name: str | None = None, inputs: Any = None, endpoint: str | None = None
    ) -> Any:
        """What a deployment answers to inputs."""

    def predict_stream(
        self, deployment_name: str | None = None, inputs: Any = None, endpoint: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """The same, piece by piece."""
        raise NotImplementedError("This target has no predict_stream.")

    def explain(
        self, deployment_name: str | None = None, df: Any = None, endpoint: str | None = None
    ) -> Any:
        """Why a deployment answers as it does."""
        raise NotImplementedError("This target has no explain.")

    def create_endpoint(self, name: str, config: dict[str, Any] | None = None) -> dict[str, Any]:
        """Make an endpoint, behind which deployments are."""
        raise NotImplementedError("This target has no create_endpoint.")

    def update_endpoint(
        self, endpoint: str, config: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Change an endpoint."""
        raise NotImplementedError("This target has no update_endpoint.")

    def delete_endpoint(self, endpoint: str) -> None:
        """Remove an endpoint; one that is gone is no error."""
        raise NotImplementedError("This target has no delete_endpoint.")

    def list_endpoints(self) -> list[dict[str, Any]]:
        """The endpoints that are there, each with its `name`."""
        raise NotImplementedError("This target has no list_endpoints.")

    def get_endpoint(self, endpoint: str) -> dict[str, Any]:
        """What is known of one."""
        raise NotImplementedError("This target has no get_endpoint.")
