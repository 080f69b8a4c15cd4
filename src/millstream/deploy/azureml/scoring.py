"""What is asked of an endpoint, and what it answers.

An image of ours takes and gives the bodies of `POST /invocations`. The server that Azure puts
before a model's files has bodies of its own: a table or tensor as `input_data`, and an answer
without a name around it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from millstream.client.extras import load
from millstream.errors import InvalidParameter, MillstreamError, Unavailable

_PURPOSE = "Asking a deployment at Azure ML"
_CHOSEN = "azureml-model-deployment"
_TENSORS = ("inputs", "instances", "data")
_LONGEST = 500


def ask(address: str, key: str, deployment: str | None, body: bytes) -> bytes:
    """Send a body to an endpoint; without a deployment its traffic decides which one answers.

    `key` is a key or token of the endpoint. It is sent to that address, and nowhere else.
    """
    core, rest = load("azure.core", _PURPOSE), load("azure.core.rest", _PURPOSE)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    if deployment is not None:
        headers[_CHOSEN] = deployment
    request = rest.HttpRequest("POST", address, headers=headers, content=body)
    try:
        with core.PipelineClient(address, retry_total=0, permit_redirects=False) as client:
            answer = client.send_request(request)
    except load("azure.core.exceptions", _PURPOSE).AzureError as error:
        raise Unavailable(f"The endpoint {address} did not answer: {error}") from error
    if answer.status_code == 200:
        return bytes(answer.content)
    said = " ".join(answer.text().split())[:_LONGEST]
    message = f"The endpoint {address} answered {answer.status_code}: {said}"
    if answer.status_code in (400, 413, 415, 422):
        raise InvalidParameter(message)
    raise Unavailable(message) if answer.status_code >= 429 else MillstreamError(message)


def to_azure(body: bytes) -> bytes:
    """A body of `POST /invocations` as Azure's own server of models takes it."""
    try:
        said = json.loads(body)
    except ValueError as error:
        raise InvalidParameter(f"The input is not JSON: {error}") from error
    if not isinstance(said, Mapping):
        raise InvalidParameter("The input is no object of JSON, such as {'inputs': […]}.")
    asked = {"input_data": _input(said)}
    if "params" in said:
        asked["params"] = said["params"]
    return json.dumps(asked).encode()


def from_azure(answer: bytes) -> bytes:
    """An answer of Azure's own server of models as one of `POST /invocations`."""
    try:
        found = json.loads(answer)
    except ValueError as error:
        raise MillstreamError(f"The model's answer is not JSON: {error}") from error
    named = isinstance(found, dict) and "predictions" in found
    return answer if named else json.dumps({"predictions": found}).encode()


def _input(said: Mapping[str, Any]) -> Any:
    if "input_data" in said:
        return said["input_data"]
    if "dataframe_split" in said:
        return said["dataframe_split"]
    if "dataframe_records" in said:
        return _split(said["dataframe_records"])
    for name in _TENSORS:
        if name in said:
            return said[name]
    raise InvalidParameter(
        f"The input has {', '.join(map(str, said)) or 'nothing'}; it has one of dataframe_split, "
        "dataframe_records, inputs and instances."
    )


def _split(records: Any) -> dict[str, Any]:
    """Records as columns and rows; a record that lacks a column has nothing in it."""
    if not isinstance(records, list) or not all(isinstance(one, Mapping) for one in records):
        raise InvalidParameter("'dataframe_records' is a list of objects.")
    columns = list(dict.fromkeys(name for one in records for name in one))
    rows = [[one.get(name) for name in columns] for one in records]
    return {"columns": columns, "index": list(range(len(rows))), "data": rows}
