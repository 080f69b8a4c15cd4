"""Managed online endpoints of Azure Machine Learning as a place where models run.

A deployment is behind an endpoint. One that is given must be there; else one of the deployment's
own name is made with it, and goes with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from millstream.deploy.applying import carry_out
from millstream.deploy.azureml import names, options, scoring
from millstream.deploy.azureml.assets import Environments, Models
from millstream.deploy.azureml.batch import Batch
from millstream.deploy.azureml.batch_options import BATCH_OPTIONS
from millstream.deploy.azureml.deployments import SERVES, STATES, Deployments
from millstream.deploy.azureml.endpoints import KIND, Endpoints, Traffic, is_made_with
from millstream.deploy.azureml.workspace import Workspace, address
from millstream.deploy.batch import BatchJob
from millstream.deploy.resources import Resource, changes
from millstream.deploy.target import Status
from millstream.deploy.wish import Wish, checked_config
from millstream.environments.preparation import say
from millstream.errors import AlreadyExists, InvalidState, NotFound

ENDPOINT_OPTIONS = {
    name: options.OPTIONS[name] for name in ("auth_mode", "public_network_access")
} | {"traffic": "How requests are split, in percent, as blue=90,green=10."}


class OnlineTarget:
    """Deployments behind managed online endpoints, of an image or of a model's files."""

    options = options.OPTIONS
    batch_options = BATCH_OPTIONS
    takes_image = True
    runs_models: Literal[True] = True

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._endpoints = Endpoints(workspace)
        self._traffic = Traffic(self._endpoints)
        self._environments = Environments(workspace)
        self._models = Models(workspace)
        self._deployments = Deployments(workspace)
        self._batch = Batch(workspace, self._models)
        alone = (self._environments, self._models, self._deployments, *self._batch.kinds)
        self._alone: Mapping[str, Any] = {one.kind: one for one in alone}

    def wanted(self, wish: Wish) -> Sequence[Resource]:
        """An endpoint if none is given, an asset, a deployment of it, and its traffic."""
        name = names.checked(wish.name)
        endpoint = names.checked(wish.endpoint or name, "endpoint")
        self._endpoints.patience = self._deployments.patience = wish.patience
        there = self._endpoints.get(endpoint) if wish.endpoint else self._endpoints.find(endpoint)
        asset = (self._environments if wish.image else self._models).wanted(endpoint, wish)
        deployed = self._deployments.find(endpoint, name) if there is not None else None
        return [
            *([] if wish.endpoint else [self._endpoints.wanted(endpoint, wish.config, there)]),
            asset,
            self._deployments.wanted(endpoint, wish, asset, deployed),
            self._traffic.wanted(endpoint, name, wish.config, there),
        ]

    def present(self, name: str, endpoint: str | None) -> Sequence[Resource]:
        """What there is of it: the endpoint only if it was made with it."""
        there = self._endpoints.find(endpoint or name)
        if there is None or (endpoint is None and not is_made_with(there, name)):
            return []
        own = [] if endpoint else [self._endpoints.resource(there)]
        found = self._deployments.find(there.name, name)
        if found is None and endpoint is not None:
            return []
        kinds = (self._environments, self._models)
        assets = [one for kind in kinds for one in kind.present(there.name, name)]
        if found is None:
            return [*own, *assets]
        deployed = self._deployments.resource(found)
        return [*own, *assets, deployed, self._traffic.found(there, name)]

    def make(self, after: Resource, before: Resource | None) -> None:
        """Create a thing, or change the one that is there."""
        if after.kind == KIND:
            self._endpoints.make(after, before)
        elif after.kind == self._traffic.kind:
            self._traffic.make(after, before)
        else:
            self._alone[after.kind].make(after)

    def remove(self, resource: Resource) -> None:
        """Remove a thing; one that is gone is no error."""
        shared = {KIND: self._endpoints, self._traffic.kind: self._traffic}
        {**self._alone, **shared}[resource.kind].remove(resource)

    def names(self, endpoint: str | None) -> Sequence[str]:
        """The deployments behind an endpoint, or those that have one of their own."""
        if endpoint is not None:
            return sorted(one.name for one in self._deployments.behind(endpoint))
        return sorted(one.name for one in self._endpoints.all() if is_made_with(one, one.name))

    def status(self, name: str, endpoint: str | None) -> Status:
        """How a deployment is doing, and its share of the traffic."""
        there = self._endpoints.get(endpoint or name)
        found = self._deployments.find(there.name, name)
        if found is None:
            raise NotFound(f"Behind the endpoint {there.name} is no deployment '{name}'.")
        state = names.state(found)
        details = {
            "endpoint": there.name,
            "traffic": there.traffic.get(name, 0),
            "instance_type": found.instance_type,
            "instance_count": found.instance_count,
        }
        message = f"Azure says that it is {state}"
        return Status(STATES.get(state, "unknown"), message, there.scoring_uri, details)

    def logs(self, name: str, endpoint: str | None, *, follow: bool) -> Iterator[str]:
        """The last lines that it printed, with `follow` those to come."""
        return self._deployments.logs(endpoint or name, name, follow=follow)

    def predict(self, name: str, endpoint: str | None, body: bytes) -> bytes:
        """What it answers; of an endpoint that is asked by its own name, its traffic decides."""
        there = self._endpoints.get(endpoint or name)
        chosen = None if endpoint == name else name
        served = self._served(there, chosen)
        with self._workspace.asked(f"Signing in to the endpoint {there.name}"):
            keys = self._workspace.client.online_endpoints.get_keys(there.name)
        key = getattr(keys, "primary_key", None) or keys.access_token
        sent = scoring.to_azure(body) if served == "model" else body
        answer = scoring.ask(there.scoring_uri, key, chosen, sent)
        return scoring.from_azure(answer) if served == "model" else answer

    def start_batch(self, wish: Wish, job: BatchJob) -> None:
        """Let a model's files score what a datastore has; what fails is undone."""
        carry_out(self, changes((), self._batch.wanted(wish, job)), say)

    def batch_status(self, name: str) -> Status:
        """How a job is doing, and where the studio shows it."""
        return self._batch.status(name)

    def stop_batch(self, name: str) -> None:
        """Stop a job and remove what was made for it; one that is gone is no error."""
        for resource in reversed(self._batch.present(name)):
            self.remove(resource)

    def create_endpoint(self, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """Make an endpoint, behind which nothing is yet; one that is there raises."""
        if self._endpoints.find(names.checked(name, "endpoint")) is not None:
            raise AlreadyExists(f"There is an endpoint {name}; update it, or delete it.")
        return self._put_endpoint(name, config, None)

    def update_endpoint(self, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """Change how an endpoint's traffic is split, or who reaches it."""
        return self._put_endpoint(name, config, self._endpoints.get(name))

    def delete_endpoint(self, name: str) -> None:
        """Remove an endpoint and all that is behind it; one that is gone is no error."""
        there = self._endpoints.find(names.checked(name, "endpoint"))
        behind = self.names(name) if there is not None else []
        assets = [(kind, one) for one in behind for kind in (self._environments, self._models)]
        found = [(kind, asset) for kind, one in assets for asset in kind.present(name, one)]
        self._endpoints.delete(name)
        for kind, asset in found:
            kind.remove(asset)

    def list_endpoints(self) -> list[dict[str, Any]]:
        """The endpoints that are there."""
        return [_told(one) for one in self._endpoints.all()]

    def get_endpoint(self, endpoint: str) -> dict[str, Any]:
        """What is known of one."""
        return _told(self._endpoints.get(names.checked(endpoint, "endpoint")))

    def _put_endpoint(self, name: str, config: Mapping[str, Any], there: Any) -> dict[str, Any]:
        said = checked_config(config, ENDPOINT_OPTIONS)
        shares = options.shares(said)
        wanted = self._endpoints.changed(names.checked(name, "endpoint"), said, there, {})
        present = None if there is None else self._endpoints.resource(there)
        self._endpoints.make(wanted, present)
        if shares is not None:
            split = Resource(self._traffic.kind, name, {"shares": shares})
            self._traffic.make(split, split)
        return self.get_endpoint(name)

    def _served(self, endpoint: Any, chosen: str | None) -> str:
        """Whether an image of ours answers, or Azure's own server of a model's files."""
        behind = self._deployments.behind(endpoint.name)
        asked = [
            one
            for one in behind
            if one.name == chosen or (chosen is None and endpoint.traffic.get(one.name))
        ]
        if not asked:
            raise NotFound(
                f"Behind the endpoint {endpoint.name} is no deployment '{chosen}'."
                if chosen
                else f"No deployment has a share of the traffic of the endpoint {endpoint.name}."
            )
        found = {(one.tags or {}).get(SERVES, "image") for one in asked}
        if len(found) > 1:
            raise InvalidState(
                f"Behind the endpoint {endpoint.name} an image and a model answer, and they take "
                "inputs of different forms: say which deployment is asked."
            )
        return str(found.pop())


def connect(target_uri: str) -> OnlineTarget:
    """The workspace that a target URI names. Nobody is asked for it yet."""
    return OnlineTarget(Workspace(address(target_uri)))


def _told(endpoint: Any) -> dict[str, Any]:
    return {
        "name": endpoint.name,
        "state": names.state(endpoint),
        "address": endpoint.scoring_uri,
        "auth_mode": endpoint.auth_mode,
        "traffic": endpoint.traffic,
    }
