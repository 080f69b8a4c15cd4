"""The page with a form, and the OpenAPI document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from millstream.model_format.params import ParamSchema, ParamSpec
from millstream.model_format.schema import ColSpec, Schema
from millstream.model_format.signature import ModelSignature
from millstream.model_format.value_types import Array, DataType

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.serving.conftest import Save, Serve


def echo(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
    return [1] * len(model_input)


def described(serve: Serve, *folders: Path) -> Any:
    return json.loads(serve(*folders)("GET", "/openapi.json").body)


def form(serve: Serve, folder: Path) -> Any:
    return described(serve, folder)["x-models"][0]["form"]


def test_every_path_of_the_document_is_served(serve: Serve, linear: Path, save: Save) -> None:
    call = serve(linear, save(echo, "other"))
    document = json.loads(call("GET", "/openapi.json").body)
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) > {"/invocations", "/models/other/invocations", "/ping"}
    for path, operations in document["paths"].items():
        for method in operations:
            assert call(method.upper(), path).status not in (404, 405)
    assert [model["name"] for model in document["x-models"]] == ["linear", "other"]


def test_the_example_of_the_document_is_answered(serve: Serve, linear: Path) -> None:
    call = serve(linear)
    document = json.loads(call("GET", "/openapi.json").body)
    body = document["paths"]["/invocations"]["post"]["requestBody"]
    example = body["content"]["application/json"]["schema"]["example"]
    assert call.post("/invocations", json.dumps(example).encode()).status == 200


def test_the_page_may_load_only_its_own_files(serve: Serve, linear: Path) -> None:
    call = serve(linear)
    page = call("GET", "/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert b"<style" not in page.body
    assert b"onclick" not in page.body
    for name in (b"docs/form.js", b"docs/style.css", b"docs/icon.svg"):
        assert name in page.body
        assert call("GET", "/" + name.decode()).status == 200


def test_a_tensor_of_rows_has_numbered_fields(serve: Serve, linear: Path) -> None:
    found = form(serve, linear)
    assert found["columns"] == [
        {"name": str(n), "type": "float64", "required": True} for n in range(3)
    ]
    assert found["key"] == "inputs"
    assert found["rows"] == found["body"]["inputs"]


def test_columns_have_fields_by_name_filled_from_the_example(serve: Serve, save: Save) -> None:
    example = pd.DataFrame({"age": [41.5], "name": ["Ada"]})
    signature = ModelSignature(
        Schema([ColSpec("string", "name"), ColSpec("double", "age", required=False)]),
        params=ParamSchema([ParamSpec("n", "long", 3)]),
    )
    found = form(serve, save(echo, signature=signature, input_example=(example, {"n": 5})))
    assert [field["name"] for field in found["columns"]] == ["name", "age"]
    assert [field["required"] for field in found["columns"]] == [True, False]
    assert found["key"] == "dataframe_split"
    assert found["rows"] == [["Ada", 41.5]]
    assert found["params"] == [{"name": "n", "type": "long", "value": 5, "default": 3}]


def test_a_model_without_a_signature_shows_what_its_example_has(serve: Serve, save: Save) -> None:
    found = form(serve, save(echo))
    assert (found["columns"], found["body"]) == (None, {"inputs": []})


@pytest.mark.parametrize(
    "columns",
    [
        [ColSpec("double", f"c{n}") for n in range(201)],
        [ColSpec(Array(DataType.double), "o")],
    ],
    ids=["too many", "nested"],
)
def test_what_no_form_can_show_is_text(serve: Serve, save: Save, columns: list[ColSpec]) -> None:
    found = form(serve, save(echo, signature=ModelSignature(Schema(columns))))
    assert found["columns"] is None
