"""Vertex AI as a target of deployments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from millstream import settings
from millstream.deploy.applying import carry_out
from millstream.deploy.batch import BatchJob
from millstream.deploy.resources import Resource, changes
from millstream.deploy.target import Status
from millstream.deploy.vertex import batch, bodies, logs, there, traffic
from millstream.deploy.vertex.batch_options import BATCH_OPTIONS
from millstream.deploy.vertex.options import OPTIONS, VertexOptions, options
from millstream.deploy.vertex.place import checked, checked_endpoint, place, short
from millstream.deploy.vertex.service import Service
from millstream.deploy.vertex.steps import Steps
from millstream.deploy.vertex.there import There
from millstream.deploy.wish import PATIENCE, Wish, checked_config
from millstream.environments.preparation import say
from millstream.errors import AlreadyExists, InvalidParameter, NotFound, NotSupported

_SPLIT = {"traffic": "How requests are shared: deployments or numbers, as churn=90,other=10."}


def connect(target_uri: str) -> VertexTarget:
    """The target of a URI `vertex:/project/region`; without credentials `Unauthenticated`."""
    return VertexTarget(Service(place(target_uri, settings.process_variables())))


class VertexTarget:
    """A project and region of Google Cloud. Each step waits until Vertex AI is done with it."""

    options: Mapping[str, str] = OPTIONS
    batch_options: Mapping[str, str] = BATCH_OPTIONS
    takes_image = True

    def __init__(self, service: Service) -> None:
        self._service = service
        self._steps = Steps(service, PATIENCE)
        self._jobs = batch.Jobs(service, PATIENCE)

    def wanted(self, wish: Wish) -> Sequence[Resource]:
        """A model, and what runs it; what it shares its requests with stays."""
        said = options(wish.config)
        found = self._there(wish.name, wish.endpoint)
        self._steps = Steps(self._service, wish.patience)
        model = bodies.model(wish, said, found.endpoint_id)
        if not said.online:
            return [model]
        _check_endpoint(found, wish)
        run = bodies.deployed(wish, said, found.endpoint_id, model.name)
        kept, shares = _kept(found, said, run)
        models = [one for one in found.models if one.name in {old.body["model"] for old in kept}]
        own = [bodies.own_endpoint(wish.name)] if wish.endpoint is None or found.is_own else []
        split = [bodies.traffic(found.endpoint_id, wish.name, shares)]
        return [*(one for one in models if one.name != model.name), model, *own, *kept, run, *split]

    def present(self, name: str, endpoint: str | None) -> Sequence[Resource]:
        """What there is of a deployment."""
        return self._there(name, endpoint).resources()

    def make(self, after: Resource, before: Resource | None) -> None:
        """Create a thing, or change the one that is there."""
        if after.kind == batch.JOB:
            self._jobs.make(after)
        else:
            self._steps.make(after, before)

    def remove(self, resource: Resource) -> None:
        """Remove a thing; one that is gone is no error."""
        if resource.kind == batch.JOB:
            self._jobs.remove(resource)
        else:
            self._steps.remove(resource)

    def names(self, endpoint: str | None) -> Sequence[str]:
        """Those at an endpoint, or those that have one to themselves or none at all."""
        if endpoint is not None:
            found = there.endpoint_of(self._service, checked_endpoint(endpoint)) or {}
            return sorted({name for name, _ in _deployments(found)})
        labels = [one.get("labels", {}) for one in there.models_of(self._service, None)]
        name, at = bodies.DEPLOYMENT_LABEL, bodies.ENDPOINT_LABEL
        return sorted({one[name] for one in labels if one[at] in (one[name], bodies.NO_ENDPOINT)})

    def status(self, name: str, endpoint: str | None) -> Status:
        """What runs of it, and which share of the requests each of them answers."""
        found = self._there(name, endpoint)
        if not found.running:
            is_offline = bool(found.models) and all(map(bodies.is_offline, found.models))
            if is_offline:
                return Status("ready", "It has no endpoint: it is for batches.")
            return Status("failed", f"The endpoint {found.endpoint_id} runs nothing of it.")
        run = [_run(one, found.shares) for one in found.running]
        said = "; ".join(one["message"] for one in run if one["message"])
        details = {"endpoint": found.endpoint_id, "deployed_models": run}
        return Status("ready", said, self._address(found.endpoint_id), details)

    def logs(self, name: str, endpoint: str | None, *, follow: bool) -> Iterator[str]:
        """What its containers printed in the last day, from Cloud Logging."""
        found = self._there(name, endpoint)
        if not found.running:
            raise NotSupported(f"'{name}' has no endpoint; a batch's logs are in Cloud Logging.")
        numbers = {one["id"] for one in found.running}
        return logs.lines(self._service, found.endpoint_id, numbers, follow=follow)

    def predict(self, name: str, endpoint: str | None, body: bytes) -> bytes:
        """What the endpoint answers; which of its models does is by their shares."""
        endpoint_id = checked_endpoint(endpoint or checked(name))
        return self._service.post("predict", self._address(endpoint_id), body)

    def start_batch(self, wish: Wish, job: BatchJob) -> None:
        """Upload a model for a job, and start it; what fails is undone."""
        self._jobs = batch.Jobs(self._service, wish.patience)
        self._steps = Steps(self._service, wish.patience)
        carry_out(self, changes((), self._jobs.wanted(wish, job)), say)

    def batch_status(self, name: str) -> Status:
        """How a job is doing, and where its predictions are."""
        return self._jobs.status(name)

    def stop_batch(self, name: str) -> None:
        """Stop a job and remove it with its model; one that is gone is no error."""
        for resource in reversed(self._jobs.present(name)):
            self.remove(resource)

    def create_endpoint(self, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """Make an endpoint that deployments can share."""
        if config:
            raise InvalidParameter(f"An endpoint is told nothing when it is made; {list(config)}.")
        if there.endpoint_of(self._service, checked(name)) is not None:
            raise AlreadyExists(f"There is an endpoint '{name}'.")
        self._steps.create_endpoint(name, {"displayName": name})
        return self.get_endpoint(name)

    def update_endpoint(self, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
        """Split its requests in another way."""
        said = checked_config(config, _SPLIT).get("traffic")
        if said is None:
            raise InvalidParameter("Say how requests are shared, as traffic=churn=90,other=10.")
        found = self._endpoint(name)
        wanted = {_numbered(found, key): share for key, share in traffic.split(said).items()}
        self._steps.share(name, wanted)
        return self.get_endpoint(name)

    def delete_endpoint(self, name: str) -> None:
        """Remove an endpoint that runs nothing any more; one that is gone is no error."""
        found = there.endpoint_of(self._service, checked_endpoint(name))
        if found is not None:
            self._steps.delete_endpoint(name)

    def list_endpoints(self) -> list[dict[str, Any]]:
        """The endpoints of the region, whoever made them."""
        return [self._told(one) for one in there.endpoints(self._service)]

    def get_endpoint(self, name: str) -> dict[str, Any]:
        """What is known of one."""
        return self._told(self._endpoint(name))

    def _there(self, name: str, endpoint: str | None) -> There:
        return there.look(self._service, checked(name), checked_endpoint(endpoint or name))

    def _endpoint(self, name: str) -> dict[str, Any]:
        found = there.endpoint_of(self._service, checked_endpoint(name))
        if found is None:
            raise NotFound(f"There is no endpoint '{name}' in {self._service.place.parent}.")
        return found

    def _told(self, found: Mapping[str, Any]) -> dict[str, Any]:
        name, shares = short(found["name"]), bodies.shares_of(found)
        return {
            "name": name,
            "display_name": found.get("displayName", ""),
            "address": self._address(name),
            "deployed_models": [_run(one, shares) for one in found.get("deployedModels", [])],
        }

    def _address(self, endpoint_id: str) -> str:
        where = self._service.place
        return f"{where.address}/v1/{where.endpoint(endpoint_id)}:rawPredict"


def _check_endpoint(found: There, wish: Wish) -> None:
    if wish.endpoint is not None and found.endpoint is None:
        raise NotFound(
            f"There is no endpoint '{wish.endpoint}': make it with create-endpoint, or leave it "
            "out, and the deployment has one to itself."
        )
    if wish.endpoint is None and found.endpoint is not None and not found.is_own:
        raise AlreadyExists(
            f"There is an endpoint '{wish.name}' that is not this deployment's: name it as "
            "endpoint to deploy there, or take another name."
        )


def _kept(
    found: There, said: VertexOptions, run: Resource
) -> tuple[list[Resource], dict[str, int]]:
    """What else of the deployment goes on, and how requests are shared then.

    Without a word about traffic the new one takes over from those before it, and they go.
    """
    number = run.name.partition("/")[2]
    before = [one for one in found.deployed if one.name != run.name]
    ours = {number, *(one.name.partition("/")[2] for one in before)}
    others = {key: share for key, share in found.shares.items() if key not in ours}
    if said.traffic is None or said.traffic == 100:
        share = _usual(found, ours, others) if said.traffic is None else said.traffic
        return [], traffic.with_share(others, number, share)
    rest = {key: share for key, share in found.shares.items() if key != number}
    return before, traffic.with_share(rest, number, said.traffic)


def _usual(found: There, ours: set[str], others: Mapping[str, int]) -> int:
    """The share that the deployment has; a new one beside others has to be given one."""
    if not any(others.values()):
        return 100
    if not found.running:
        raise InvalidParameter(
            f"The endpoint '{found.endpoint_id}' runs others already: say as 'traffic' which share "
            "of the requests this one answers, in percent."
        )
    return sum(found.shares.get(key, 0) for key in ours)


def _deployments(endpoint: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Of what an endpoint runs, that which is ours: the deployment's name, and its number."""
    found = [(one.get("displayName", ""), one) for one in endpoint.get("deployedModels", [])]
    return [(name, one["id"]) for name, one in found if bodies.is_of(name, one)]


def _numbered(endpoint: Mapping[str, Any], key: str) -> str:
    """The number of what is meant by a deployment's name, or by the number itself."""
    if any(one["id"] == key for one in endpoint.get("deployedModels", [])):
        return key
    numbers = [number for name, number in _deployments(endpoint) if name == key]
    if len(numbers) != 1:
        known = ", ".join(f"{name} ({number})" for name, number in _deployments(endpoint))
        raise InvalidParameter(
            f"'{key}' means {len(numbers)} of what the endpoint runs; there are {known or 'none'}."
        )
    return numbers[0]


def _run(found: Mapping[str, Any], shares: Mapping[str, int]) -> dict[str, Any]:
    status = found.get("status", {})
    return {
        "id": found["id"],
        "deployment": found.get("displayName", ""),
        "model": short(found.get("model", "")),
        "traffic": shares.get(found["id"], 0),
        "replicas": status.get("availableReplicaCount"),
        "message": status.get("message", ""),
    }
