"""What other servers take from MLflow's: bodies in, predictions out."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import scoring_server
from mlflow.types.schema import ColSpec, DataType, Schema, TensorSpec

COLUMNS = Schema([ColSpec(DataType.double, "a"), ColSpec(DataType.string, "b")])
TENSOR = Schema([TensorSpec(np.dtype("float32"), (-1, 2))])


def test_data_and_params_are_told_apart() -> None:
    body = '{"inputs": [[1, 2]], "params": {"a": 1}, "other": 3}'
    assert scoring_server._split_data_and_params(body) == ({"inputs": [[1, 2]]}, {"a": 1})
    assert scoring_server._split_data_and_params('{"instances": [1]}') == ({"instances": [1]}, None)


@pytest.mark.parametrize(
    "data",
    [
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"], [2, "y"]]}},
        {"dataframe_records": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]},
    ],
)
def test_tables_are_frames_in_the_types_of_the_schema(data: Any) -> None:
    frame = scoring_server.infer_and_parse_data(data, COLUMNS)
    assert frame["a"].dtype == np.float64
    assert frame.to_dict("list") == {"a": [1.0, 2.0], "b": ["x", "y"]}
    assert scoring_server.infer_and_parse_data(data)["a"].dtype == np.int64


@pytest.mark.parametrize(
    "data",
    [
        {"inputs": {"a": [1, 2], "b": ["x", "y"]}},
        {"instances": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]},
    ],
)
def test_named_inputs_are_arrays_by_name(data: Any) -> None:
    for schema, kind in ((COLUMNS, np.float64), (None, np.int64)):
        found = scoring_server.infer_and_parse_data(data, schema)
        assert found["a"].dtype == kind
        assert {name: list(value) for name, value in found.items()} == {
            "a": [1, 2],
            "b": ["x", "y"],
        }


def test_other_inputs_are_one_array() -> None:
    data = {"inputs": [[1, 2]]}
    assert scoring_server.infer_and_parse_data(data, TENSOR).dtype == np.float32
    assert scoring_server.infer_and_parse_data(data).dtype == np.int64
    unnamed = Schema([ColSpec(DataType.double), ColSpec(DataType.double)])
    assert scoring_server.infer_and_parse_data(data, unnamed).dtype == np.float64


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"bad": 1}, r"exactly one .* \['bad'\]"),
        ({"inputs": [1], "instances": [1]}, r"\['inputs', 'instances'\]"),
        ({"dataframe_split": [1]}, "dataframe_split"),
        ({"dataframe_records": 3}, "dataframe_records"),
        ({"instances": [{"a": 1}, {"b": 1}]}, "instances"),
    ],
)
def test_bad_data_are_a_bad_request(data: Any, said: str) -> None:
    with pytest.raises(MlflowException, match=said) as failure:
        scoring_server.infer_and_parse_data(data, COLUMNS)
    assert failure.value.error_code == "BAD_REQUEST"


@pytest.mark.parametrize("body", ["nope", "[1]"])
def test_a_body_that_is_no_object_is_a_bad_request(body: str) -> None:
    with pytest.raises(MlflowException, match="Invalid input") as failure:
        scoring_server._split_data_and_params(body)
    assert failure.value.error_code == "BAD_REQUEST"


def test_csv_is_read_in_the_types_of_the_schema() -> None:
    for given in (io.StringIO("a,b\n1,03\n2,4\n"), "a,b\n1,03\n2,4\n"):
        frame = scoring_server.parse_csv_input(csv_input=given, schema=COLUMNS)
        assert frame.to_dict("list") == {"a": [1.0, 2.0], "b": ["03", "4"]}
    for bad in ("", "a,b\n1,2\n1,2,3\n"):
        with pytest.raises(MlflowException, match="no CSV"):
            scoring_server.parse_csv_input(io.StringIO(bad))


def test_a_text_is_not_taken_for_the_name_of_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    assert list(scoring_server.parse_csv_input(str(secret)).columns) == [str(secret)]


@pytest.mark.parametrize(
    ("predictions", "answer"),
    [
        (np.array([1.5, 2.0]), [1.5, 2.0]),
        (pd.DataFrame({"a": [1.5], "b": ["x"]}), [{"a": 1.5, "b": "x"}]),
        (pd.Series([1, 2], name="q"), [{"q": 1}, {"q": 2}]),
        ({"a": np.array([1, 2])}, {"a": [1, 2]}),
        ("text", "text"),
    ],
)
def test_predictions_are_written_as_the_server_answers_them(predictions: Any, answer: Any) -> None:
    output = io.StringIO()
    scoring_server.predictions_to_json(predictions, output)
    assert json.loads(output.getvalue()) == {"predictions": answer}
    output = io.StringIO()
    scoring_server.predictions_to_json(predictions, output, {"more": 1})
    assert json.loads(output.getvalue()) == {"predictions": answer, "more": 1}


def test_tables_take_the_wanted_form() -> None:
    frame = pd.DataFrame({"a": [1], "b": ["x"]})
    assert scoring_server._get_jsonable_obj(frame) == [{"a": 1, "b": "x"}]
    split = scoring_server._get_jsonable_obj(frame, pandas_orient="split")
    assert split == {"index": [0], "columns": ["a", "b"], "data": [[1, "x"]]}
    assert scoring_server._get_jsonable_obj(np.array([[1, 2]])) == [[1, 2]]
    assert scoring_server._get_jsonable_obj({"a": 1}) == {"a": 1}
