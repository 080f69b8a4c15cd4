"""Endpoints: where callers ask, and how what they ask is split among deployments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millstream.deploy.azureml import names, options, traffic
from millstream.deploy.azureml.workspace import Workspace
from millstream.deploy.resources import Resource
from millstream.deploy.wish import PATIENCE
from millstream.errors import InvalidParameter, InvalidState, NotFound

KIND = "Endpoint"


class Endpoints:
    """The managed online endpoints of a workspace."""

    kind = KIND

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.patience = PATIENCE

    def get(self, name: str) -> Any:
        """One as the SDK has it, with the share of each deployment; raises `NotFound`."""
        with self._workspace.asked(f"Looking at the endpoint {name}"):
            return self._workspace.client.online_endpoints.get(name)

    def find(self, name: str) -> Any:
        """One as the SDK has it; None if there is none."""
        try:
            return self.get(name)
        except NotFound:
            return None

    def all(self) -> list[Any]:
        """All of the workspace."""
        with self._workspace.asked("Listing the endpoints"):
            return list(self._workspace.client.online_endpoints.list())

    def wanted(self, name: str, config: Mapping[str, str], there: Any) -> Resource:
        """An endpoint that is made with its only deployment, and named like it."""
        if there is not None and not is_made_with(there, name):
            raise InvalidParameter(
                f"There is an endpoint {name}, which was not made with a deployment. To deploy "
                f"behind it, name it as the endpoint; or give the deployment another name."
            )
        return self.changed(name, config, there, {names.OF_DEPLOYMENT: name})

    def changed(
        self, name: str, config: Mapping[str, str], there: Any, tags: Mapping[str, str]
    ) -> Resource:
        """An endpoint as is said; of what nothing is said, as it is."""
        present = {} if there is None else self.resource(there).body
        return Resource(KIND, name, {**options.access(config, present), "tags": dict(tags)})

    def resource(self, there: Any) -> Resource:
        """One that is there, as a thing that a deployment is made of."""
        body = {
            "auth_mode": there.auth_mode.lower(),
            "public_network_access": (there.public_network_access or "enabled").lower(),
            "tags": dict(there.tags or {}),
        }
        return Resource(KIND, there.name, body)

    def make(self, after: Resource, before: Resource | None) -> None:
        """Create an endpoint, or change one: how its traffic is split stays as it is."""
        if before is None:
            endpoint = self._workspace.entities.ManagedOnlineEndpoint(
                name=after.name, auth_mode=after.body["auth_mode"]
            )
        else:
            endpoint = self.get(after.name)
            endpoint.auth_mode = after.body["auth_mode"]
        endpoint.public_network_access = after.body["public_network_access"]
        endpoint.tags = {**(endpoint.tags or {}), **after.body["tags"]}
        self.put(endpoint, f"Making the endpoint {after.name}")

    def put(self, endpoint: Any, what: str) -> None:
        """Let one be as is said, and wait until it is."""
        with self._workspace.asked(what):
            poller = self._workspace.client.online_endpoints.begin_create_or_update(endpoint)
        self._workspace.finished(what, poller, self.patience)

    def remove(self, resource: Resource) -> None:
        """Remove one that nothing is behind; one that is gone is no error."""
        there = self.find(resource.name)
        behind = sorted(there.traffic) if there is not None else []
        if behind:
            raise InvalidState(
                f"Behind the endpoint {resource.name} {'are' if behind[1:] else 'is'} "
                f"{', '.join(behind)}: it stays. Delete the endpoint to delete it with all of them."
            )
        self.delete(resource.name)

    def delete(self, name: str) -> None:
        """Remove one with all that is behind it; one that is gone is no error."""
        what = f"Deleting the endpoint {name}"
        try:
            with self._workspace.asked(what):
                poller = self._workspace.client.online_endpoints.begin_delete(name)
        except NotFound:
            return
        self._workspace.finished(what, poller, self.patience)


class Traffic:
    """How the requests to an endpoint are split. It is there as long as the endpoint is."""

    kind = "Traffic"

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self._before: dict[str, dict[str, int]] = {}

    def wanted(self, endpoint: str, name: str, config: Mapping[str, str], there: Any) -> Resource:
        """The split with a deployment's share in it."""
        said = options.number(config, "traffic", 0, traffic.WHOLE)
        found = {} if there is None else there.traffic
        return self._resource(endpoint, name, traffic.shared(found, name, said))

    def found(self, there: Any, name: str) -> Resource:
        """The split as it is."""
        shares = {one: share for one, share in there.traffic.items() if share or one == name}
        return self._resource(there.name, name, {name: 0, **shares})

    def make(self, after: Resource, before: Resource | None) -> None:
        """Split the requests anew."""
        endpoint = self._endpoints.get(after.name)
        if before is None:
            self._before[after.name] = endpoint.traffic
        endpoint.traffic = dict(after.body["shares"])
        self._endpoints.put(endpoint, f"Splitting the traffic of {after.name}")

    def remove(self, resource: Resource) -> None:
        """Leave a deployment no share: as it was before this made the split, else by proportion."""
        name, endpoint = resource.body["deployment"], self._endpoints.find(resource.name)
        if endpoint is None or not endpoint.traffic.get(name):
            return
        past = self._before.pop(resource.name, None)
        endpoint.traffic = traffic.without(past or endpoint.traffic, name)
        self._endpoints.put(endpoint, f"Taking the traffic from {name}")

    def _resource(self, endpoint: str, name: str, shares: Mapping[str, int]) -> Resource:
        return Resource(self.kind, endpoint, {"deployment": name, "shares": dict(shares)})


def is_made_with(endpoint: Any, name: str) -> bool:
    """Whether an endpoint was made with the deployment of this name, and goes with it."""
    return bool((endpoint.tags or {}).get(names.OF_DEPLOYMENT) == name)
