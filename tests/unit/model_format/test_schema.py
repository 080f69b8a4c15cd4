"""Types, schemas and params: their JSON form, and what they refuse."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pandas as pd
import pytest

from millstream.errors import InvalidParameter
from millstream.model_format.params import ParamSchema, ParamSpec
from millstream.model_format.schema import (
    AnyType,
    Array,
    ColSpec,
    DataType,
    Map,
    Object,
    Property,
    Schema,
    TensorSpec,
)

COLUMNS = [
    ColSpec("double", "a"),
    ColSpec(DataType.long, "b", required=False),
    ColSpec(Array("string"), "c"),
    ColSpec(Object([Property("y", "long", required=False), Property("x", Array("double"))]), "d"),
    ColSpec(Map("boolean"), "e"),
    ColSpec(AnyType(), "f"),
]


def test_columns_have_the_json_form_of_the_contract() -> None:
    assert json.loads(Schema(COLUMNS).to_json()) == [
        {"type": "double", "name": "a", "required": True},
        {"type": "long", "name": "b", "required": False},
        {"type": "array", "items": {"type": "string"}, "name": "c", "required": True},
        {
            "type": "object",
            "properties": {
                "x": {"type": "array", "items": {"type": "double"}, "required": True},
                "y": {"type": "long", "required": False},
            },
            "name": "d",
            "required": True,
        },
        {"type": "map", "values": {"type": "boolean"}, "name": "e", "required": True},
        {"type": "any", "name": "f", "required": True},
    ]


def test_columns_come_back() -> None:
    assert Schema.from_json(Schema(COLUMNS).to_json()) == Schema(COLUMNS)


def test_tensors_have_the_json_form_of_the_contract_and_come_back() -> None:
    schema = Schema([TensorSpec(np.dtype("float32"), (-1, 2), "x")])
    tensor = {"dtype": "float32", "shape": [-1, 2]}
    assert schema.to_dict() == [{"name": "x", "type": "tensor", "tensor-spec": tensor}]
    back = Schema.from_json(schema.to_json())
    assert back == schema
    assert back.inputs[0].type == np.dtype("float32")


def test_texts_of_any_length_are_one_tensor_type() -> None:
    assert TensorSpec(np.dtype("<U7"), (-1,)).dtype_name == "str"


def test_optional_of_older_versions_is_understood() -> None:
    old = '[{"type": "long", "name": "a", "optional": true}, {"type": "long", "name": "b"}]'
    schema = Schema.from_json(old)
    assert schema.optional_input_names() == ["a"]
    assert schema.required_input_names() == ["b"]


def test_types_for_numpy_and_pandas() -> None:
    schema = Schema([ColSpec("double", "a"), ColSpec("string", "b")])
    assert schema.numpy_types() == [np.dtype("float64"), np.dtype("str")]
    assert schema.pandas_types() == [np.dtype("float64"), np.dtype("object")]
    assert schema.input_types_dict() == {"a": DataType.double, "b": DataType.string}
    with pytest.raises(InvalidParameter, match="not DataType"):
        Schema(COLUMNS).numpy_types()


@pytest.mark.parametrize(
    ("specs", "says"),
    [
        ([], "empty inputs"),
        ([ColSpec("double", "a"), ColSpec("double")], "named and unnamed"),
        ([ColSpec("double"), TensorSpec(np.dtype("int64"), (-1,))], "ColSpec and TensorSpec"),
        ([TensorSpec(np.dtype("int64"), (-1,))] * 2, "multiple unnamed"),
    ],
)
def test_schemas_that_make_no_sense_are_refused(
    specs: list[ColSpec | TensorSpec], says: str
) -> None:
    with pytest.raises(InvalidParameter, match=says):
        Schema(specs)


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(InvalidParameter, match="Unsupported type 'decimal'"):
        ColSpec("decimal", "a")


def test_params_come_back() -> None:
    schema = ParamSchema(
        [ParamSpec("k", "double", 1), ParamSpec("names", "string", ["a", "b"], (-1,))]
    )
    assert schema.to_dict() == [
        {"name": "k", "default": 1.0, "shape": None, "type": "double"},
        {"name": "names", "default": ["a", "b"], "shape": [-1], "type": "string"},
    ]
    assert ParamSchema.from_json(schema.to_json()) == schema


def test_params_are_filled_with_defaults_and_unknown_ones_dropped() -> None:
    schema = ParamSchema([ParamSpec("k", "double", 1.0), ParamSpec("n", "long", None)])
    assert schema.fill({"k": np.float64(2), "other": 3}) == {"k": 2.0, "n": None}
    assert schema.fill(None) == {"k": 1.0, "n": None}


@pytest.mark.parametrize(
    ("name", "value"), [("n", "x"), ("n", 1.5), ("n", 2**31), ("l", "a"), ("b", 1), ("s", 1)]
)
def test_params_of_the_wrong_type_are_refused(name: str, value: object) -> None:
    schema = ParamSchema(
        [
            ParamSpec("n", "integer", 3),
            ParamSpec("l", "string", ["a"], (-1,)),
            ParamSpec("b", "boolean", True),
            ParamSpec("s", "string", "x"),
        ]
    )
    with pytest.raises(InvalidParameter, match="Invalid parameters found"):
        schema.fill({name: value})


def test_the_message_about_a_param_is_that_of_the_contract() -> None:
    with pytest.raises(InvalidParameter) as caught:
        ParamSchema([ParamSpec("n", "integer", 3)]).fill({"n": "x"})
    assert caught.value.message == (
        "Invalid parameters found: {('n', \"Failed to validate type and shape for 'n': integer "
        "(default: 3), error: Can not safely convert `<class 'str'>` to `DataType.integer` for "
        'value `x`")}'
    )


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("2026-01-31", datetime.datetime(2026, 1, 31)),
        ("2026-01-31T04:05:06.25", datetime.datetime(2026, 1, 31, 4, 5, 6, 250_000)),
        ("2026-01-31T04:05:06Z", datetime.datetime(2026, 1, 31, 4, 5, 6)),
        ("2026-01-31T04:05:06+02:00", datetime.datetime(2026, 1, 31, 2, 5, 6)),
        (datetime.date(2026, 1, 31), datetime.datetime(2026, 1, 31)),
        (pd.Timestamp("2026-01-31 04:05"), datetime.datetime(2026, 1, 31, 4, 5)),
        (np.datetime64("2026-01-31"), datetime.datetime(2026, 1, 31)),
        (np.datetime64("2026-01-31T04", "ns"), datetime.datetime(2026, 1, 31, 4)),
    ],
)
def test_a_param_takes_a_point_in_time_however_it_is_written(
    given: object, taken: datetime.datetime
) -> None:
    schema = ParamSchema([ParamSpec("when", "datetime", given)])
    assert schema.fill({"when": given}) == {"when": taken} == schema.fill({})
    assert type(schema.fill({"when": given})["when"]) is datetime.datetime
    assert ParamSchema.from_json(schema.to_json()) == schema


def test_a_param_takes_a_list_of_points_in_time() -> None:
    schema = ParamSchema([ParamSpec("days", "datetime", ["2026-01-31"], (-1,))])
    days = np.array(["2026-02-01", "2026-02-02"], dtype="datetime64[ns]")
    expected = [datetime.datetime(2026, 2, 1), datetime.datetime(2026, 2, 2)]
    assert schema.fill({"days": days}) == {"days": expected}
    assert schema.fill({"days": ["2026-02-01", "2026-02-02"]}) == {"days": expected}


@pytest.mark.parametrize("value", ["soon", 5, True, "0001-01-01T00:00:00+02:00", pd.NaT])
def test_what_is_no_point_in_time_is_refused(value: object) -> None:
    schema = ParamSchema([ParamSpec("when", "datetime", "2026-01-31")])
    with pytest.raises(InvalidParameter) as caught:
        schema.fill({"when": value})
    assert f"for value `{value}`: expected a point in time in ISO 8601" in caught.value.message


def test_a_point_in_time_is_no_number() -> None:
    with pytest.raises(InvalidParameter, match="Can not safely convert"):
        ParamSchema([ParamSpec("n", "long", 1)]).fill({"n": np.datetime64("2026-01-31", "ns")})


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({}, "Missing required properties: {'name'}"),
        ({"name": "x", "size": 1}, "Invalid properties not defined in the schema found: {'size'}"),
        ({"name": 5}, "the value.name needs values of the type string, not 5"),
        (["x"], r"the value needs dictionaries, not \['x'\]"),
    ],
)
def test_a_param_that_is_an_object_has_its_properties(value: object, says: str) -> None:
    kind = Object([Property("name", "string"), Property("count", "long", required=False)])
    schema = ParamSchema([ParamSpec("who", kind, {"name": "a"})])
    assert schema.fill({"who": {"name": "b", "count": 2}}) == {"who": {"name": "b", "count": 2}}
    with pytest.raises(InvalidParameter, match=says):
        schema.fill({"who": value})


def test_two_params_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="Duplicated parameters"):
        ParamSchema([ParamSpec("k", "double", 1.0), ParamSpec("k", "long", 1)])
