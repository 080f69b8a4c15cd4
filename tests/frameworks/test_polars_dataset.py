"""Frames of polars are described as MLflow describes them."""

from __future__ import annotations

import datetime
import json
from typing import Any

import polars
import pytest

from millstream.client.data import api as data
from millstream.errors import InvalidParameter

ROWS = {"a": [1, 2, 3], "t": ["x", None, "y"], "y": [0.5, 1.0, 2.0]}


def test_a_frame_is_described() -> None:
    frame = polars.DataFrame(ROWS)
    dataset = data.from_polars(frame, "x.csv", "y", "prices", predictions="a")
    described = dataset.to_dict()
    assert (described["name"], described["source"]) == ("prices", '{"uri": "x.csv"}')
    assert json.loads(described["schema"]) == {
        "mlflow_colspec": [
            {"type": "long", "name": "a", "required": True},
            {"type": "string", "name": "t", "required": False},
            {"type": "double", "name": "y", "required": True},
        ]
    }
    assert json.loads(described["profile"]) == {"num_rows": 3, "num_elements": 9}
    assert (dataset.df is frame, dataset.targets, dataset.predictions) == (True, "y", "a")


def test_every_type_has_a_name() -> None:
    kinds: dict[str, Any] = {
        "on": polars.Boolean(),
        "small": polars.UInt8(),
        "wide": polars.UInt64(),
        "half": polars.Float32(),
        "exact": polars.Decimal(10, 2),
        "raw": polars.Binary(),
        "day": polars.Date(),
        "sort": polars.Categorical(),
        "words": polars.List(polars.String()),
        "pair": polars.Array(polars.Int32(), 2),
        "box": polars.Struct({"w": polars.Int64()}),
        "span": polars.Duration(),
    }
    schema = data.from_polars(polars.DataFrame(schema=kinds)).schema["mlflow_colspec"]
    wanted: dict[str, Any] = {
        "on": {"type": "boolean"},
        "small": {"type": "integer"},
        "wide": {"type": "long"},
        "half": {"type": "float"},
        "exact": {"type": "double"},
        "raw": {"type": "binary"},
        "day": {"type": "datetime"},
        "sort": {"type": "string"},
        "words": {"type": "array", "items": {"type": "string"}},
        "pair": {"type": "array", "items": {"type": "integer"}},
        "box": {"type": "object", "properties": {"w": {"type": "long", "required": False}}},
        "span": {"type": "any"},
    }
    assert schema == [{**kind, "name": name, "required": True} for name, kind in wanted.items()]


def test_the_digest_is_of_the_rows() -> None:
    frame = polars.DataFrame({**ROWS, "l": [[1], [], [2]], "d": [datetime.date(2026, 1, 1)] * 3})
    digest = data.from_polars(frame).digest
    assert len(digest) == 8
    assert data.from_polars(polars.concat([frame[:1], frame[1:]])).digest == digest
    assert data.from_polars(frame.reverse()).digest != digest
    assert data.from_polars(frame, digest="1234").digest == "1234"


@pytest.mark.parametrize("kind", ["lazy", "mapping"])
def test_anything_but_a_frame_is_refused(kind: str) -> None:
    given: dict[str, Any] = {"lazy": polars.DataFrame(ROWS).lazy(), "mapping": ROWS}
    with pytest.raises(InvalidParameter, match="must be a DataFrame of polars"):
        data.from_polars(given[kind])


@pytest.mark.parametrize("role", ["targets", "predictions"])
def test_a_column_that_is_not_there_is_refused(role: str) -> None:
    options: dict[str, Any] = {role: "z"}
    with pytest.raises(InvalidParameter, match=f"the specified {role} column 'z'"):
        data.from_polars(polars.DataFrame(ROWS), **options)
