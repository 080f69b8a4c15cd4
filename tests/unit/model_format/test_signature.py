"""Signatures out of examples: each outcome here was seen from MLflow 3.17."""

from __future__ import annotations

import datetime
import json
import logging
from typing import Any

import numpy as np
import pandas as pd
import pytest

from millstream.model_format.schema import ColSpec, Schema
from millstream.model_format.signature import ModelSignature, infer_signature

FRAME = pd.DataFrame(
    {
        "s": ["a", None],
        "o": [{"k": 1}, {"k": 2}],
        "l": [[1], [2, 3]],
        "b": [True, False],
        "d": pd.to_datetime(["2020-01-01", "2020-01-02"]),
        "n": [None, 1.0],
        "f": np.array([1, 2], "float32"),
        "c": pd.Categorical(["a", "b"]),
    }
)


def column(
    kind: str, name: str | None = None, required: bool = True, **more: Any
) -> dict[str, Any]:
    named = {} if name is None else {"name": name}
    return {"type": kind, **more, **named, "required": required}


def tensor(dtype: str, *shape: int, name: str | None = None) -> dict[str, Any]:
    named = {} if name is None else {"name": name}
    return {**named, "type": "tensor", "tensor-spec": {"dtype": dtype, "shape": list(shape)}}


def inputs(value: Any) -> Any:
    return json.loads(infer_signature(value).to_dict()["inputs"] or "")


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (np.zeros((2, 3)), [tensor("float64", -1, 3)]),
        (np.array(["a", "b"]), [tensor("str", -1)]),
        ({"a": np.zeros((2, 3))}, [tensor("float64", -1, 3, name="a")]),
        (pd.Series([1.0], name="t"), [column("double", "t")]),
        (pd.Series([1.0]), [column("double")]),
        ([1, 2], [column("long")]),
        ([1.5], [column("double")]),
        ([], [column("string")]),
        ([[1, 2], [3]], [column("array", items={"type": "long"})]),
        ("a", [column("string")]),
        (True, [column("boolean")]),
        (b"x", [column("binary")]),
        (np.float64(1.5), [column("double")]),
        (datetime.datetime(2020, 1, 1), [column("datetime")]),
        (
            {"a": 1, "b": [1, 2]},
            [column("long", "a"), column("array", "b", items={"type": "long"})],
        ),
        ({"a": None}, [column("any", "a", required=False)]),
        ([{"a": 1}, {"a": 2, "b": "x"}], [column("long", "a"), column("string", "b", False)]),
        (
            FRAME,
            [
                column("string", "s", required=False),
                column("object", "o", properties={"k": {"type": "long", "required": True}}),
                column("array", "l", items={"type": "long"}),
                column("boolean", "b"),
                column("datetime", "d"),
                column("double", "n", required=False),
                column("float", "f"),
                column("string", "c"),
            ],
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_seen_in_an_example(value: Any, seen: list[dict[str, Any]]) -> None:
    assert inputs(value) == seen


def test_integer_columns_get_a_hint() -> None:
    with pytest.warns(UserWarning, match="integers cannot say that a value is missing"):
        assert inputs(pd.DataFrame({"i": [1], "u": np.array([1], "uint8")})) == [
            column("long", "i"),
            column("integer", "u"),
        ]


@pytest.mark.parametrize("value", [{}, (1, 2), object()], ids=["empty", "tuple", "object"])
def test_what_no_schema_describes_is_anything(value: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert inputs(value) == [column("any")]
    assert "'anything'" in caplog.text


def test_params_become_defaults() -> None:
    signature = infer_signature(np.zeros(2), params={"k": 2.0, "n": ["a"], "b": True})
    assert json.loads(signature.to_dict()["params"] or "") == [
        {"name": "k", "default": 2.0, "shape": None, "type": "double"},
        {"name": "n", "default": ["a"], "shape": [-1], "type": "string"},
        {"name": "b", "default": True, "shape": None, "type": "boolean"},
    ]


def test_a_signature_comes_back() -> None:
    signature = infer_signature(np.zeros((2, 3)), [1.0], {"k": 1})
    assert ModelSignature.from_dict(signature.to_dict()) == signature


def test_a_signature_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="At least one of inputs, outputs or params"):
        infer_signature()


def test_it_reads_as_mlflow_prints_it() -> None:
    signature = ModelSignature(Schema([ColSpec("double", "a"), ColSpec("long", "b", False)]))
    assert repr(signature) == (
        "inputs: \n  ['a': double (required), 'b': long (optional)]\n"
        "outputs: \n  None\nparams: \n  None\n"
    )
