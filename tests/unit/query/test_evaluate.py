"""The plain evaluation, to which the SQL is held: its own corners."""

from __future__ import annotations

import math

import pytest

from millstream.query.evaluate import Record, Summary, in_order, matches
from millstream.query.ordering import parse_order
from millstream.query.parser import parse
from millstream.query.vocabulary import RUNS

RECORD = Record(
    attributes={"status": "FINISHED", "start_time": 5, "end_time": None},
    metrics={
        "nan": Summary(value=math.nan),
        "inf": Summary(value=math.inf, max=1.0, max_step=3),
        "zero": Summary(value=0.0),
    },
    params={"lr": "0.010", "name": "Tree"},
    numbers={"lr": 0.01},
    tags={"team": "Red"},
    datasets=[{"name": "a", "digest": "1"}, {"name": "b", "digest": "2", "context": "train"}],
)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("metrics.nan != 1", True),
        ("metrics.nan = 0", False),
        ("metrics.nan <= 0", False),
        ("metrics.nan NOT BETWEEN 0 AND 1", True),
        ("metrics.nan IS NOT NULL", True),
        ("metrics.inf > 1e308", True),
        ("metrics.inf >= 1e999", True),
        ("metrics.inf.max = 1 AND metrics.inf.max_step = 3", True),
        ("metrics.inf.min IS NULL", True),
        ("metrics.none != 1", False),
        ("NOT metrics.none = 1", True),
        ("params.lr = 0.01", True),
        ("params.lr = '0.01'", False),
        ("params.name != 5", False),
        ("params.name ILIKE 'tREE'", True),
        ("params.name LIKE 'tree'", False),
        ("tags.team NOT IN ('Blue')", True),
        ("tags.none NOT IN ('Blue')", False),
        ("end_time > 0 OR end_time <= 0", False),
        ("end_time IS NULL", True),
        ("dataset.name != 'a'", True),
        ("dataset.context = 'train' AND dataset.name = 'a'", True),
        ("dataset.context = 'test'", False),
        ("status RLIKE '^FIN'", True),
    ],
)
def test_matches(text: str, outcome: bool) -> None:
    assert matches(parse(text, RUNS), RECORD) is outcome


@pytest.mark.parametrize(
    ("clause", "order"),
    [("metrics.m ASC", [1.0, 2.0, math.nan, None]), ("metrics.m DESC", [2.0, 1.0, math.nan, None])],
)
def test_missing_values_come_last_and_nan_before_them(
    clause: str, order: list[float | None]
) -> None:
    records = [
        Record(metrics={} if value is None else {"m": Summary(value=value)})
        for value in (None, math.nan, 2.0, 1.0)
    ]
    found = in_order(records, parse_order([clause], RUNS))
    values = [record.metrics["m"].value if record.metrics else None for record in found]
    assert repr(values) == repr(order)
