"""What endpoints answer: an image of ours as it does, a model's files as Azure's server does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.message import Message
from typing import Any

from tests.compat.azure.rules import Refused
from tests.compat.azure.workspace import Endpoint, Workspace

MACHINE_LEARNING = "https://ml.azure.com"


def answered(
    workspace: Workspace, name: str, headers: Message, body: bytes
) -> tuple[int, dict[str, str], Any]:
    endpoint = workspace.endpoints.get(name)
    if endpoint is None:
        raise Refused(404, "NotFound", f"no endpoint {name}")
    by_key = endpoint.properties["authMode"].lower() == "key"
    key = endpoint.key if by_key else f"of {MACHINE_LEARNING}"
    if headers.get("Authorization") != f"Bearer {key}":
        raise Refused(401, "Unauthorized", "not with this key")
    chosen = headers.get("azureml-model-deployment") or _by_traffic(endpoint)
    properties = endpoint.deployments[chosen]["properties"]
    said = json.loads(body)
    if "environmentId" in properties:
        rows = said["inputs"] if "inputs" in said else said["dataframe_split"]["data"]
        return 200, {}, {"predictions": [chosen, *map(sum, rows)]}
    return 200, {}, [chosen, *map(sum, _rows(said))]


def _by_traffic(endpoint: Endpoint) -> str:
    """Of each hundred requests, a deployment's share."""
    endpoint.asked += 1
    at = endpoint.asked * 37 % 100
    for name, share in sorted(endpoint.properties.get("traffic", {}).items()):
        if at < share:
            return str(name)
        at -= share
    raise Refused(404, "NoTraffic", "no deployment has traffic")


def _rows(said: Mapping[str, Any]) -> list[list[float]]:
    """Of the input that Azure's server of models takes, which has one name and two forms."""
    if said.keys() - {"input_data", "params"} or "input_data" not in said:
        raise Refused(400, "BadInput", f"the input has {sorted(said)} and not input_data")
    found = said["input_data"]
    if isinstance(found, dict):
        if found.keys() != {"columns", "index", "data"}:
            raise Refused(400, "BadInput", f"the table has {sorted(found)}")
        return list(found["data"])
    return list(found)
