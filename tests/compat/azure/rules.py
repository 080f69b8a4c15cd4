"""What Azure's interface for machine learning accepts, as its specification says.

Sources: the OpenAPI documents of Microsoft.MachineLearningServices that Microsoft publishes, on
endpoints, deployments, versions of models and environments, and datastores; and what Resource
Manager says of errors, and of operations that take long.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

VERSIONS = re.compile(r"20\d\d-\d\d-\d\d(-preview)?")
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}")

# Of each kind of resource: which properties may be sent; `!` marks those that must.
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "onlineEndpoints": {
        "!authMode": ("Key", "AADToken", "AMLToken"),
        "description": str,
        "properties": dict,
        "traffic": dict,
        "mirrorTraffic": dict,
        "publicNetworkAccess": ("Enabled", "Disabled"),
    },
    "onlineEndpoints/deployments": {
        "!endpointComputeType": ("Managed",),
        "!instanceType": str,
        "appInsightsEnabled": bool,
        "environmentId": str,
        "environmentVariables": dict,
        "model": str,
        "properties": dict,
        "requestSettings": dict,
        "scaleSettings": dict,
        "livenessProbe": dict,
        "readinessProbe": dict,
    },
    "batchEndpoints": {
        "!authMode": ("AADToken",),
        "defaults": dict,
        "description": str,
        "properties": dict,
    },
    "batchEndpoints/deployments": {
        "!compute": str,
        "!model": dict,
        "codeConfiguration": dict,
        "description": str,
        "environmentId": str,
        "environmentVariables": dict,
        "errorThreshold": int,
        "loggingLevel": ("Info", "Warning", "Debug"),
        "maxConcurrencyPerInstance": int,
        "miniBatchSize": int,
        "outputAction": ("SummaryOnly", "AppendRow"),
        "outputFileName": str,
        "properties": dict,
        "resources": dict,
        "retrySettings": dict,
    },
    "environments/versions": {
        "image": str,
        "inferenceConfig": dict,
        "isAnonymous": bool,
        "isArchived": bool,
        "properties": dict,
        "tags": dict,
        "environmentType": str,
        "osType": str,
        "provisioningState": str,
    },
    "models/versions": {
        "!modelUri": str,
        "!modelType": ("mlflow_model", "custom_model", "triton_model"),
        "flavors": dict,
        "isAnonymous": bool,
        "isArchived": bool,
        "properties": dict,
        "tags": dict,
        "provisioningState": str,
    },
}
OF_JOBS = (
    "data/versions/write",
    "datasets/registered/read",
    "datasets/registered/write",
    "datasets/unregistered/read",
    "datasets/unregistered/write",
    "datastores/read",
    "datastores/write",
    "datastores/listsecrets/action",
    "listStorageAccountKeys/action",
    "batchEndpoints/read",
    "batchEndpoints/write",
    "batchEndpoints/deployments/read",
    "batchEndpoints/deployments/write",
    "batchEndpoints/deployments/jobs/write",
    "batchEndpoints/jobs/write",
    "computes/read",
    "computes/listKeys/action",
    "metadata/secrets/read",
    "metadata/snapshots/read",
    "metadata/artifacts/read",
    "metadata/artifacts/write",
    "experiments/read",
    "experiments/runs/submit/action",
    "experiments/runs/read",
    "experiments/runs/write",
    "metrics/resource/write",
    "modules/read",
    "models/read",
    "endpoints/pipelines/read",
    "endpoints/pipelines/write",
    "environments/read",
    "environments/write",
    "environments/build/action",
    "environments/readSecrets/action",
)
"""What Azure's guide of authorization says that who starts a job of a batch endpoint needs."""
_JOB = {"inputData": dict, "outputData": dict, "name": str}
_AROUND = {
    "location",
    "properties",
    "tags",
    "identity",
    "kind",
    "sku",
    "id",
    "name",
    "type",
    "systemData",
}


class Refused(Exception):
    """What Azure answers instead: a status, and an error's code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message}}


def check_version(query: Mapping[str, list[str]]) -> None:
    version = query.get("api-version", [""])[0]
    if not VERSIONS.fullmatch(version):
        raise Refused(400, "MissingApiVersionParameter", f"no api-version: {version!r}")


def check_body(kind: str, body: Any) -> dict[str, Any]:
    """The properties of a resource; what the specification does not know is refused."""
    if not isinstance(body, dict) or not isinstance(body.get("properties"), dict):
        raise Refused(400, "InvalidRequestContent", "the body has no properties")
    if body.keys() - _AROUND:
        raise Refused(400, "InvalidRequestContent", f"unknown: {sorted(body.keys() - _AROUND)}")
    if kind.startswith(("onlineEndpoints", "batchEndpoints")) and not body.get("location"):
        raise Refused(400, "LocationRequired", "the body has no location")
    rules = {name.strip("!"): rule for name, rule in FIELDS[kind].items()}
    found = {name: value for name, value in body["properties"].items() if value is not None}
    missing = [name[1:] for name in FIELDS[kind] if name[0] == "!" and name[1:] not in found]
    wrong = [name for name, value in found.items() if not _fits(value, rules.get(name))]
    if missing or wrong:
        raise Refused(400, "ValidationError", f"{kind}: missing {missing}, wrong {wrong}")
    return found


def check_job(body: Any) -> dict[str, Any]:
    """What is said of a job; one input and one output, and nothing unknown."""
    said = body.get("properties") if isinstance(body, dict) and len(body) == 1 else None
    if not isinstance(said, dict) or said.keys() != _JOB.keys():
        raise Refused(400, "ValidationError", f"no job: {body}")
    wrong = [name for name, kind in _JOB.items() if not isinstance(said[name], kind)]
    if wrong or len(said["inputData"]) != 1 or said["outputData"].keys() != {"score"}:
        raise Refused(400, "ValidationError", f"no job: wrong {wrong} in {body}")
    if not NAME.fullmatch(said["name"]):
        raise Refused(400, "ValidationError", f"no name of a job: {said['name']}")
    return said


def _fits(value: Any, rule: Any) -> bool:
    if isinstance(rule, tuple):
        return str(value).lower() in {one.lower() for one in rule}
    return rule is not None and isinstance(value, rule)


def check_traffic(traffic: Mapping[str, Any], states: Mapping[str, str]) -> None:
    """Shares add up to 100 or 0, and go to deployments that answer."""
    if any(not isinstance(share, int) or not 0 <= share <= 100 for share in traffic.values()):
        raise Refused(400, "BadArgument", f"a share is no percentage: {dict(traffic)}")
    if sum(traffic.values()) not in (0, 100):
        raise Refused(400, "BadArgument", f"the traffic adds up to {sum(traffic.values())}")
    for name, share in traffic.items():
        if share and states.get(name) != "Succeeded":
            raise Refused(400, "BadArgument", f"{name} takes no traffic: it is {states.get(name)}")


def check_routes(config: Mapping[str, Any]) -> None:
    """A custom container says of each of three routes its port and path."""
    for route in ("livenessRoute", "readinessRoute", "scoringRoute"):
        said = config.get(route, {})
        if not isinstance(said.get("port"), int) or not str(said.get("path")).startswith("/"):
            raise Refused(400, "ValidationError", f"{route} is {said}")
