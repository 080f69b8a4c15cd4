"""Blocks of a series say of its points what the points say themselves, whatever came when."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from millstream.entities import metrics as m
from millstream.entities import runs as r
from millstream.store.sql import metric_blocks
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.fixtures import new_run

SIZE = 3
Point = tuple[int, int, float]  # step, timestamp, value

values = st.sampled_from([-math.inf, -2.0, 0.0, 0.5, 7.0, math.inf, math.nan])
points = st.tuples(st.integers(0, 40), st.integers(0, 3), values)
writes = st.lists(st.tuples(st.lists(points, min_size=1, max_size=12), st.integers(0, 6)))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'millstream.db'}")
    yield database
    database.close()


def place(point: Point) -> tuple[int, int, float]:
    step, timestamp, value = point
    return step, timestamp, 0.0 if math.isnan(value) else value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes, st.integers(0, 40), st.integers(0, 40), st.integers(1, 4))
def test_series_from_blocks_are_those_of_the_points(
    database: Database,
    written: list[tuple[list[Point], int]],
    one: int,
    other: int,
    buckets: int,
) -> None:
    store = SqlStore(database, "/artifacts")
    run_id = new_run(store, "0")
    logged: dict[tuple[int, int, str], Point] = {}
    for batch, most in written:
        metrics = [m.Metric("m", value, timestamp, step) for step, timestamp, value in batch]
        store.runs.log_batch(r.LogBatch(run_id, metrics)).result()
        logged |= {(step, time, repr(value)): (step, time, value) for step, time, value in batch}
        series = _series(database, run_id)
        database.write(metric_blocks.summarise, *series, most, SIZE).result()
    start, end = sorted((one, other))
    inside = [point for point in logged.values() if start <= point[0] <= end]
    page = store.metrics.get_series(m.GetSeries([run_id], ["m"], start, end, buckets))
    if not inside:
        assert page.series == []
        return
    (found,) = page.series
    assert found.total == len(inside)
    shown = list(zip(found.steps, found.timestamps, map(repr, found.values), strict=True))
    assert len(shown) == len(set(shown))
    assert set(shown) <= logged.keys()
    assert {place(min(inside, key=place))[:2], place(max(inside, key=place))[:2]} <= {
        point[:2] for point in shown
    }
    numbers = [value for _, _, value in inside if not math.isnan(value)]
    extremes = {repr(min(numbers)), repr(max(numbers))} if numbers else set()
    assert extremes <= {value for _, _, value in shown}
    for block in _blocks(database, run_id):
        within = [p for p in logged.values() if block.first[0] <= p[0] <= block.last[0]]
        assert block.points == len(within) >= SIZE


def test_logging_in_order_makes_blocks_and_keeps_them(database: Database) -> None:
    store = SqlStore(database, "/artifacts")
    run_id = new_run(store, "0")
    for start in range(0, 20_000, 1_000):
        metrics = [m.Metric("m", step % 7, step * 10, step) for step in range(start, start + 1_000)]
        store.runs.log_batch(r.LogBatch(run_id, metrics)).result()
    blocks = _blocks(database, run_id)
    assert {block.points for block in blocks} == {metric_blocks.POINTS_OF_A_BLOCK}
    assert len(blocks) >= 17
    assert [block.first[0] for block in blocks] == [1_024 * at for at in range(len(blocks))]


@pytest.mark.parametrize("points", [1, 10])
def test_blocks_are_due_once_in_so_many_points(points: int) -> None:
    start = 1_700_000_000_000
    steps = range(0, 100_000, points)
    due = [step for step in steps if metric_blocks.is_due(step, start + step, points)]
    assert 60 <= len(due) <= 140
    assert metric_blocks.is_due(0, 0, metric_blocks.POINTS_OF_A_BLOCK)


def _series(database: Database, run_id: str) -> tuple[int, int]:
    sql = (
        "SELECT r.run_key, k.key_id FROM runs r JOIN latest_metrics l ON l.run_key = r.run_key "
        'JOIN "keys" k ON k.key_id = l.key_id WHERE r.run_id = ?'
    )
    ((run_key, key_id),) = database.read(lambda reader: reader.execute(sql, (run_id,)))
    return run_key, key_id


def _blocks(database: Database, run_id: str) -> list[metric_blocks.Block]:
    series = _series(database, run_id)
    found = database.read(metric_blocks.Blocks, series, (-(2**63), 2**63 - 1))
    return list(found.merged(0, 1))
