"""The table as an OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from millstream.rest.endpoints import ENDPOINTS, Endpoint
from millstream.rest.fields import INT64_HIGHEST, INT64_LOWEST
from millstream.version import MLFLOW_VERSION, VERSION

_REFERENCE = "#/components/schemas/{name}"
_WORDS = ["NaN", "Infinity", "-Infinity"]
_ABOUT = (
    f"The interface of MLflow {MLFLOW_VERSION} below /api/2.0/mlflow, and what it cannot say below "
    "/api/v1. Every path below /api/2.0 also answers below /ajax-api/2.0. Numbers that are not "
    "finite travel as the words NaN, Infinity and -Infinity. Fields that are absent or null are "
    "unset."
)


class ErrorBody(msgspec.Struct):
    """What every failed request answers."""

    error_code: str
    message: str
    sqlstate: str
    error_class: str


def document(endpoints: Iterable[Endpoint] = ENDPOINTS, prefix: str = "") -> dict[str, Any]:
    """The document; `prefix` is the path below which a proxy shows the server."""
    rows = list(endpoints)
    kinds = {row.request for row in rows} | {row.answer for row in rows if row.answer}
    _, schemas = msgspec.json.schema_components(
        sorted(kinds | {ErrorBody}, key=lambda kind: kind.__name__), ref_template=_REFERENCE
    )
    schemas = _with_numbers(schemas)
    paths: dict[str, Any] = {}
    for row in rows:
        path = re.sub(r":path\}", "}", prefix + row.paths[0])
        for method in row.methods:
            paths.setdefault(path, {})[method.lower()] = _operation(row, method, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Millstream", "version": VERSION, "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _operation(row: Endpoint, method: str, schemas: dict[str, Any]) -> dict[str, Any]:
    noun, _, verb = row.operation.partition(".")
    identifier = f"{noun}_{verb}" if method == row.methods[0] else f"{noun}_{verb}_{method.lower()}"
    described: dict[str, Any] = {
        "operationId": identifier,
        "tags": [noun],
        "summary": row.summary,
        "description": (row.request.__doc__ or "").strip(),
        "responses": {
            "200": _response("What was asked for.", _answer_schema(row), _media_type(row)),
            "default": _response("An error.", _reference(ErrorBody)),
        },
    }
    in_path = re.findall(r"\{(\w+)(?::path)?\}", row.path)
    schema = schemas[row.request.__name__]
    parameters = _parameters(schema, in_path, with_query=method == "GET")
    if parameters:
        described["parameters"] = parameters
    if method != "GET" and set(schema["properties"]) - set(in_path):
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _body_schema(row, schema, in_path)}},
        }
    return described


def _parameters(
    schema: dict[str, Any], in_path: list[str], *, with_query: bool
) -> list[dict[str, Any]]:
    names = list(schema["properties"]) if with_query else in_path
    return [
        {
            "name": name,
            "in": "path" if name in in_path else "query",
            "required": name in in_path or name in schema.get("required", []),
            "schema": schema["properties"][name],
        }
        for name in names
    ]


def _body_schema(row: Endpoint, schema: dict[str, Any], in_path: list[str]) -> dict[str, Any]:
    """What is in the path need not be in the body."""
    if not in_path:
        return _reference(row.request)
    properties = {
        name: value for name, value in schema["properties"].items() if name not in in_path
    }
    required = [name for name in schema.get("required", []) if name not in in_path]
    return {"type": "object", "properties": properties, "required": required}


def _answer_schema(row: Endpoint) -> dict[str, Any]:
    if row.answer is None:
        return {"type": "object"}
    if row.envelope is None:
        return _reference(row.answer)
    return {
        "type": "object",
        "properties": {row.envelope: _reference(row.answer)},
        "required": [row.envelope],
    }


def _media_type(row: Endpoint) -> str:
    """Of lines, the schema is that of each."""
    return "application/x-ndjson" if row.lines else "application/json"


def _response(
    description: str, schema: dict[str, Any], media_type: str = "application/json"
) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _reference(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(name=kind.__name__)}


def _with_numbers(schema: Any) -> Any:
    """The schema with the range of integers, and with words for what is no finite number."""
    if isinstance(schema, list):
        return [_with_numbers(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: _with_numbers(value) for name, value in schema.items()}
    if schema.get("type") == "integer":
        return {"format": "int64", "minimum": INT64_LOWEST, "maximum": INT64_HIGHEST, **schema}
    if schema.get("type") == "number":
        return {"anyOf": [schema, {"enum": _WORDS}]}
    return schema
