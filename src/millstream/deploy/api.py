"""What scripts use of deployments: `millstream.deployments`, the drop-in's `mlflow.deployments`."""

from __future__ import annotations

from typing import Any

from millstream import settings
from millstream.deploy import local, targets
from millstream.deploy.client import DeploymentClient
from millstream.deploy.plugin import BaseDeploymentClient
from millstream.deploy.predictions import PredictionsResponse
from millstream.deploy.resources import Change, Plan, Resource
from millstream.deploy.target import Status, Target
from millstream.deploy.wish import checked_name
from millstream.errors import InvalidParameter

__all__ = [
    "BaseDeploymentClient",
    "Change",
    "DeploymentClient",
    "Plan",
    "PredictionsResponse",
    "Resource",
    "Status",
    "Target",
    "get_deploy_client",
    "get_deployments_target",
    "run_local",
    "set_deployments_target",
]

_TARGET: list[str] = []


def get_deploy_client(target_uri: str | None = None) -> BaseDeploymentClient:
    """A client of a target, such as "kubernetes" or "sagemaker:/eu-west-1".

    Without one it is that of `set_deployments_target`, or of the setting `deployments_target`.
    An unknown target raises `InvalidParameter`.
    """
    uri = target_uri or get_deployments_target()
    target = targets.built_in(uri)
    return targets.plugin(uri) if target is None else DeploymentClient(uri, target)


def set_deployments_target(target: str) -> None:
    """Let this be the target of calls that name none."""
    targets.scheme(target)
    _TARGET[:] = [target]


def get_deployments_target() -> str:
    """The target of calls that name none; without any raises `InvalidParameter`."""
    found = _TARGET[0] if _TARGET else settings.load().deployments_target
    if found is None:
        raise InvalidParameter(
            "No target is chosen: name one, call set_deployments_target, or set "
            "MILLSTREAM_DEPLOYMENTS_TARGET, as to 'kubernetes'."
        )
    return found


def run_local(
    target: str,
    name: str,
    model_uri: str,
    flavor: str | None = None,
    config: dict[str, Any] | None = None,
) -> None:
    """Serve a model on this machine as a target would; it goes on until it is ended.

    Targets of ours run what `millstream.deploy.local` serves, with its options.
    """
    if targets.is_built_in(target):
        local.serve(checked_name(name), model_uri, flavor, config or {})
    else:
        module = targets.plugin_module(target)
        module.run_local(name=name, model_uri=model_uri, flavor=flavor, config=config)
