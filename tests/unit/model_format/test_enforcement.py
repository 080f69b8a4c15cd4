"""Inputs held against signatures: outcomes and messages are those of the contract."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from millstream.errors import InvalidParameter
from millstream.model_format.enforcement import enforce_inputs
from millstream.model_format.schema import (
    AnyType,
    Array,
    ColSpec,
    Map,
    Object,
    Property,
    Schema,
    TensorSpec,
)

NAMED = Schema([ColSpec("double", "a"), ColSpec("long", "b"), ColSpec("string", "c", False)])


def refusal(data: Any, schema: Schema) -> str:
    with pytest.raises(InvalidParameter) as caught:
        enforce_inputs(data, schema)
    prefix, _, message = caught.value.message.partition("'. Error: ")
    assert prefix.startswith("Failed to enforce schema of data '")
    return message


def one(kind: Any, values: Any) -> Any:
    frame = enforce_inputs(pd.DataFrame({"x": values}), Schema([ColSpec(kind, "x")]))
    return frame["x"]


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame({"b": [2], "z": [0], "a": [1.0]}),
        {"a": [1.0], "b": [2]},
        {"a": 1.0, "b": 2},
        [{"a": 1.0, "b": 2}],
        pd.DataFrame({"a": np.array([1], "float32"), "b": np.array([2], "int32")}),
        pd.DataFrame({"a": np.array([1], "int64"), "b": np.array([2], "uint32")}),
    ],
)
def test_columns_come_in_order_and_type(data: Any) -> None:
    frame = enforce_inputs(data, NAMED)
    assert list(frame.columns) == ["a", "b"]
    assert [str(dtype) for dtype in frame.dtypes] == ["float64", "int64"]
    assert frame.iloc[0].tolist() == [1.0, 2]


def test_missing_columns_are_named_with_those_that_came() -> None:
    assert refusal(pd.DataFrame({"a": [1.0]}), NAMED) == "Model is missing inputs ['b']."
    assert refusal(np.zeros((1, 2)), NAMED) == (
        "Model is missing inputs ['a', 'b']. Note that there were extra inputs: [0, 1]."
    )
    assert refusal(None, NAMED) == "Expected input to be DataFrame. Found: NoneType"


@pytest.mark.parametrize(
    ("kind", "values", "source", "target"),
    [
        ("long", [1.5], "float64", "int64"),
        ("long", [1.0], "float64", "int64"),
        ("integer", np.array([1], "int64"), "int64", "int32"),
        ("float", [1e300], "float64", "float32"),
        ("double", ["x"], "str", "float64"),
        ("long", [True], "bool", "int64"),
        ("boolean", [1], "int64", "bool"),
        ("string", [1], "int64", "<U0"),
        ("string", pd.Categorical([1]), "category", "<U0"),
    ],
)
def test_what_would_change_values_is_refused(
    kind: str, values: Any, source: str, target: str
) -> None:
    schema = Schema([ColSpec(kind, "x")])
    message = refusal(pd.DataFrame({"x": values}), schema).replace("object", "str")
    expected = f"column x. Can not safely convert {source} to {target}."
    assert message == f"Incompatible input types for {expected}"


def test_categories_of_the_right_type_stay_categories() -> None:
    for kind, values in (("string", ["a", "b", "a"]), ("long", [1, 2]), ("double", [1, 2.5])):
        found = one(kind, pd.Categorical(values))
        assert isinstance(found.dtype, pd.CategoricalDtype)
        assert found.tolist() == values
    assert one("string", pd.Categorical(["a", None])).isna().tolist() == [False, True]


def test_missing_values() -> None:
    assert one("double", [None, 1.0]).isna().tolist() == [True, False]
    assert one("double", [None, None]).isna().all()
    assert "Integers cannot say that a value is missing" in refusal(
        pd.DataFrame({"x": [None, 1.0]}), Schema([ColSpec("long", "x")])
    )
    assert one("long", pd.array([1, 2], dtype="Int64")).tolist() == [1, 2]


def test_objects_of_the_right_type_are_taken() -> None:
    assert one("double", [decimal.Decimal("1.5")]).tolist() == [1.5]
    assert one("long", pd.Series([1, 2], dtype=object)).tolist() == [1, 2]
    assert one("string", ["a", None]).tolist()[0] == "a"
    assert one("binary", [b"x"]).tolist() == [b"x"]
    day = datetime.datetime(2020, 1, 1)
    assert one("datetime", pd.Series([day], dtype=object)).tolist() == [pd.Timestamp(day)]
    assert one("datetime", pd.to_datetime(["2020-01-01"])).tolist() == [pd.Timestamp(day)]


def test_columns_without_names_are_taken_by_place() -> None:
    unnamed = Schema([ColSpec("double")] * 2)
    frame = enforce_inputs(pd.DataFrame({"q": [1.0], "r": [2.0], "s": [3.0]}), unnamed)
    assert list(frame.columns) == ["q", "r"]
    assert enforce_inputs(3.0, Schema([ColSpec("double")])).iloc[0, 0] == 3.0
    assert "declares 2 inputs  but the provided value only has 1 inputs" in refusal(
        pd.DataFrame({"q": [1.0]}), unnamed
    )


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Array("long"), [1, 2], "x"),
        (Array("long"), [], ["x"]),
        (Map("double"), {"k": 1.5}, {"k": "x"}),
        (Object([Property("a", "string"), Property("b", "long", False)]), {"a": "x"}, {"b": 1}),
        (Object([Property("a", "string")]), {"a": "x"}, {"a": "x", "c": 1}),
        (AnyType(), object(), None),
    ],
)
def test_structures(kind: Any, good: Any, bad: Any) -> None:
    assert one(kind, [good]).iloc[0] is good
    if bad is not None:
        refusal(pd.DataFrame({"x": [bad]}), Schema([ColSpec(kind, "x")]))


def test_tensors() -> None:
    schema = Schema([TensorSpec(np.dtype("float64"), (-1, 2))])
    data = np.zeros((3, 2))
    assert enforce_inputs(data, schema) is data
    assert enforce_inputs(pd.DataFrame({"a": [1.0], "b": [2.0]}), schema).tolist() == [[1.0, 2.0]]
    assert refusal(np.zeros((2, 3)), schema) == (
        "Shape of input (2, 3) does not match expected shape (-1, 2)."
    )
    assert refusal(np.zeros((2, 2), "float32"), schema) == (
        "dtype of input float32 does not match expected dtype float64"
    )
    assert "an input of type <class 'list'> was found" in refusal([[1, 2]], schema)


def test_named_tensors() -> None:
    schema = Schema(
        [TensorSpec(np.dtype("float64"), (-1, 2), "x"), TensorSpec(np.dtype("float32"), (-1,), "y")]
    )
    taken = enforce_inputs({"x": np.zeros((1, 2)), "y": np.zeros(1, "float32"), "more": 1}, schema)
    assert set(taken) == {"x", "y"}
    framed = enforce_inputs(pd.DataFrame({"x": [[1.0, 2.0]], "y": [3.0]}), schema)
    assert framed["x"].tolist() == [[1.0, 2.0]]
    assert framed["y"].dtype == np.dtype("float32")
    assert refusal({"x": np.zeros((1, 2))}, schema) == "Model is missing inputs ['y']."


def test_without_a_schema_anything_goes() -> None:
    data = object()
    assert enforce_inputs(data, None) is data
    assert enforce_inputs(data, Schema([ColSpec(AnyType())])) is data


def test_objects_keep_their_none() -> None:
    for kind, values in (
        ("string", ["a", None]),
        ("binary", [b"a", None]),
        ("boolean", [True, None]),
        ("boolean", [None, None]),
    ):
        found = one(kind, pd.Series(values, dtype=object))
        assert (found.tolist(), found.dtype) == (values, object)
    assert one("boolean", pd.Series([True, False], dtype=object)).dtype == bool
    assert one("string", pd.Series([1, "a"], dtype=object)).tolist() == [1, "a"]


def test_dates_come_by_the_nanosecond() -> None:
    for values in (
        pd.Series(np.array(["2026-01-02"], dtype="datetime64[s]")),
        [datetime.date(2026, 1, 2)],
        [datetime.datetime(2026, 1, 2)],
    ):
        assert str(one("datetime", values).dtype) == "datetime64[ns]"
    assert one("datetime", pd.Series([None], dtype=object)).isna().all()
    zoned = pd.Series(pd.to_datetime(["2026-01-02"], utc=True))
    assert isinstance(one("datetime", zoned).dtype, pd.DatetimeTZDtype)


@pytest.mark.parametrize("kind", ["double", "float", "long", "integer", "datetime", "string"])
def test_no_rows_are_of_every_type(kind: str) -> None:
    assert one(kind, pd.Series([], dtype=object)).empty


def test_inputs_that_make_no_table_are_refused() -> None:
    assert "makes no table" in refusal({"a": [1.0], "b": [1, 2]}, NAMED)
    twice = pd.DataFrame([[1.0, 2]], columns=["a", "a"])
    assert refusal(twice, NAMED) == "the input has several columns of the names ['a']"
    frame = enforce_inputs({"a": 1.0, "b": 2, "c": None}, NAMED)
    assert frame.to_dict("records") == [{"a": 1.0, "b": 2, "c": None}]


def test_one_column_is_a_tensor_of_one_dimension() -> None:
    flat = Schema([TensorSpec(np.dtype("float64"), (-1,))])
    for data in (pd.DataFrame({"x": [1.0, 2.0]}), pd.Series([1.0, 2.0])):
        assert enforce_inputs(data, flat).tolist() == [1.0, 2.0]


def test_maps_of_an_optional_column_may_have_gaps() -> None:
    frame = pd.DataFrame({"x": pd.Series([{"a": None}], dtype=object)})
    optional = Schema([ColSpec(Map("long"), "x", required=False)])
    assert enforce_inputs(frame, optional)["x"][0] == {"a": None}
    assert "type long, not None" in refusal(frame, Schema([ColSpec(Map("long"), "x")]))
