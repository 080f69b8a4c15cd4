"""Endpoints of SageMaker: made, changed and removed, each of which takes it minutes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from millstream.deploy.resources import Resource
from millstream.deploy.sagemaker.aws import Aws
from millstream.deploy.sagemaker.requests import as_tags
from millstream.deploy.target import ChangeFailed, State, Status
from millstream.errors import MillstreamError, NotFound, Unavailable

KIND = "Endpoint"
LONGEST = 3600.0
"""How long is waited, in s, until SageMaker ends what cannot be broken off."""
_PASSING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})
_STATES: dict[str, State] = {
    **dict.fromkeys(_PASSING, "pending"),
    "InService": "ready",
    "Failed": "failed",
    "OutOfService": "failed",
    "UpdateRollbackFailed": "failed",
}
_SLOW = 30.0
"""After which time, in s, an endpoint that still has its old configuration will keep it."""


class Endpoints:
    """The endpoints of a region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._asked: dict[str, tuple[str, float]] = {}
        self.shortest = 0.5

    def find(self, name: str) -> dict[str, Any] | None:
        """What SageMaker knows of an endpoint; None if there is none."""
        try:
            found: dict[str, Any] = self._ask("describe_endpoint", EndpointName=name)
        except NotFound:
            return None
        return found

    def present(self, name: str) -> list[Resource]:
        """An endpoint as a thing that a deployment is made of, if it is there."""
        found = self.find(name)
        if found is None:
            return []
        pages = self._aws.pages("sagemaker", "list_tags", ResourceArn=found["EndpointArn"])
        tags = {one["Key"]: one["Value"] for page in pages for one in page["Tags"]}
        body = {"EndpointConfigName": found.get("EndpointConfigName", ""), "Tags": tags}
        return [Resource(KIND, name, body)]

    def make(self, after: Resource, before: Resource | None) -> None:
        """Begin to create an endpoint, or to change it as soon as it can be changed."""
        if before is None:
            tags = as_tags(after.body["Tags"])
            said = {"EndpointConfigName": after.body["EndpointConfigName"], "Tags": tags}
            self._ask("create_endpoint", EndpointName=after.name, **said)
        else:
            self._change(after, before)
        self._asked[after.name] = after.body["EndpointConfigName"], time.monotonic()

    def remove(self, name: str) -> None:
        """Remove an endpoint, and wait until it is gone: what it needs can go only then."""
        if self.settled(name) is not None:
            self._ask("delete_endpoint", EndpointName=name)
            self._until_gone(name)
        self._asked.pop(name, None)

    def all_settled(self) -> None:
        """Wait for what was asked for here: configurations in use must not be removed."""
        for name in self._asked:
            self.settled(name)

    def settled(self, name: str) -> dict[str, Any] | None:
        """What is known of an endpoint once SageMaker is not changing it; None if it is gone."""
        return self._watch(name, _PASSING)

    def status(self, name: str) -> Status:
        """How an endpoint is doing; raises `NotFound` if there is none."""
        found = self._ask("describe_endpoint", EndpointName=name)
        said = str(found["EndpointStatus"])
        reason = str(found.get("FailureReason") or "")
        state = _STATES.get(said, "unknown")
        if state == "ready" and self._went_back(name, found):
            config = found["EndpointConfigName"]
            message = f"SageMaker went back to the configuration {config}: {reason or 'no reason'}"
            return Status("failed" if reason or self._is_late(name) else "pending", message)
        message = f"{said}: {reason}" if reason and state != "ready" else said
        address = self.address(name) if state == "ready" else None
        return Status(state, message, address, _details(found))

    def names(self) -> list[str]:
        """All endpoints of the region."""
        pages = self._aws.pages("sagemaker", "list_endpoints")
        return sorted(one["EndpointName"] for page in pages for one in page["Endpoints"])

    def address(self, name: str) -> str:
        """Where an endpoint answers to who signs requests as AWS wants it."""
        url = self._aws.client("sagemaker-runtime").meta.endpoint_url
        return f"{url}/endpoints/{name}/invocations"

    def _change(self, after: Resource, before: Resource) -> None:
        found = self.settled(after.name)
        if found is None:
            raise NotFound(f"The endpoint '{after.name}' was removed in the meantime.")
        self._tag(found["EndpointArn"], before.body["Tags"], after.body["Tags"])
        config = after.body["EndpointConfigName"]
        if found.get("EndpointConfigName") != config:
            said = {key: after.body[key] for key in ("DeploymentConfig",) if key in after.body}
            name = {"EndpointName": after.name, "EndpointConfigName": config}
            try:
                self._ask("update_endpoint", **name, **said)
            except MillstreamError as error:  # the tags are another revision's already
                raise ChangeFailed(str(error)) from error

    def _tag(self, arn: str, before: dict[str, str], after: dict[str, str]) -> None:
        changed = {key: value for key, value in after.items() if before.get(key) != value}
        if changed:
            self._ask("add_tags", ResourceArn=arn, Tags=as_tags(changed))

    def _went_back(self, name: str, found: dict[str, Any]) -> bool:
        return name in self._asked and found.get("EndpointConfigName") != self._asked[name][0]

    def _is_late(self, name: str) -> bool:
        return time.monotonic() - self._asked[name][1] > _SLOW

    def _until_gone(self, name: str) -> None:
        self._watch(name, frozenset(_STATES))

    def _watch(self, name: str, passing: frozenset[str]) -> dict[str, Any] | None:
        until, pause = time.monotonic() + LONGEST, self.shortest
        while True:
            found = self.find(name)
            if found is None or found["EndpointStatus"] not in passing:
                return found
            if time.monotonic() > until:
                raise Unavailable(
                    f"The endpoint '{name}' is {found['EndpointStatus']} for more than "
                    f"{LONGEST:.0f} s; what was to follow was not done."
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 10.0)

    def _ask(self, method: str, **said: Any) -> Any:
        return self._aws.ask("sagemaker", method, **said)


def _details(found: dict[str, Any]) -> dict[str, Any]:
    """The variants: how many machines each has, and what it is given of the traffic."""
    variants: Sequence[dict[str, Any]] = found.get("ProductionVariants", ())
    told = ("VariantName", "CurrentInstanceCount", "DesiredInstanceCount", "CurrentWeight")
    shown = [{key: one[key] for key in told if key in one} for one in variants]
    return {"variants": shown} if shown else {}
