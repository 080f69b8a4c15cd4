"""Over HTTP: what is valid is answered, what is not is refused, and the server lives on."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.serving.test_process import Running

from millstream.integrations import pyfunc
from millstream.model_format.params import ParamSchema, ParamSpec
from millstream.model_format.schema import ColSpec, Schema
from millstream.model_format.signature import ModelSignature

FUZZ = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
LONGS = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ROW = st.tuples(FINITE, LONGS, TEXT, st.booleans())
COLUMNS = ["d", "l", "s", "b"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
KEYS = st.sampled_from(["inputs", "instances", "dataframe_split", "dataframe_records", "data"])
NUMPY = ("RuntimeWarning: overflow encountered in matmul", "return X @ coef_ + self.intercept_")
PATHS = ["/invocations", "/models/linear/invocations", "/v2/models/columns/infer"]
PATHS += ["/models/unsigned/invocations", "/v2/models/linear/infer"]


def save_counting(folder: Path, **options: Any) -> Path:
    class Counting(pyfunc.PythonModel):
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ARG002  # PythonModel's form
            return [len(model_input)]

    pyfunc.save_model(folder, python_model=Counting(), **options)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, linear: Path) -> Iterator[Running]:
    """A model with columns and params, one of tensors, one without a signature.

    Whatever it says on the way, but for NumPy's warnings of large numbers, nobody foresaw.
    """
    folder = tmp_path_factory.mktemp("fuzz")
    columns = zip(["double", "long", "string", "boolean"], COLUMNS, strict=True)
    schema = Schema([ColSpec(kind, name) for kind, name in columns])
    signature = ModelSignature(schema, params=ParamSchema([ParamSpec("n", "long", 3)]))
    signed = save_counting(folder / "columns", signature=signature)
    running = Running(signed, linear, save_counting(folder / "unsigned"))
    running.until_ready()
    yield running
    assert running.process.poll() is None
    code, said = running.end()
    assert code == 0
    assert [line for line in said.splitlines() if not line.endswith(NUMPY)] == []


def post(
    server: Running, path: str, body: bytes, kind: str = "application/json"
) -> urllib3.BaseHTTPResponse:
    headers = {"Content-Type": kind}
    return server.pool.request("POST", server.url + path, body=body, headers=headers)


@FUZZ
@given(rows=st.lists(ROW, min_size=1, max_size=5), n=LONGS)
def test_valid_rows_are_answered_in_every_form(server: Running, rows: list[Any], n: int) -> None:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    records = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    forms: list[dict[str, Any]] = [
        {"dataframe_split": {"columns": COLUMNS, "data": rows}},
        {"dataframe_records": records},
        {"inputs": records},
        {"inputs": {name: [record[name] for record in records] for name in COLUMNS}},
        {"instances": records},
        {"data": rows},
    ]
    for form in forms:
        answer = post(server, "/invocations", json.dumps({**form, "params": {"n": n}}).encode())
        assert (answer.status, answer.json()) == (200, {"predictions": [len(rows)]}), form
    # pandas leaves a carriage return without quotes, and then it ends the line.
    table = frame.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC).encode()
    answer = post(server, "/invocations", table, "text/csv")
    assert answer.status == 200, answer.data


@FUZZ
@given(rows=st.lists(st.tuples(FINITE, FINITE, FINITE), min_size=1, max_size=5))
def test_valid_tensors_are_answered_in_both_protocols(server: Running, rows: list[Any]) -> None:
    answer = post(server, "/models/linear/invocations", json.dumps({"inputs": rows}).encode())
    assert answer.status == 200
    flat = [value for row in rows for value in row]
    tensor = {"name": "x", "shape": [len(rows), 3], "datatype": "FP64", "data": flat}
    answer = post(server, "/v2/models/linear/infer", json.dumps({"inputs": [tensor]}).encode())
    assert answer.status == 200


@pytest.mark.parametrize("path", PATHS)
@FUZZ
@given(content=JSON | st.dictionaries(KEYS, JSON, max_size=2))
def test_no_json_is_an_error_of_the_server(server: Running, path: str, content: Any) -> None:
    answer = post(server, path, json.dumps(content).encode())
    assert answer.status in (200, 400), answer.data
    assert answer.json()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "text/csv",
        "application/msgpack",
        "application/vnd.apache.parquet",
        "application/vnd.apache.arrow.stream",
        "anything; charset=utf-8",
    ],
)
@FUZZ
@given(body=st.binary(max_size=60))
def test_no_bytes_are_an_error_of_the_server(
    server: Running, path: str, kind: str, body: bytes
) -> None:
    assert post(server, path, body, kind).status in (200, 400, 413, 415, 501)


@FUZZ
@given(
    kind=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    accept=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    length=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8),
)
def test_no_headers_are_an_error_of_the_server(
    server: Running, kind: str, accept: str, length: str
) -> None:
    headers = {
        "Content-Type": kind.strip(),
        "Accept": accept.strip(),
        "Inference-Header-Content-Length": length.strip(),
    }
    body = b'{"inputs": [[1, 2, 3]]}'
    for path in ("/models/linear/invocations", "/v2/models/linear/infer"):
        answer = server.pool.request("POST", server.url + path, body=body, headers=headers)
        assert answer.status in (200, 400, 406, 415)
