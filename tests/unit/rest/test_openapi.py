"""The document describes the table, completely and validly."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openapi_spec_validator import validate

from millstream.rest.endpoints import ENDPOINTS
from millstream.rest.openapi import document


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document(prefix="/below")


def test_the_document_is_valid(described: dict[str, Any]) -> None:
    validate(described)


def test_every_row_is_described_once(described: dict[str, Any]) -> None:
    found = {
        (method.upper(), path) for path, methods in described["paths"].items() for method in methods
    }
    assert found == {
        (method, "/below" + re.sub(":path", "", row.paths[0]))
        for row in ENDPOINTS
        for method in row.methods
    }


def test_requests_and_answers_have_real_schemas(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    point = schemas["LogMetric"]
    assert point["required"] == ["run_id", "key", "value", "timestamp"]
    assert point["properties"]["timestamp"]["maximum"] == 2**63 - 1
    assert {"enum": ["NaN", "Infinity", "-Infinity"]} in point["properties"]["value"]["anyOf"]
    got = described["paths"]["/below/api/2.0/mlflow/runs/get"]["get"]
    answer = got["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer["properties"] == {"run": {"$ref": "#/components/schemas/Run"}}
    assert got["parameters"] == [
        {"name": "run_id", "in": "query", "required": True, "schema": {"type": "string"}}
    ]


def test_what_the_path_says_is_not_asked_for_again(described: dict[str, Any]) -> None:
    path = described["paths"]["/below/api/2.0/mlflow/logged-models/{model_id}"]
    body = path["patch"]["requestBody"]["content"]["application/json"]["schema"]
    assert list(body["properties"]) == ["status"]
    assert "requestBody" not in path["delete"]
    assert [item["in"] for item in path["get"]["parameters"]] == ["path", "query"]
