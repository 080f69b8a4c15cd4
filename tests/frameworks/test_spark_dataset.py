"""Frames of Spark are described as MLflow describes them, in a local session."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import types as kinds

import millstream
from millstream.client.data import api as data
from millstream.client.data import spark_dataset
from millstream.errors import InvalidParameter, NotSupported


@pytest.fixture(scope="module")
def session() -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    built = builder.config("spark.driver.host", "127.0.0.1").getOrCreate()
    yield built
    built.stop()


@pytest.fixture
def frame(session: SparkSession) -> Any:
    rows = [(1, "x", 0.5), (2, None, 1.0)]
    return session.createDataFrame(rows, "a bigint not null, t string, y double")


def test_a_frame_is_described(frame: Any) -> None:
    dataset = data.from_spark(frame, targets="y", name="prices", predictions="a")
    described = dataset.to_dict()
    assert (described["name"], described["source_type"]) == ("prices", "code")
    assert json.loads(described["schema"]) == {
        "mlflow_colspec": [
            {"type": "long", "name": "a", "required": True},
            {"type": "string", "name": "t", "required": False},
            {"type": "double", "name": "y", "required": False},
        ]
    }
    assert json.loads(described["profile"]) == {"approx_count": 2}
    assert (dataset.df is frame, dataset.targets, dataset.predictions) == (True, "y", "a")


def test_every_type_has_a_name(session: SparkSession) -> None:
    wanted: dict[str, tuple[kinds.DataType, dict[str, Any]]] = {
        "on": (kinds.BooleanType(), {"type": "boolean"}),
        "small": (kinds.ShortType(), {"type": "integer"}),
        "half": (kinds.FloatType(), {"type": "float"}),
        "exact": (kinds.DecimalType(10, 2), {"type": "double"}),
        "raw": (kinds.BinaryType(), {"type": "binary"}),
        "day": (kinds.DateType(), {"type": "datetime"}),
        "when": (kinds.TimestampNTZType(), {"type": "datetime"}),
        "words": (
            kinds.ArrayType(kinds.StringType()),
            {"type": "array", "items": {"type": "string"}},
        ),
        "counts": (
            kinds.MapType(kinds.StringType(), kinds.LongType()),
            {"type": "map", "values": {"type": "long"}},
        ),
        "box": (
            kinds.StructType([kinds.StructField("w", kinds.IntegerType(), False)]),
            {"type": "object", "properties": {"w": {"type": "integer", "required": True}}},
        ),
        "span": (kinds.DayTimeIntervalType(), {"type": "any"}),
    }
    fields = [kinds.StructField(name, kind) for name, (kind, _) in wanted.items()]
    empty = session.createDataFrame([], kinds.StructType(fields))
    assert data.from_spark(empty).schema["mlflow_colspec"] == [
        {**told, "name": name, "required": False} for name, (_, told) in wanted.items()
    ]


def test_rows_that_were_not_counted_in_time_are_not_told_as_none(
    frame: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(row: Any) -> tuple[int]:
        time.sleep(1)
        return (row.a,)

    monkeypatch.setattr(spark_dataset, "_COUNT_MILLISECONDS", 1)
    slow = frame.rdd.map(late).toDF("a bigint")
    assert data.from_spark(slow).profile == {}


def test_the_digest_is_of_the_plan(session: SparkSession) -> None:
    first, again = (session.range(5).selectExpr("id + 1 as n") for _ in range(2))
    digest = data.from_spark(first).digest
    assert data.from_spark(again).digest == digest
    assert data.from_spark(session.range(6).selectExpr("id + 1 as n")).digest != digest
    assert data.from_spark(first, digest="1234").digest == "1234"


@pytest.mark.usefixtures("own_store")
def test_a_path_and_a_table_lead_back_to_the_rows(
    frame: Any, session: SparkSession, tmp_path: Path
) -> None:
    path = str(tmp_path / "rows.parquet")
    frame.write.parquet(path)
    frame.createOrReplaceTempView("rows")
    with millstream.start_run() as run:
        millstream.log_input(data.from_spark(frame, path=path), "training")
        millstream.log_input(data.from_spark(frame.limit(2), table_name="rows"), "testing")
    used = millstream.get_run(run.info.run_id).inputs.dataset_inputs
    assert {one.dataset.source_type for one in used} == {"spark"}
    sources = [data.get_source(one) for one in used]
    expected = [{"path": path}, {"table_name": "rows"}]
    assert sorted(map(str, map(dict, (one.to_dict() for one in sources)))) == sorted(
        map(str, expected)
    )
    for source in sources:
        assert sorted(row.a for row in source.load().collect()) == [1, 2]


def test_a_statement_is_told_and_not_run(frame: Any) -> None:
    source = data.from_spark(frame, sql="DROP TABLE rows").source
    assert (source.kind, source.to_dict()) == ("spark", {"sql": "DROP TABLE rows"})
    with pytest.raises(NotSupported, match="DROP TABLE rows"):
        source.load()


def test_a_version_is_one_of_a_delta_table(frame: Any) -> None:
    source = data.from_spark(frame, path="/rows", version="3").source
    assert source.kind == "delta_table"
    assert source.to_dict() == {"path": "/rows", "delta_table_version": 3}
    assert data.from_spark(frame, version="3").source.kind == "code"
    # This session knows nothing of Delta, and says so.
    with pytest.raises(Py4JJavaError, match=r"DATA_SOURCE_NOT_FOUND.*delta"):
        source.load()
    with pytest.raises((Py4JJavaError, PySparkException), match="nowhere"):
        data.load_delta(table_name="nowhere", version="3")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": "/x", "sql": "SELECT 1"}, "at most one of .*, not path, sql"),
        ({"targets": "z"}, "the specified targets column 'z'"),
        ({"path": "/x", "version": "new"}, "is a number, not 'new'"),
    ],
)
def test_what_contradicts_itself_is_refused(
    frame: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidParameter, match=message):
        data.from_spark(frame, **options)


def test_what_is_no_frame_of_spark_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="must be a DataFrame of Spark, but it is a"):
        data.from_spark(pandas.DataFrame({"a": [1]}))
    with pytest.raises(InvalidParameter, match="exactly one of `table_name` or `path`"):
        data.load_delta()
