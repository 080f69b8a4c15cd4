"""Deployments: what answers behind an endpoint, on machines of its own."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from millstream.deploy.azureml import names, options
from millstream.deploy.azureml.workspace import Workspace
from millstream.deploy.resources import Resource
from millstream.deploy.target import ChangeFailed, State
from millstream.deploy.wish import PATIENCE, Wish
from millstream.errors import MillstreamError, NotFound

STATES: Mapping[str, State] = {
    "Creating": "pending",
    "Updating": "pending",
    "Scaling": "pending",
    "Succeeded": "ready",
    "Failed": "failed",
    "Canceled": "failed",
}
"""What Azure says of a deployment, in the frame's words."""

MODEL, SERVES, SAID = "millstream.model", "millstream.serves", "millstream.said"
"""Tags: which model it is, whether an image or Azure serves it, and a digest of what was said."""

_LINES, _TOLD, _PAUSE = 1000, 8, 2.0
_AT_ONCE = {"image": 32, "model": 1}


class Deployments:
    """The deployments behind the managed online endpoints of a workspace."""

    kind = "Deployment"

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.patience = PATIENCE

    def find(self, endpoint: str, name: str) -> Any:
        """One as the SDK has it; None if there is none."""
        try:
            with self._workspace.asked(f"Looking at the deployment {name}"):
                return self._workspace.client.online_deployments.get(name, endpoint)
        except NotFound:
            return None

    def behind(self, endpoint: str) -> list[Any]:
        """All behind an endpoint."""
        with self._workspace.asked(f"Listing the deployments of {endpoint}"):
            return list(self._workspace.client.online_deployments.list(endpoint))

    def wanted(self, endpoint: str, wish: Wish, asset: Resource, there: Any) -> Resource:
        """What is to answer: an image, or the files of a model."""
        serves, config = ("image" if wish.image else "model"), wish.config
        timeout = options.number(config, "request_timeout_ms", 1, options.LONGEST_REQUEST)
        at_once = options.number(config, "max_concurrent_requests", 1, 10_000)
        body: dict[str, Any] = {
            "endpoint": endpoint,
            asset.kind.lower(): asset.name,
            "instance_type": options.instance_type(config),
            "env": options.variables(config),
            "request_timeout_ms": timeout or 5000,
            "max_concurrent_requests": at_once or _AT_ONCE[serves],
            "tags": {names.OF_DEPLOYMENT: wish.name, MODEL: wish.model_uri[:256], SERVES: serves},
        }
        body["tags"][SAID] = hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()[
            :16
        ]
        count = options.number(config, "instance_count", 1, 1000)
        body["instance_count"] = count or (1 if there is None else there.instance_count)
        return Resource(self.kind, wish.name, body)

    def resource(self, there: Any) -> Resource:
        """One that is there, as a thing that a deployment is made of."""
        requests = there.request_settings
        body = {
            "endpoint": there.endpoint_name,
            "environment": names.versioned(there.environment),
            "model": names.versioned(there.model),
            "instance_type": there.instance_type,
            "env": dict(there.environment_variables or {}),
            "request_timeout_ms": requests and requests.request_timeout_ms,
            "max_concurrent_requests": requests and requests.max_concurrent_requests_per_instance,
            "tags": dict(there.tags or {}),
            "instance_count": there.instance_count,
        }
        return Resource(
            self.kind, there.name, {key: one for key, one in body.items() if one is not None}
        )

    def make(self, after: Resource) -> None:
        """Create or change one, and wait until it answers.

        Azure gives a share of the traffic only to what does.
        """
        what, body = f"Making the deployment {after.name}", after.body
        with self._workspace.asked(what):
            deployment = self._entity(after)
            poller = self._workspace.client.online_deployments.begin_create_or_update(deployment)
        try:
            self._workspace.finished(what, poller, self.patience)
        except ChangeFailed as error:
            raise ChangeFailed(f"{error}{self._last_words(body['endpoint'], after)}") from error

    def remove(self, resource: Resource) -> None:
        """Remove one; one that is gone is no error."""
        what = f"Deleting the deployment {resource.name}"
        try:
            with self._workspace.asked(what):
                poller = self._workspace.client.online_deployments.begin_delete(
                    resource.name, resource.body["endpoint"]
                )
        except NotFound:
            return
        self._workspace.finished(what, poller, self.patience)

    def logs(self, endpoint: str, name: str, *, follow: bool) -> Iterator[str]:
        """The last lines that it printed, with `follow` those to come."""
        seen: list[str] = []
        while True:
            lines = self._lines(endpoint, name, _LINES)
            yield from lines[overlap(seen, lines) :]
            if not follow:
                return
            seen = lines
            time.sleep(_PAUSE)

    def _lines(self, endpoint: str, name: str, count: int) -> list[str]:
        with self._workspace.asked(f"Reading what {name} printed"):
            found = self._workspace.client.online_deployments.get_logs(name, endpoint, count)
        return str(found).splitlines()

    def _last_words(self, endpoint: str, resource: Resource) -> str:
        """What one that failed printed, before it is removed and nobody can ask it any more."""
        try:
            lines = self._lines(endpoint, resource.name, _TOLD)
        except MillstreamError as error:
            return f" What it printed could not be read: {error}"
        return f" It printed: {' | '.join(lines)}." if lines else " It printed nothing."

    def _entity(self, resource: Resource) -> Any:
        entities, body = self._workspace.entities, resource.body
        return entities.ManagedOnlineDeployment(
            name=resource.name,
            endpoint_name=body["endpoint"],
            environment=body.get("environment"),
            model=body.get("model"),
            instance_type=body["instance_type"],
            instance_count=body["instance_count"],
            environment_variables=body.get("env", {}),
            request_settings=entities.OnlineRequestSettings(
                request_timeout_ms=body.get("request_timeout_ms"),
                max_concurrent_requests_per_instance=body.get("max_concurrent_requests"),
            ),
            tags=body["tags"],
        )


def overlap(seen: list[str], lines: list[str]) -> int:
    """How many of the lines, which are the last ones, were seen already."""
    return next(
        (size for size in range(min(len(seen), len(lines)), 0, -1) if seen[-size:] == lines[:size]),
        0,
    )
