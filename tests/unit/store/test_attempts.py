"""Whatever is logged and resumed in whichever order, the series are those of the model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from millstream.entities import attempts as a
from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.errors import InvalidParameter
from millstream.store.sql import gc, metric_blocks
from millstream.store.sql.database import Database
from millstream.store.sql.drivers.sqlite import SqliteConnection
from millstream.store.sql.store import SqlStore
from millstream.store.sql.transaction import Transaction
from millstream.testing.attempts import log, points_of, resume
from millstream.testing.fixtures import new_experiment, new_run

SIZE = 3
Point = tuple[int, float, int]  # step, value, timestamp

values = st.sampled_from([-math.inf, -2.0, 0.5, 7.0, math.inf])
points = st.tuples(st.integers(0, 12), values, st.integers(0, 40).map(lambda place: place * 1_000))
batches = st.lists(points, min_size=1, max_size=8)
resumes = st.tuples(st.integers(-1, 12), st.integers(0, 40).map(lambda place: place * 1_000 + 500))
steps = st.one_of(batches, resumes, st.integers(0, 4))


class Model:
    """What a run has: all points ever logged, and when it went on from which step."""

    def __init__(self) -> None:
        self.logged: set[Point] = set()
        self.resumes: list[tuple[int, int]] = []

    def attempt_of(self, point: Point) -> int | None:
        """The attempt that a point was left behind with; None if it is the run's."""
        step, _, time = point
        number = sum(time >= began for _, began in self.resumes)
        left = any(step > kept for kept, _ in self.resumes[number:])
        return number + 1 if left else None

    def points(self, attempt: int | None = None) -> list[Point]:
        return sorted(point for point in self.logged if self.attempt_of(point) == attempt)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'millstream.db'}")
    yield database
    database.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=14), st.integers(-1, 12))
def test_any_order_of_points_and_resumes_is_the_model(
    database: Database, done: list[Any], fork_step: int
) -> None:
    store = SqlStore(database, "/artifacts")
    experiment_id = new_experiment(store)
    run_id = new_run(store, experiment_id)
    model, asked = Model(), list[tuple[int, int]]()
    for each in done:
        if isinstance(each, list):
            log(store, run_id, each)
            log(store, run_id, each)
            model.logged |= set(each)
        elif isinstance(each, int):
            _summarise(database, run_id, each)
        else:
            asked.append(each)
            _resume(store, run_id, model, each)
    known = list(model.resumes)
    for each in asked:
        _resume(store, run_id, model, each)
    assert model.resumes == known
    if model.logged:
        log(store, run_id, sorted(model.logged))
    _check(store, experiment_id, run_id, model.points())
    for number in range(1, len(model.resumes) + 2):
        assert points_of(store, run_id, attempt=number) == model.points(number)
    fork_id = store.attempts.fork(a.ForkRun(run_id, fork_step)).result().run_id
    _check(store, experiment_id, fork_id, [it for it in model.points() if it[0] <= fork_step])


def _resume(store: SqlStore, run_id: str, model: Model, asked: tuple[int, int]) -> None:
    """Go on from a step at a time; a time before another attempt's is refused."""
    try:
        attempt = resume(store, run_id, *asked)
    except InvalidParameter:
        assert asked[1] < model.resumes[-1][1]
        return
    began = (asked[0], attempt.start_time)
    if began not in model.resumes:
        model.resumes.append(began)


def _check(store: SqlStore, experiment_id: str, run_id: str, expected: list[Point]) -> None:
    """Everything that is said of the metric is what the points say."""
    assert points_of(store, run_id) == expected
    columns = [rt.Column("metric", "loss", part) for part in ("last", "min", "max")]
    table = store.runs.get_table(rt.GetRunTable([experiment_id], columns=columns))
    place = table.run_ids.index(run_id)
    told = [it.numbers[place] if it.numbers else None for it in table.columns]
    page = store.metrics.get_series(m.GetSeries([run_id], ["loss"], buckets=1))
    if not expected:
        assert told == [None] * 3
        assert page.series == []
        return
    numbers = [value for _, value, _ in expected]
    latest = max(expected, key=lambda point: (point[0], point[2], point[1]))
    assert told == [latest[1], min(numbers), max(numbers)]
    (point,) = store.runs.get(r.RunId(run_id)).data.metric_list
    assert (point.step, point.value, point.timestamp) == latest
    (series,) = page.series
    assert series.total == len(expected)
    assert (min(series.values), max(series.values)) == (min(numbers), max(numbers))
    shown = zip(series.steps, series.values, series.timestamps, strict=True)
    assert set(shown) <= set(expected)


def _summarise(database: Database, run_id: str, most: int) -> None:
    def make(transaction: Transaction) -> None:
        rows = transaction.execute(
            "SELECT l.run_key, l.key_id FROM latest_metrics l JOIN runs r ON r.run_key = l.run_key "
            "WHERE r.run_id = ?",
            (run_id,),
        )
        for run_key, key_id in rows:
            metric_blocks.summarise(transaction, run_key, key_id, most, SIZE)

    database.write(make).result()


def test_resuming_takes_as_many_statements_for_any_number_of_metrics(database: Database) -> None:
    store = SqlStore(database, "/artifacts")
    counts = []
    for metrics in (1, 1, 40):  # the first one makes the name of the tag
        run_id = new_run(store, "0")
        for number in range(metrics):
            log(store, run_id, [(1, 1.0, 1), (2, 2.0, 2)], f"metric-{number}")
        counts.append(_statements(database, a.StartAttempt(run_id, 1, 100), store))
    assert counts[1] == counts[2] > 0


def _statements(database: Database, request: a.StartAttempt, store: SqlStore) -> int:
    counted: list[str] = []
    database.write(_trace, counted.append).result()
    store.attempts.start(request).result()
    database.write(_trace, None).result()
    return len(counted)


def _trace(transaction: Transaction, listen: Callable[[str], None] | None) -> None:
    connection = transaction.connection
    assert isinstance(connection, SqliteConnection)
    connection._connection.set_trace_callback(listen)


def test_what_was_left_behind_goes_with_its_run(database: Database) -> None:
    store = SqlStore(database, "/artifacts")
    experiment_id = new_experiment(store)
    run_id, other = (new_run(store, experiment_id) for _ in range(2))
    for each in (run_id, other):
        log(store, each, [(1, 1.0, 1), (2, 2.0, 2)])
        resume(store, each, 1, 100)
    store.runs.delete(r.RunId(run_id)).result()
    gc.remove_garbage(database, gc.find_garbage(database, "/artifacts", run_ids=[run_id]))
    assert points_of(store, other, attempt=1) == [(2, 2.0, 2)]
    store.experiments.delete(e.ExperimentId(experiment_id)).result()
    gc.remove_garbage(
        database, gc.find_garbage(database, "/artifacts", experiment_ids=[experiment_id])
    )
    rest = database.read(lambda reader: reader.execute("SELECT COUNT(*) FROM metrics"))
    assert rest == [(0,)]
