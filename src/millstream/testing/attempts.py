"""The contract of going on with a run from an earlier step."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from millstream.entities import attempts as a
from millstream.entities import metrics as m
from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.errors import InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, get_run, new_run

PARTS: tuple[rt.Aggregate, ...] = ("last", "min", "max")

Points = list[tuple[int, float, int]]
"""(step, value, timestamp)"""


def log(store: Store, run_id: str, points: Points, key: str = "loss") -> None:
    """Log points in one batch."""
    metrics = [m.Metric(key, value, timestamp, step) for step, value, timestamp in points]
    store.runs.log_batch(r.LogBatch(run_id, metrics)).result()


def resume(store: Store, run_id: str, step: int, time: int) -> a.Attempt:
    """Go on from a step at a time."""
    return store.attempts.start(a.StartAttempt(run_id, step, time)).result()


def points_of(store: Store, run_id: str, key: str = "loss", attempt: int | None = None) -> Points:
    """The points of a run, or what was left behind of an attempt, by step."""
    request = m.GetMetricHistory(run_id, key, attempt=attempt)
    found = store.metrics.get_history(request).metrics
    return sorted((point.step, point.value, point.timestamp) for point in found)


def steps_of(store: Store, run_id: str, key: str = "loss", attempt: int | None = None) -> list[int]:
    """The steps of these points."""
    return [step for step, _, _ in points_of(store, run_id, key, attempt)]


def _series(store: Store, run_id: str, attempt: int | None = None) -> list[m.Series]:
    request = m.GetSeries([run_id], ["loss"], buckets=20, attempt=attempt)
    return store.metrics.get_series(request).series


def _long(steps: Sequence[int], first_time: int) -> Points:
    return [(step, float(step % 10), first_time + place) for place, step in enumerate(steps)]


def _log_long(store: Store, run_id: str, points: Points) -> None:
    for start in range(0, len(points), 1_000):
        log(store, run_id, points[start : start + 1_000])


def _kept(store: Store, experiment_id: str) -> list[float | None]:
    """The last, least and greatest number of the metric, of the one run in the table."""
    columns = [rt.Column("metric", "loss", part) for part in PARTS]
    table = store.runs.get_table(rt.GetRunTable([experiment_id], columns=columns))
    return [column.numbers[0] for column in table.columns if column.numbers]


class AttemptsContract(Contract):
    """What every store promises about runs that go on from an earlier step."""

    def test_what_was_logged_after_the_step_is_left_behind(self, store: Store, run_id: str) -> None:
        log(store, run_id, [(step, float(-step), 10 + step) for step in range(6)])
        attempt = resume(store, run_id, 3, 100)
        assert attempt == a.Attempt(2, 100, 3)
        assert get_run(store, run_id).data.tags["millstream.attempt"] == "2"
        assert steps_of(store, run_id) == [0, 1, 2, 3]
        assert points_of(store, run_id, attempt=1) == [(4, -4.0, 14), (5, -5.0, 15)]
        log(store, run_id, [(4, 7.0, 101), (5, 8.0, 102)])
        assert points_of(store, run_id)[3:] == [(3, -3.0, 13), (4, 7.0, 101), (5, 8.0, 102)]
        assert steps_of(store, run_id, attempt=2) == []
        assert steps_of(store, run_id, attempt=9) == []

    def test_all_that_is_kept_of_a_metric_follows(
        self, store: Store, experiment_id: str, run_id: str
    ) -> None:
        log(store, run_id, [(1, 5.0, 1), (2, 1.0, 2), (3, -9.0, 3), (4, 99.0, 4)])
        log(store, run_id, [(9, 1.0, 9)], "gone")
        log(store, run_id, [(0, 1.0, 1), (2, math.nan, 2), (3, 4.0, 3)], "odd")
        assert _kept(store, experiment_id) == [99.0, -9.0, 99.0]
        resume(store, run_id, 2, 100)
        assert _kept(store, experiment_id) == [1.0, 1.0, 5.0]
        data = get_run(store, run_id).data
        assert [(point.key, point.step) for point in data.metric_list] == [("loss", 2), ("odd", 2)]
        assert data.metrics["loss"] == 1.0
        assert math.isnan(data.metrics["odd"])
        for text, count in (("loss = 1", 1), ("loss > 2", 0), ("gone > 0", 0)):
            found = store.runs.search(r.SearchRuns([experiment_id], f"metrics.{text}"))
            assert len(found.runs) == count, text
        columns = store.experiments.list_columns(rt.ListColumns(experiment_id)).columns
        assert {each.key for each in columns if each.kind == "metric"} == {"loss", "odd"}

    def test_what_arrives_late_of_the_earlier_attempt_stays_with_it(
        self, store: Store, run_id: str
    ) -> None:
        log(store, run_id, [(1, 1.0, 1), (2, 2.0, 2)])
        resume(store, run_id, 1, 100)
        log(store, run_id, [(2, 2.0, 2), (3, 3.0, 3), (2, 20.0, 101)])
        store.metrics.log(m.LogMetric(run_id, "loss", 4.0, 4, 4)).result()
        assert points_of(store, run_id) == [(1, 1.0, 1), (2, 20.0, 101)]
        assert points_of(store, run_id, attempt=1) == [(2, 2.0, 2), (3, 3.0, 3), (4, 4.0, 4)]
        log(store, run_id, [(0, 0.5, 0)])
        assert steps_of(store, run_id) == [0, 1, 2]

    def test_attempts_of_attempts(self, store: Store, run_id: str) -> None:
        log(store, run_id, [(step, 1.0, step) for step in range(10)])
        resume(store, run_id, 7, 100)
        log(store, run_id, [(step, 2.0, 100 + step) for step in (8, 9, 10)])
        resume(store, run_id, 5, 200)
        log(store, run_id, [(6, 3.0, 206)])
        assert [value for _, value, _ in points_of(store, run_id)] == [1.0] * 6 + [3.0]
        assert steps_of(store, run_id, attempt=1) == [6, 7, 8, 9]
        assert steps_of(store, run_id, attempt=2) == [8, 9, 10]
        resume(store, run_id, 8, 300)
        log(store, run_id, [(7, 1.0, 7), (9, 4.0, 300), (7, 2.0, 107)])
        assert steps_of(store, run_id) == [0, 1, 2, 3, 4, 5, 6, 9]
        assert steps_of(store, run_id, attempt=1) == [6, 7, 8, 9]
        assert steps_of(store, run_id, attempt=2) == [7, 8, 9, 10]

    def test_attempts_are_listed(self, store: Store, run_id: str) -> None:
        assert store.attempts.list(r.RunId(run_id)).attempts == [a.Attempt(1, 1)]
        log(store, run_id, [(1, 1.0, 1), (2, 1.0, 2)])
        log(store, run_id, [(1, 1.0, 1)], "early")
        log(store, run_id, [(9, 1.0, 2)], "accuracy")
        resume(store, run_id, 1, 100)
        resume(store, run_id, 0, 200)
        assert store.attempts.list(r.RunId(run_id)).attempts == [
            a.Attempt(1, 1, None, 100, ["accuracy", "early", "loss"]),
            a.Attempt(2, 100, 1, 200),
            a.Attempt(3, 200, 0),
        ]

    def test_metrics_of_the_machine_stay(self, store: Store, run_id: str) -> None:
        log(store, run_id, [(5, 1.0, 5)], "system/cpu")
        log(store, run_id, [(5, 1.0, 5)], "systematic")
        resume(store, run_id, 0, 100)
        log(store, run_id, [(6, 1.0, 6)], "system/cpu")
        assert steps_of(store, run_id, "system/cpu") == [5, 6]
        assert steps_of(store, run_id, "systematic") == []

    def test_series_of_attempts(self, store: Store, run_id: str) -> None:
        _log_long(store, run_id, _long(range(3_000), 1))
        resume(store, run_id, 1_499, 100_000)
        (kept,) = _series(store, run_id)
        assert (kept.total, kept.steps[-1], max(kept.values)) == (1_500, 1_499, 9.0)
        (left,) = _series(store, run_id, attempt=1)
        assert (left.total, left.steps[0], left.steps[-1]) == (1_500, 1_500, 2_999)
        assert len(left.steps) <= 80
        assert _series(store, run_id, attempt=2) == []
        _log_long(store, run_id, [(1_500, -5.0, 100_000), (1_501, 50.0, 100_001)])
        (kept,) = _series(store, run_id)
        assert (kept.total, min(kept.values), max(kept.values)) == (1_502, -5.0, 50.0)

    def test_long_series_are_right_after_any_cut(self, store: Store, run_id: str) -> None:
        """Summaries of what is gone, or of the step that is the last one now, do not count."""
        _log_long(store, run_id, _long(range(6_000), 1))
        for time, step in ((100_000, 4_999), (200_000, 2_047), (300_000, 1_023)):
            resume(store, run_id, step, time)
            log(store, run_id, [(step, 1e6, time), (step, -1e6, time)])
            (kept,) = _series(store, run_id)
            assert (kept.total, min(kept.values), max(kept.values)) == (step + 3, -1e6, 1e6)
            assert kept.steps[-1] == step

    def test_the_same_request_again_is_the_same_attempt(self, store: Store, run_id: str) -> None:
        log(store, run_id, [(1, 1.0, 1), (2, 2.0, 2)])
        assert resume(store, run_id, 1, 100) == resume(store, run_id, 1, 100)
        log(store, run_id, [(2, 3.0, 100)])
        assert resume(store, run_id, 1, 100).attempt == 2
        assert steps_of(store, run_id) == [1, 2]
        assert resume(store, run_id, 1, 101).attempt == 3
        assert steps_of(store, run_id) == [1]

    def test_requests_that_come_late_change_nothing(self, store: Store, run_id: str) -> None:
        log(store, run_id, [(1, 1.0, 1), (2, 2.0, 2)])
        resume(store, run_id, 1, 10_000)
        log(store, run_id, [(2, 3.0, 10_001), (3, 3.0, 10_002)])
        resume(store, run_id, 2, 20_000)
        assert resume(store, run_id, 1, 10_000) == a.Attempt(2, 10_000, 1)
        with pytest.raises(InvalidParameter, match="cannot go on from step 0 at 15000, before"):
            resume(store, run_id, 0, 15_000)
        assert points_of(store, run_id) == [(1, 1.0, 1), (2, 3.0, 10_001)]
        assert len(store.attempts.list(r.RunId(run_id)).attempts) == 3

    def test_a_clock_that_was_a_little_ahead_changes_nothing(
        self, store: Store, run_id: str
    ) -> None:
        log(store, run_id, [(1, 1.0, 1_000), (2, 2.0, 1_200), (3, 3.0, 9_000)])
        assert resume(store, run_id, 1, 1_000).start_time == 1_201
        assert steps_of(store, run_id) == [1, 3]

    def test_without_a_time_it_is_now(self, store: Store, run_id: str) -> None:
        log(store, run_id, [(1, 1.0, 1), (2, 2.0, 2)])
        attempt = store.attempts.start(a.StartAttempt(run_id, 1)).result()
        assert attempt.start_time > 1_700_000_000_000
        assert steps_of(store, run_id) == [1]

    def test_what_cannot_be_resumed_is_refused(
        self, store: Store, experiment_id: str, run_id: str
    ) -> None:
        with pytest.raises(NotFound, match="Run with id=deadbeef not found"):
            resume(store, "deadbeef", 1, 1)
        with pytest.raises(NotFound, match="Run with id=deadbeef not found"):
            store.attempts.list(r.RunId("deadbeef"))
        with pytest.raises(InvalidParameter, match=f"Invalid value {1 << 63} for .*from_step"):
            resume(store, run_id, 1 << 63, 1)
        with pytest.raises(InvalidParameter, match=r"Invalid value -1 for .*start_time"):
            resume(store, run_id, 1, -1)
        with pytest.raises(InvalidParameter, match=r"Invalid value 0 for .*attempt"):
            store.metrics.get_history(m.GetMetricHistory(run_id, "loss", attempt=0))
        deleted = new_run(store, experiment_id)
        store.runs.delete(r.RunId(deleted)).result()
        with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
            resume(store, deleted, 1, 1)
