"""The JSON Schema of a model's bodies allows what the server takes, and says what it answers."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from tests.unit.serving.payload_models import column, decoded, model_of, tensor

from millstream.serving.body_schema import json_schema
from millstream.serving.payloads import BadRequest, Decoder

OBJECT = {"type": "object", "properties": {"k": {"type": "long", "required": True}}}
COLUMNS = [
    column("double", "a"),
    column("string", "s"),
    column({"type": "array", "items": {"type": "boolean"}}, "l"),
    column(OBJECT, "o"),
    column({"type": "map", "values": {"type": "integer"}}, "m"),
    column("datetime", "t", required=False),
]
RECORD = {"a": 1.5, "s": "x", "l": [True], "o": {"k": 1}, "m": {"z": 1}}
ROW = [*RECORD.values(), "2026-01-01T00:00:00Z"]
TENSORS = [tensor("int64", [-1], "p"), tensor("str", [-1], "q")]
COLUMN_NAMES = [spec["name"] for spec in COLUMNS]


def allows(schema: Any, content: Any) -> bool:
    return jsonschema_rs.Draft202012Validator(schema).is_valid(content)


@pytest.mark.parametrize(
    ("inputs", "content"),
    [
        (COLUMNS, {"dataframe_records": [RECORD]}),
        (COLUMNS, {"dataframe_split": {"columns": COLUMN_NAMES, "data": [ROW]}}),
        (COLUMNS, {"inputs": [RECORD]}),
        (COLUMNS, {"data": [ROW]}),
        (COLUMNS[:2], {"inputs": {"a": [1.5, None], "s": ["x", "y"]}}),
        ([column("string")], {"inputs": ["x"]}),
        ([tensor("float32", [-1, 2])], {"inputs": [[1, 2]]}),
        (TENSORS, {"inputs": {"p": [1], "q": ["x"]}}),
        (TENSORS, {"instances": [{"p": 1, "q": "x"}]}),
        (None, {"inputs": [[1, 2]]}),
        (None, {"data": [[1, 2]]}),
    ],
    ids=str,
)  # fmt: skip
def test_bodies_of_the_signature_are_allowed_and_accepted(inputs: Any, content: Any) -> None:
    model = model_of(inputs)
    assert allows(json_schema(model)["request"], content)
    assert decoded(Decoder(model), content).rows >= 1


@pytest.mark.parametrize(
    ("inputs", "content"),
    [
        (COLUMNS, {"dataframe_records": [{"a": 1.5}]}),
        (COLUMNS, {"dataframe_records": [{**RECORD, "o": {"k": 1, "z": 2}}]}),
        (COLUMNS, {"dataframe_records": [{**RECORD, "l": ["x"]}]}),
        ([tensor("float32", [-1, 2])], {"inputs": [[1, 2, 3]]}),
        ([tensor("float32", [-1, 2])], {}),
        (None, {"rows": []}),
    ],
    ids=str,
)
def test_bodies_against_the_signature_are_neither(inputs: Any, content: Any) -> None:
    model = model_of(inputs)
    assert not allows(json_schema(model)["request"], content)
    with pytest.raises(BadRequest):
        decoded(Decoder(model), content)


def test_a_model_that_knows_its_features_says_how_many() -> None:
    schema = json_schema(model_of(n_features=3))["request"]
    assert allows(schema, {"data": [[1, 2, 3]]})
    assert not allows(schema, {"data": [[1, 2]]})


def test_a_model_with_type_hints_takes_inputs_only() -> None:
    schema = json_schema(model_of([column("string")], hinted=True))["request"]
    assert allows(schema, {"inputs": ["x"]})
    assert not allows(schema, {"data": ["x"]})


def test_the_example_and_the_params_are_shown() -> None:
    params = [{"name": "k", "type": "long", "default": 3, "shape": None}]
    example = {"inputs": [[1, 2]], "params": {"k": 4}}
    model = model_of([tensor("float32", [-1, 2])], params=params)
    schema = json_schema(model, json.dumps(example))["request"]
    assert schema["example"] == example
    assert allows(schema, example)
    assert schema["oneOf"][0]["properties"]["params"]["properties"]["k"]["default"] == 3


@pytest.mark.parametrize(
    ("outputs", "predictions"),
    [
        (None, [1]),
        ([tensor("float32", [-1])], [1.5]),
        ([column("long")], [1]),
        ([column("long", "y")], [{"y": 1}]),
    ],
)
def test_answers_have_the_schema_of_the_outputs(outputs: Any, predictions: Any) -> None:
    schema = json_schema(model_of(None, outputs=outputs, n_features=1))["response"]
    assert allows(schema, {"predictions": predictions})
    assert allows(schema, {"predictions": ["x"]}) is (outputs is None)
