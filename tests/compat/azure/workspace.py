"""A workspace of Azure Machine Learning, as its interface shows it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.compat.azure import rules
from tests.compat.azure.blobs import CONTAINER
from tests.compat.azure.rules import Refused

PROVIDER = "Microsoft.MachineLearningServices"
_WHEN = "2026-01-02T03:04:05.678901Z"
_SYSTEM = {"createdAt": _WHEN, "createdBy": "somebody", "lastModifiedAt": _WHEN}
_LOOKS = 2
Answer = tuple[int, dict[str, str], Any]


class Endpoint:
    """An endpoint, and the deployments behind it."""

    def __init__(self) -> None:
        self.resource: dict[str, Any] = {}
        self.deployments: dict[str, dict[str, Any]] = {}
        self.key = secrets.token_urlsafe(32)
        self.asked = 0

    @property
    def properties(self) -> dict[str, Any]:
        found: dict[str, Any] = self.resource["properties"]
        return found


class Operation(NamedTuple):
    """Something that takes a while: how many looks are left, and how it ends."""

    looks: int
    end: Callable[[], None]
    failure: str | None


class Workspace:
    """Endpoints, deployments and assets, each as it was put."""

    def __init__(self, root: str, address: str, scoring: Callable[[str], str]) -> None:
        self.root, self._address, self._scoring = root, address, scoring
        self.endpoints: dict[str, Endpoint] = {}
        self.assets: dict[str, dict[str, dict[str, Any]]] = {"environments": {}, "models": {}}
        self.logs = ["started", "ready"]
        self.permissions: set[str] = set()
        self._operations: dict[str, Operation] = {}

    def answer(self, method: str, below: list[str], said: Any, outcome: str | None) -> Answer:
        """Answer a request for what lies below the workspace."""
        match method, below:
            case "GET", []:
                return 200, {}, self.shown([], {"location": "westeurope", "properties": {}})
            case "GET", ["datastores", "workspaceblobstore"] | ["datastores"]:
                store = self.shown(["datastores", "workspaceblobstore"], {"properties": _STORE})
                return 200, {}, store if below[1:] else {"value": [store]}
            case _, ["onlineEndpoints", *rest]:
                return self._endpoint(method, rest, said, outcome)
            case _, ["environments" | "models" as kind, name, *rest]:
                return self._asset(method, kind, name, rest, said)
        raise Refused(404, "ResourceNotFound", f"no {'/'.join(below)}")

    def looked(self, name: str) -> Answer:
        """How something is going that takes a while."""
        operation = self._operations[name]
        if operation.looks:
            self._operations[name] = operation._replace(looks=operation.looks - 1)
            return 200, {"retry-after-ms": "5"}, {"status": "InProgress"}
        if operation.failure is not None:
            error = {"code": "ResourceNotReady", "message": operation.failure}
            return 200, {}, {"status": "Failed", "error": error}
        operation.end()
        return 200, {}, {"status": "Succeeded"}

    def permit(self, method: str, below: list[str]) -> None:
        """Write down which permission Resource Manager asks for: types, and what is done."""
        kinds = ["workspaces", *below[::2]]
        last = {"GET": "read", "PUT": "write", "DELETE": "delete", "POST": "action"}[method]
        self.permissions.add("/".join([PROVIDER, *kinds, last]))

    def shown(self, below: list[str], resource: dict[str, Any]) -> dict[str, Any]:
        where = "/".join([self.root, *below])
        told = {"id": where, "name": where.rpartition("/")[2], "systemData": _SYSTEM}
        return {**told, "type": f"{PROVIDER}/workspaces", **resource}

    def begun(self, resource: Any, end: Callable[[], None], failure: str | None) -> Answer:
        name = secrets.token_hex(8)
        self._operations[name] = Operation(_LOOKS, end, failure)
        place = f"{self._address}/operations/{name}?api-version=2023-04-01"
        headers = {"Azure-AsyncOperation": place, "retry-after-ms": "5"}
        return (202 if resource is None else 201), headers, resource

    def _endpoint(self, method: str, rest: list[str], said: Any, outcome: str | None) -> Answer:
        if not rest:
            value = [self._shown_endpoint(name) for name in sorted(self.endpoints)]
            return 200, {}, {"value": value}
        name, *more = rest
        if method == "PUT" and not more:
            return self._put_endpoint(name, said, outcome)
        if name not in self.endpoints:
            if method == "DELETE":
                return 204, {}, None
            raise Refused(404, "ResourceNotFound", f"There is no endpoint {name}")
        match method, more:
            case "GET", []:
                return 200, {}, self._shown_endpoint(name)
            case "DELETE", []:
                return self.begun(None, lambda: self._dropped(name), outcome)
            case "POST", ["listKeys"]:
                key = self.endpoints[name].key
                return 200, {}, {"primaryKey": key, "secondaryKey": key}
            case _, ["deployments", *last]:
                return self._deployment(method, name, last, said, outcome)
        raise Refused(404, "ResourceNotFound", f"no {'/'.join(rest)}")

    def _dropped(self, name: str) -> None:
        self.endpoints.pop(name, None)

    def _shown_endpoint(self, name: str) -> dict[str, Any]:
        endpoint = self.endpoints[name]
        properties = {**endpoint.properties, "scoringUri": self._scoring(name)}
        shown = {**endpoint.resource, "properties": properties}
        return self.shown(["onlineEndpoints", name], {"kind": "Managed", **shown})

    def _put_endpoint(self, name: str, said: Any, outcome: str | None) -> Answer:
        properties = rules.check_body("onlineEndpoints", said)
        there = self.endpoints.get(name)
        states = {
            one: found["properties"]["provisioningState"]
            for one, found in (there.deployments.items() if there else ())
        }
        rules.check_traffic(properties.get("traffic", {}), states)
        if there and there.properties["authMode"].lower() != properties["authMode"].lower():
            raise Refused(400, "BadArgument", "how callers sign in cannot be changed")
        endpoint = there or Endpoint()
        self.endpoints[name] = endpoint
        properties = {"properties": {}, "traffic": {}, "mirrorTraffic": {}, **properties}
        state = "Failed" if outcome else "Succeeded"
        endpoint.resource = {**said, "properties": {**properties, "provisioningState": "Updating"}}

        def ended() -> None:
            endpoint.properties["provisioningState"] = state

        return self.begun(self._shown_endpoint(name), ended, outcome)

    def _deployment(
        self, method: str, name: str, rest: list[str], said: Any, outcome: str | None
    ) -> Answer:
        behind = self.endpoints[name].deployments
        where = ["onlineEndpoints", name, "deployments"]
        if not rest:
            value = [self.shown([*where, one], found) for one, found in behind.items()]
            return 200, {}, {"value": value}
        one, *more = rest
        if method == "PUT":
            return self._put_deployment(where, one, said, outcome)
        if one not in behind:
            if method == "DELETE":
                return 204, {}, None
            raise Refused(404, "ResourceNotFound", f"There is no deployment {one}")
        match method, more:
            case "GET", []:
                return 200, {}, self.shown([*where, one], behind[one])
            case "POST", ["getLogs"]:
                return 200, {}, {"content": "\n".join(self.logs[-said["tail"] :])}
            case "DELETE", []:
                if self.endpoints[name].properties["traffic"].get(one):
                    raise Refused(400, "BadArgument", f"{one} still has traffic")
                return self.begun(None, lambda: self._removed(name, one), outcome)
        raise Refused(404, "ResourceNotFound", f"no {'/'.join(rest)}")

    def _removed(self, name: str, one: str) -> None:
        self.endpoints[name].deployments.pop(one, None)

    def _put_deployment(self, where: list[str], one: str, said: Any, outcome: str | None) -> Answer:
        properties = rules.check_body("onlineEndpoints/deployments", said)
        if said.get("sku", {}).get("capacity", 0) < 1:
            raise Refused(400, "ValidationError", f"the capacity is {said.get('sku')}")
        self.check_asset("environments", properties.get("environmentId"))
        self.check_asset("models", properties.get("model"))
        if "model" not in properties and "environmentId" not in properties:
            raise Refused(400, "ValidationError", "neither an environment nor a model")
        resource = {**said, "properties": {**_DEFAULTS, **properties}}
        resource["properties"]["provisioningState"] = "Failed" if outcome else "Creating"
        self.endpoints[where[1]].deployments[one] = resource

        def ended() -> None:
            resource["properties"]["provisioningState"] = "Succeeded"

        return self.begun(self.shown([*where, one], resource), ended, outcome)

    def check_asset(self, kind: str, named: str | None) -> None:
        if named is None:
            return
        start = f"{self.root}/{kind}/"
        name, _, version = named.removeprefix(start).partition("/versions/")
        if not named.startswith(start) or f"{name}:{version}" not in self.assets[kind]:
            raise Refused(400, "BadArgument", f"there is no {named}")

    def _asset(self, method: str, kind: str, name: str, rest: list[str], said: Any) -> Answer:
        held = self.assets[kind]
        if rest == ["versions"] and method == "GET":
            return self._versions(kind, name)
        if rest[:1] != ["versions"] or len(rest) != 2:
            raise Refused(404, "ResourceNotFound", f"no {kind}/{name}/{'/'.join(rest)}")
        version = rest[1]
        key, where = f"{name}:{version}", [kind, name, "versions", version]
        if method == "PUT":
            properties = rules.check_body(f"{kind}/versions", said)
            if kind == "environments":
                rules.check_routes(properties.get("inferenceConfig", {}))
            self._fixed(held.get(key), properties)
            held[key] = {**_EMPTY[kind], **properties}
        elif key not in held:
            raise Refused(404, "ResourceNotFound", f"There is no {kind[:-1]} {key}")
        return 200, {}, self.shown(where, {"properties": held[key]})

    def _versions(self, kind: str, name: str) -> Answer:
        """Those that are not archived; a name that nobody used has none to list."""
        found = {key: one for key, one in self.assets[kind].items() if key.startswith(f"{name}:")}
        if not found:
            raise Refused(404, "ResourceNotFound", f"There is no {kind[:-1]} {name}")
        value = [
            self.shown([kind, name, "versions", key.partition(":")[2]], {"properties": one})
            for key, one in found.items()
            if not one["isArchived"]
        ]
        return 200, {}, {"value": value}

    @staticmethod
    def _fixed(there: dict[str, Any] | None, properties: dict[str, Any]) -> None:
        """What a version means cannot be changed; whether it is archived can."""
        for name in ("image", "modelUri", "inferenceConfig"):
            if there is not None and there.get(name) != properties.get(name):
                raise Refused(409, "UserError", f"{name} of a version cannot be changed")


_STORE = {
    "datastoreType": "AzureBlob",
    "accountName": "account",
    "containerName": CONTAINER,
    "endpoint": "core.azure.test",
    "protocol": "https",
    "credentials": {"credentialsType": "None"},
    "isDefault": True,
}
_EMPTY: dict[str, dict[str, Any]] = {
    "environments": {"properties": {}},
    "models": {"properties": {}, "flavors": {}},
}
_DEFAULTS = {"properties": {}, "scaleSettings": {"scaleType": "Default"}}
"""What Azure says of each asset and deployment that nobody said."""
