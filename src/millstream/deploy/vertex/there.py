"""What there is of a deployment at Vertex AI."""

from __future__ import annotations

from typing import Any

import msgspec

from millstream.deploy.resources import Resource
from millstream.deploy.vertex import bodies
from millstream.deploy.vertex.service import Service
from millstream.errors import NotFound


class There(msgspec.Struct, frozen=True):
    """The models of a deployment for one endpoint, and the endpoint as Vertex AI tells of it."""

    name: str
    endpoint_id: str
    models: tuple[Resource, ...]
    endpoint: dict[str, Any] | None

    @property
    def is_own(self) -> bool:
        """Whether the endpoint was made for this deployment."""
        labels = (self.endpoint or {}).get("labels", {})
        return bool(labels.get(bodies.DEPLOYMENT_LABEL) == self.name == self.endpoint_id)

    @property
    def running(self) -> list[dict[str, Any]]:
        """What the endpoint runs of this deployment."""
        found = (self.endpoint or {}).get("deployedModels", [])
        return [one for one in found if bodies.is_of(self.name, one)]

    @property
    def deployed(self) -> list[Resource]:
        """The same as resources."""
        return [bodies.deployed_there(self.endpoint_id, one) for one in self.running]

    @property
    def shares(self) -> dict[str, int]:
        """The split of the endpoint, by the ids of what it runs."""
        return bodies.shares_of(self.endpoint or {})

    def resources(self) -> list[Resource]:
        """All that is the deployment's, in the order in which it is made."""
        found = list(self.models)
        if self.endpoint is not None and self.is_own:
            found.append(bodies.endpoint_there(self.endpoint))
        found += self.deployed
        if self.running and self.shares:
            found.append(bodies.traffic(self.endpoint_id, self.name, self.shares))
        return found


def look(service: Service, name: str, endpoint_id: str) -> There:
    """Ask what there is."""
    labels = (endpoint_id, *((bodies.NO_ENDPOINT,) if endpoint_id == name else ()))
    models = tuple(
        bodies.model_there(one)
        for one in models_of(service, name)
        if one.get("labels", {}).get(bodies.ENDPOINT_LABEL) in labels
    )
    return There(name, endpoint_id, models, endpoint_of(service, endpoint_id))


def models_of(
    service: Service, name: str | None, of: str = bodies.DEPLOYMENT_LABEL
) -> list[dict[str, Any]]:
    """The models of a deployment, at whichever endpoint; without a name of all deployments.

    With another label in `of` they are those of what that marks.
    """
    place = service.place
    label = f"labels.{of}"
    condition = f"{label}:*" if name is None else f'{label}="{name}"'
    return list(
        service.pages(
            "list models",
            lambda region, token: region.of("models").list(
                parent=place.parent, filter=condition, pageToken=token
            ),
            "models",
        )
    )


def endpoint_of(service: Service, endpoint_id: str) -> dict[str, Any] | None:
    """An endpoint; None if there is none."""
    full = service.place.endpoint(endpoint_id)
    try:
        return service.read(
            "show an endpoint", lambda region: region.of("endpoints").get(name=full)
        )
    except NotFound:
        return None


def endpoints(service: Service) -> list[dict[str, Any]]:
    """All endpoints."""
    place = service.place
    return list(
        service.pages(
            "list endpoints",
            lambda region, token: region.of("endpoints").list(parent=place.parent, pageToken=token),
            "endpoints",
        )
    )
