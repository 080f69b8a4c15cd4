"""Predictions become the JSON that MLflow's server writes, or the form that the client prefers."""

from __future__ import annotations

import datetime
import decimal
import json
import math
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from millstream.errors import MillstreamError
from millstream.serving.payloads import Request, encode

WRAPPED = Request(None)
FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", None]})


def answered(predictions: Any) -> Any:
    body, media_type = encode(predictions, WRAPPED)
    assert media_type == b"application/json"
    return json.loads(body)["predictions"]


@pytest.mark.parametrize(
    ("predictions", "expected"),
    [
        (np.array([1.5, 2.0]), [1.5, 2.0]),
        (np.array([[1, 2]]), [[1, 2]]),
        (np.array(5), 5),
        (np.array([True]), [True]),
        (np.array([0.1], dtype="float32"), [0.10000000149011612]),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array([1, None, "x", b"ab"], dtype=object), [1, None, "x", "YWI=\n"]),
        (np.array(["2026-01-01"], dtype="datetime64[D]"), ["2026-01-01"]),
        (np.float32(0.5), 0.5),
        ([np.float32(0.5), np.int64(3), np.array([1])], [0.5, 3, [1]]),
        ((1, 2), [1, 2]),
        ({"a": np.array([1.0]), 2: np.int64(3)}, {"a": [1.0], "2": 3}),
        (pd.Series([1, 2]), [{"0": 1}, {"0": 2}]),
        (pd.Series([1.5], name="y"), [{"y": 1.5}]),
        (pd.DataFrame([[1, 2]]), [{"0": 1, "1": 2}]),
        (pd.DataFrame(), []),
        (pd.DataFrame({"d": pd.to_datetime(pd.Series(["2026-01-01", None]))}),
         [{"d": "2026-01-01T00:00:00"}, {"d": "NaT"}]),
        (pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), [{"a": 1}, {"a": None}]),
        (pd.DataFrame({"a": [{"x": np.float64(1)}], "b": [b"ab"]}),
         [{"a": {"x": 1.0}, "b": "YWI=\n"}]),
        ("text", "text"),
        (b"ab", "YWI=\n"),
        (None, None),
        (True, True),
        (datetime.datetime(2026, 1, 1, 2), "2026-01-01T02:00:00"),
        (datetime.date(2026, 1, 1), "2026-01-01"),
        (np.datetime64("2026-01-01"), "2026-01-01"),
        (decimal.Decimal("1.5"), 1.5),
    ],
    ids=repr,
)  # fmt: skip
def test_predictions_have_the_form_of_mlflow(predictions: Any, expected: Any) -> None:
    assert answered(predictions) == expected


@pytest.mark.parametrize(
    "predictions",
    [np.array([1.0, math.nan, math.inf]), [1.0, math.nan, math.inf], pd.Series([math.nan])],
    ids=repr,
)
def test_numbers_that_json_cannot_write_have_their_names(predictions: Any) -> None:
    body, _ = encode(predictions, WRAPPED)
    assert b"NaN" in body
    assert (b"Infinity" in body) is (len(predictions) == 3)
    assert math.isnan(np.ravel(pd.DataFrame(json.loads(body)["predictions"]).to_numpy())[-3:].min())


def test_answers_to_language_models_are_not_wrapped() -> None:
    body, _ = encode({"choices": ["hi"]}, Request(None, wrapped=False))
    assert json.loads(body) == {"choices": ["hi"]}


def test_half_characters_of_a_model_do_no_harm() -> None:
    assert json.loads(encode("\ud800", WRAPPED)[0])["predictions"] == "\ud800"


@pytest.mark.parametrize("predictions", [object(), {1, 2}, [object()], 1 + 2j])
def test_an_answer_without_a_form_is_named(predictions: Any) -> None:
    with pytest.raises(MillstreamError, match="has no form in JSON") as caught:
        encode(predictions, WRAPPED)
    assert caught.value.status == 500


class TestAccept:
    @pytest.mark.parametrize(
        "accept",
        [None, "*/*", "application/json", "text/html,*/*;q=0.8", "text/csv;q=0", "text/csv;q=x",
         "image/png", "text/csv;q=0.5, application/json", "\x00;;;=,"],
    )  # fmt: skip
    def test_that_prefers_nothing_else_gets_json(self, accept: str | None) -> None:
        assert encode(np.array([1.0]), WRAPPED, accept)[1] == b"application/json"

    def test_may_ask_for_message_pack(self) -> None:
        body, media_type = encode(np.array([1.5]), WRAPPED, "application/msgpack")
        assert media_type == b"application/msgpack"
        assert msgspec.msgpack.decode(body) == {"predictions": [1.5]}

    @pytest.mark.parametrize(
        ("predictions", "expected"),
        [
            (np.array([1.5, 2]), "predictions\n1.5\n2.0\n"),
            (np.array([[1, 2]]), "0,1\n1,2\n"),
            ({"a": [1], "b": ["x,y"]}, 'a,b\n1,"x,y"\n'),
            (pd.DataFrame({"a": [1]}), "a\n1\n"),
        ],
        ids=repr,
    )
    def test_may_ask_for_csv(self, predictions: Any, expected: str) -> None:
        body, media_type = encode(predictions, WRAPPED, "text/csv")
        assert (body.decode(), media_type) == (expected, b"text/csv")

    def test_gets_json_where_csv_has_no_room(self) -> None:
        assert encode("text", WRAPPED, "text/csv")[1] == b"application/json"
        assert encode([2**70], WRAPPED, "application/msgpack")[1] == b"application/json"
