"""Bodies of `POST /invocations`, as Azure's own server of models takes and gives them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from millstream.deploy.azureml.deployments import overlap
from millstream.deploy.azureml.scoring import from_azure, to_azure
from millstream.errors import InvalidParameter, MillstreamError

TABLE = {"columns": ["a", "b"], "index": [0, 1], "data": [[1, 2], [3, None]]}


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ({"dataframe_split": TABLE}, {"input_data": TABLE}),
        ({"dataframe_records": [{"a": 1, "b": 2}, {"a": 3}]}, {"input_data": TABLE}),
        (
            {"inputs": {"x": [1]}, "params": {"n": 2}},
            {"input_data": {"x": [1]}, "params": {"n": 2}},
        ),
        ({"instances": [[1]]}, {"input_data": [[1]]}),
        ({"input_data": [[1]]}, {"input_data": [[1]]}),
    ],
)
def test_an_input_is_translated(said: Any, sent: Any) -> None:
    assert json.loads(to_azure(json.dumps(said).encode())) == sent


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "not JSON"),
        (b"[1]", "no object"),
        (b'{"rows": [1]}', "The input has rows; it has one of dataframe_split"),
        (b'{"dataframe_records": [1]}', "a list of objects"),
    ],
)
def test_what_is_no_input_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        to_azure(body)


def test_an_answer_gets_its_name() -> None:
    assert json.loads(from_azure(b"[1, 2]")) == {"predictions": [1, 2]}
    assert from_azure(b'{"predictions": [1]}') == b'{"predictions": [1]}'
    with pytest.raises(MillstreamError, match="not JSON"):
        from_azure(b"<html>")


def test_what_was_printed_is_told_once() -> None:
    assert overlap([], ["a"]) == 0
    assert overlap(["a", "b"], ["b", "c"]) == 1
    assert overlap(["a", "b"], ["a", "b"]) == 2
    assert overlap(["a", "b"], ["c"]) == 0
