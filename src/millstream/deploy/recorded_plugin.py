"""Plug-ins of others, whose deployments are recorded as those to targets of ours are."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, cast

from millstream.deploy.chosen_model import pin
from millstream.deploy.plugin import BaseDeploymentClient
from millstream.deploy.record import DeploymentRecord
from millstream.deploy.wish import as_text
from millstream.environments.preparation import say
from millstream.errors import MillstreamError

Said = Mapping[str, Any]
After = Callable[[BaseDeploymentClient, Said, Any], None]


def recorded(client_class: type[BaseDeploymentClient]) -> type[BaseDeploymentClient]:
    """The class of a plug-in, whose clients record what they create, update and delete.

    Arguments reach the plug-in as they were given, and what it answers is what the caller gets.
    """
    methods = {
        name: _followed(name, getattr(client_class, name), then) for name, then in _THEN.items()
    }
    about = {"__module__": client_class.__module__, "__doc__": client_class.__doc__}
    made = type(client_class.__name__, (client_class,), {**about, **methods})
    return cast("type[BaseDeploymentClient]", made)


def _followed(name: str, method: Callable[..., Any], then: After) -> Callable[..., Any]:
    """A method of a plug-in, and what is recorded once it has done what it does."""
    known = signature(getattr(BaseDeploymentClient, name))
    most = len(known.parameters) - 1

    @functools.wraps(method)
    def call(client: BaseDeploymentClient, *given: Any, **named: Any) -> Any:
        # A plug-in may take more than the contract has, and that is its own affair.
        told = {key: value for key, value in named.items() if key in known.parameters}
        said = known.bind_partial(client, *given[:most], **told).arguments
        if said.get("model_uri") is not None:
            said["model_uri"] = _pinned(said["model_uri"])
        made = method(client, *given, **named)
        then(client, said, made)
        return made

    return call


def _pinned(model_uri: str) -> str:
    """The version that an alias means before the plug-in begins; what is not known stays so."""
    try:
        return pin(model_uri)
    except MillstreamError:
        return model_uri


def _created(client: BaseDeploymentClient, said: Said, made: Any) -> None:
    _note(client, said, made, changed=True)


def _updated(client: BaseDeploymentClient, said: Said, made: Any) -> None:
    _note(client, said, made, changed=bool(said.get("config")))


def _deleted(client: BaseDeploymentClient, said: Said, _made: Any) -> None:
    DeploymentRecord(client.target_uri, say).end(said["name"], said.get("endpoint"))


def _note(client: BaseDeploymentClient, said: Said, made: Any, *, changed: bool) -> None:
    """Record what a plug-in was told; it alone knows an image or an address."""
    answer = made if isinstance(made, Mapping) else {}
    config = {str(key): as_text(value) for key, value in (said.get("config") or {}).items()}
    DeploymentRecord(client.target_uri, say).note(
        said["name"],
        said.get("endpoint"),
        said.get("model_uri"),
        said.get("flavor") or answer.get("flavor"),
        config,
        changed=changed,
    )


_THEN: Mapping[str, After] = {
    "create_deployment": _created,
    "update_deployment": _updated,
    "delete_deployment": _deleted,
}
