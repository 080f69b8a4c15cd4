"""Targets by the scheme of their URIs: those of this package, and plug-ins of others.

| target URI | where models run |
| --- | --- |
| `kubernetes:/context/namespace` | a cluster of the kubeconfig, or its current context |
| `sagemaker:/region/role` | Amazon SageMaker, with the permissions of a role if one is named |
| `azureml:/subscription/group/workspace` | a workspace of Azure Machine Learning |
| `vertex:/project/region` | Vertex AI of a Google Cloud project |
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, cast

from millstream.deploy.plugin import BaseDeploymentClient
from millstream.deploy.recorded_plugin import recorded
from millstream.deploy.target import Target
from millstream.errors import InvalidParameter, MillstreamError

PLUGINS = "mlflow.deployments"
_MODULES: dict[str, str] = {
    "azureml": "azureml.target",
    "kubernetes": "kubernetes.target",
    "sagemaker": "sagemaker.target",
    "vertex": "vertex.target",
}
_IMAGE = "`millstream models build-docker` makes an image that serves a model"
_INSTEAD: dict[str, str] = {
    "local": "`millstream models serve` serves a model on this machine, and `millstream "
    "deployments run-local -t kubernetes` as a target would",
    "flask": "`millstream models scaffold flask` writes an application around a model",
    **dict.fromkeys(("docker", "podman", "container"), _IMAGE),
}
"""What people look for here, and where it is."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


def scheme(target_uri: str) -> str:
    """What kind of target a URI names: all of it, or what stands before its first colon."""
    found = target_uri.partition(":")[0].lower()
    if not _SCHEME.fullmatch(found):
        raise InvalidParameter(
            f"{target_uri!r} names no target; one is called like 'kubernetes' or "
            f"'kubernetes:/context'. There are {', '.join(known())}."
        )
    return found


def built_in(target_uri: str) -> Target | None:
    """A target of this package; None if the scheme is none of ours."""
    module = _MODULES.get(scheme(target_uri))
    if module is None:
        return None
    found = import_module(f"millstream.deploy.{module}").connect(target_uri)
    return cast("Target", found)


def is_built_in(target_uri: str) -> bool:
    """Whether a URI names a target of this package; nothing is asked of it."""
    return scheme(target_uri) in _MODULES


def parts(target_uri: str, form: str) -> list[str]:
    """What stands behind the scheme, cut at each `/`; more than `form` says raises.

    `form` is how the URI is written, as in `vertex:/project/region`.
    """
    _, _, rest = target_uri.partition(":")
    found = [one for one in rest.split("/") if one]
    if len(found) > form.count("/"):
        raise InvalidParameter(f"The target {target_uri!r} is not of the form {form}.")
    return found


def known() -> list[str]:
    """All schemes: ours, and those of the plug-ins that are installed."""
    return sorted({*_MODULES, *(entry.name for entry in entry_points(group=PLUGINS))})


def plugin(target_uri: str) -> BaseDeploymentClient:
    """The client of a plug-in for a target; what it deploys is recorded."""
    module = plugin_module(target_uri)
    return recorded(_client_class(module))(target_uri)


def plugin_module(target_uri: str) -> Any:
    """The module of a plug-in; raises `InvalidParameter` if none is installed for the target."""
    name = scheme(target_uri)
    for entry in entry_points(group=PLUGINS):
        if entry.name == name:
            return entry.load()
    if name in _INSTEAD:
        raise InvalidParameter(f"'{name}' is no target: {_INSTEAD[name]}.")
    raise InvalidParameter(
        f"Nothing deploys to '{name}'. There are {', '.join(known())}; another package brings a "
        f"target by an entry point of the group '{PLUGINS}'."
    )


def _client_class(module: ModuleType) -> type[BaseDeploymentClient]:
    found = [
        one
        for _, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(one, BaseDeploymentClient) and not inspect.isabstract(one)
    ]
    own = [one for one in found if one.__module__ == module.__name__] or found
    if len(own) != 1:
        names = ", ".join(one.__name__ for one in own) or "none"
        raise MillstreamError(
            f"The plug-in {module.__name__} has to have one class that derives from "
            f"BaseDeploymentClient; it has {names}."
        )
    return own[0]
