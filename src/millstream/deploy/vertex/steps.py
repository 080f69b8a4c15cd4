"""Each thing that a deployment at Vertex AI is made of: made, changed and removed."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from millstream.deploy.resources import Resource
from millstream.deploy.vertex import bodies, there
from millstream.deploy.vertex.service import Call, Service
from millstream.deploy.vertex.traffic import scaled
from millstream.errors import NotFound


class Steps:
    """The steps at one place; each waits until it is done, at most `patience` s."""

    def __init__(self, service: Service, patience: float) -> None:
        self._service = service
        self._patience = patience
        self._place = service.place

    def make(self, after: Resource, before: Resource | None) -> None:
        """Create a thing, or change the one that is there."""
        if after.kind == bodies.TRAFFIC:
            self.share(after.name, after.body["trafficSplit"])
        elif before is None:
            self._create(after)
        else:
            self._change(after, before)

    def remove(self, resource: Resource) -> None:
        """Remove a thing; one that is gone is no error."""
        with suppress(NotFound):
            if resource.kind == bodies.TRAFFIC:
                self._withdraw(resource)
            elif resource.kind == bodies.DEPLOYED:
                self._undeploy(resource)
            elif resource.kind == bodies.ENDPOINT:
                self.delete_endpoint(resource.name)
            else:
                full = self._place.model(resource.name)
                self._operate(
                    f"delete the model {resource.name}",
                    lambda region: region.of("models").delete(name=full),
                )

    def create_endpoint(self, endpoint_id: str, body: dict[str, Any]) -> None:
        """Make an endpoint."""
        self._operate(
            f"create the endpoint {endpoint_id}",
            lambda region: region.of("endpoints").create(
                parent=self._place.parent, endpointId=endpoint_id, body=body
            ),
        )

    def delete_endpoint(self, endpoint_id: str) -> None:
        """Remove an endpoint."""
        full = self._place.endpoint(endpoint_id)
        self._operate(
            f"delete the endpoint {endpoint_id}",
            lambda region: region.of("endpoints").delete(name=full),
        )

    def share(self, endpoint_id: str, shares: dict[str, int]) -> None:
        """Let an endpoint split its requests in another way."""
        full = self._place.endpoint(endpoint_id)
        self._service.change(
            f"split the requests of {endpoint_id}",
            lambda region: region.of("endpoints").patch(
                name=full, updateMask="trafficSplit", body={"trafficSplit": shares}
            ),
        )

    def _create(self, after: Resource) -> None:
        if after.kind == bodies.ENDPOINT:
            self.create_endpoint(after.name, after.body)
        elif after.kind == bodies.DEPLOYED:
            body: dict[str, Any] = {"deployedModel": self._deployed(after)}
            self._at_endpoint(after, "deployModel", f"deploy {after.body['model']}", body)
        else:
            body = {"modelId": after.name, "model": after.body}
            self._operate(
                f"upload the model {after.name}",
                lambda region: region.of("models").upload(parent=self._place.parent, body=body),
            )

    def _change(self, after: Resource, before: Resource) -> None:
        if after.kind == bodies.DEPLOYED:
            fields = (f"dedicatedResources.{name}" for name in bodies.REPLICAS)
            body: dict[str, Any] = {"deployedModel": self._deployed(after)}
            body["updateMask"] = ",".join(fields)
            self._at_endpoint(after, "mutateDeployedModel", f"change {after.name}", body)
            return
        is_model = after.kind == bodies.MODEL
        full = self._place.model(after.name) if is_model else self._place.endpoint(after.name)
        changed = sorted(key for key in after.body if after.body[key] != before.body.get(key))
        self._service.change(
            f"change the {after.kind.lower()} {after.name}",
            lambda region: region.of("models" if is_model else "endpoints").patch(
                name=full,
                updateMask=",".join(changed),
                body={key: after.body[key] for key in changed},
            ),
        )

    def _deployed(self, resource: Resource) -> dict[str, Any]:
        number = resource.name.partition("/")[2]
        model = self._place.model(resource.body["model"])
        return {**resource.body, "id": number, "model": model}

    def _undeploy(self, resource: Resource) -> None:
        """Take machines away from an endpoint, if they are there."""
        endpoint_id, _, number = resource.name.partition("/")
        found = there.endpoint_of(self._service, endpoint_id) or {}
        if any(one["id"] == number for one in found.get("deployedModels", [])):
            body = {"deployedModelId": number}
            self._at_endpoint(resource, "undeployModel", f"undeploy {resource.name}", body)

    def _withdraw(self, resource: Resource) -> None:
        """Leave the requests of a deployment to the others at its endpoint, as they share now."""
        found = there.endpoint_of(self._service, resource.name) or {}
        ours = {
            one["id"]
            for one in found.get("deployedModels", [])
            if bodies.is_of(resource.body["deployment"], one)
        }
        shares = bodies.shares_of(found)
        others = {key: share for key, share in shares.items() if key not in ours}
        if others != shares:
            self.share(resource.name, scaled(others, 100))

    def _at_endpoint(
        self, resource: Resource, method: str, what: str, body: dict[str, Any]
    ) -> None:
        full = self._place.endpoint(resource.name.partition("/")[0])
        self._operate(
            what, lambda region: getattr(region.of("endpoints"), method)(endpoint=full, body=body)
        )

    def _operate(self, what: str, call: Call) -> None:
        self._service.operate(what, call, self._patience)
