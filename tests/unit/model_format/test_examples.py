"""Examples of an input: kept as MLflow keeps them, and good as requests."""

from __future__ import annotations

import dataclasses
import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from millstream.errors import InvalidParameter
from millstream.integrations import pyfunc
from millstream.model_format.enforcement import enforce_inputs
from millstream.model_format.example import load_example, save_example
from millstream.model_format.manifest import Manifest
from millstream.model_format.schema import Schema
from millstream.model_format.serving_input import parse_serving_input
from millstream.model_format.signature import infer_signature
from millstream.model_format.variables import variables_read

DENSE = np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]])


@dataclasses.dataclass
class Point:
    x: int
    when: datetime.date


@pytest.mark.parametrize("kind", ["csr", "csc"])
def test_sparse_matrices_come_back(tmp_path: Path, kind: str) -> None:
    matrix = getattr(scipy.sparse, f"{kind}_matrix")(DENSE)
    info = save_example(matrix, tmp_path)
    assert info["type"] == f"sparse_matrix_{kind}"
    assert set(json.loads((tmp_path / "input_example.json").read_text())) == {
        *("data", "indices", "indptr", "shape")
    }
    loaded = load_example(tmp_path, info)
    assert type(loaded) is type(matrix)
    assert loaded.toarray().tolist() == DENSE.tolist()
    request = json.loads((tmp_path / "serving_input_example.json").read_text())
    assert request == {"inputs": DENSE.tolist()}


def test_other_sparse_matrices_become_rows(tmp_path: Path) -> None:
    info = save_example(scipy.sparse.coo_matrix(DENSE), tmp_path)
    assert info["type"] == "sparse_matrix_csr"
    assert load_example(tmp_path, info).toarray().tolist() == DENSE.tolist()


@pytest.mark.parametrize(
    ("example", "form"),
    [
        ("text", "text"),
        ([1, "a", None], [1, "a", None]),
        ({"a": [1], "b": {"c": 2.5}}, {"a": [1], "b": {"c": 2.5}}),
        ([Point(1, datetime.date(2026, 1, 2))], [{"x": 1, "when": "2026-01-02"}]),
        (datetime.datetime(2026, 1, 2), "2026-01-02T00:00:00"),
        ({"a": np.array([1.5])}, {"a": [1.5]}),
    ],
)
def test_json_and_what_has_a_form_in_it(tmp_path: Path, example: Any, form: Any) -> None:
    info = save_example(example, tmp_path)
    assert json.loads((tmp_path / "input_example.json").read_text()) == form
    assert json.loads((tmp_path / "serving_input_example.json").read_text()) == {"inputs": form}
    assert json.dumps(load_example(tmp_path, info), default=np.ndarray.tolist) == json.dumps(form)


def test_keys_read_during_the_example_are_recorded_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MY_API_KEY", "DB_PASSWORD", "HARMLESS", "MLFLOW_SECRET"):
        monkeypatch.setenv(name, "hidden-value")

    def predict(model_input: Any) -> Any:
        import os  # noqa: PLC0415 - it is part of the pickled model

        os.environ["MY_API_KEY"], os.getenv("DB_PASSWORD"), os.environ.get("HARMLESS")
        os.environ.get("MLFLOW_SECRET"), os.environ.get("ABSENT_API_KEY")
        return [1 for _ in model_input]

    pyfunc.save_model(tmp_path / "model", python_model=predict, input_example=["a"])
    assert Manifest.read(tmp_path / "model").env_vars == ["DB_PASSWORD", "MY_API_KEY"]
    lines = (tmp_path / "model" / "environment_variables.txt").read_text().splitlines()
    assert lines[3:] == ["DB_PASSWORD", "MY_API_KEY"]
    assert all(line.startswith("#") for line in lines[:3])
    for path in (tmp_path / "model").rglob("*"):
        assert path.is_dir() or b"hidden-value" not in path.read_bytes()
    monkeypatch.setenv("MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING", "false")
    pyfunc.save_model(tmp_path / "quiet", python_model=predict, input_example=["a"])
    assert Manifest.read(tmp_path / "quiet").env_vars is None
    with variables_read() as names:
        pass
    assert predict([1]) == [1]
    assert names == set()


COLUMNS = Schema.from_json(
    '[{"type": "double", "name": "a", "required": true}, '
    '{"type": "long", "name": "b", "required": true}, '
    '{"type": "datetime", "name": "d", "required": false}, '
    '{"type": "binary", "name": "e", "required": false}]'
)
TENSOR = Schema.from_json(
    '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
)
NAMED = Schema.from_json(
    '[{"name": "x", "type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
)


def test_the_body_of_a_request_has_the_types_of_the_signature() -> None:
    record = {"a": 1, "b": 2.0, "d": "2026-01-02", "e": "aGk="}
    split = {"columns": list(record), "data": [list(record.values())]}
    for body in (
        {"dataframe_split": split},
        {"dataframe_records": [record]},
    ):
        frame, params = parse_serving_input(json.dumps({**body, "params": {"k": 1}}), COLUMNS)
        assert (frame["a"].dtype, frame["b"].dtype, params) == ("float64", "int64", {"k": 1})
        assert frame["d"][0] == pd.Timestamp("2026-01-02")
        assert frame["e"][0] == b"hi"
    array, _ = parse_serving_input({"instances": [[1, 2]]}, TENSOR)
    assert (array.dtype, array.tolist()) == ("float32", [[1.0, 2.0]])
    for rows in ({"x": [1, 2]}, [{"x": 1}, {"x": 2}]):
        arrays, _ = parse_serving_input({"inputs": rows}, NAMED)
        assert arrays["x"].tolist() == [1, 2]
    assert parse_serving_input({"inputs": [1]}, None) == ([1], None)
    chat = {"messages": [{"role": "user", "content": "hi"}]}
    assert parse_serving_input(chat, None) == (chat, None)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{", "not JSON"),
        ("[1]", "a JSON object or a dictionary, not list"),
        (5, "a JSON object or a dictionary, not int"),
        ("{}", "exactly one of the keys"),
        ('{"inputs": [1], "instances": [1]}', "exactly one of the keys"),
        ('{"inputs": [1], "more": 1}', "exactly one of the keys"),
    ],
)
def test_what_is_no_request_is_refused(body: Any, says: str) -> None:
    with pytest.raises(InvalidParameter, match=says):
        parse_serving_input(body, None)


@pytest.mark.parametrize(
    "example",
    [
        np.array([[1, 2.5]], dtype="float32"),
        {"a": np.array([1, 2], dtype="uint8"), "b": np.array(["x", "y"])},
        pd.DataFrame({"a": np.array([1], "int32"), "b": np.array([1.5], "float32")}),
        pd.DataFrame({"when": pd.to_datetime(["2026-01-02"]), "what": [b"raw"]}),
    ],
)
@pytest.mark.filterwarnings("ignore:the inferred signature has integer columns")
def test_an_example_is_input_of_the_model_that_it_comes_from(example: Any, tmp_path: Path) -> None:
    model = Manifest(signature=infer_signature(example))
    model.saved_input_example_info = save_example(example, tmp_path)
    found = model.load_input_example(str(tmp_path))
    schema = model.get_input_schema()
    if isinstance(example, pd.DataFrame):
        enforced = enforce_inputs(found, schema)
        pd.testing.assert_frame_equal(enforced, enforce_inputs(example, schema), check_dtype=False)
    elif isinstance(example, dict):
        enforced = enforce_inputs(found, schema)
        assert {name: value.tolist() for name, value in enforced.items()} == {
            name: value.tolist() for name, value in example.items()
        }
    else:
        assert enforce_inputs(found, schema).tolist() == example.tolist()
