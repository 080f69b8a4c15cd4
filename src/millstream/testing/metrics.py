"""The contract of metrics."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from millstream.entities import metrics as m
from millstream.entities import runs as r
from millstream.errors import InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, get_run, new_run

Points = list[tuple[int, int, float]]


def _log(store: Store, run_id: str, points: Points, key: str = "m") -> None:
    """Log points given as (timestamp, step, value)."""
    for timestamp, step, value in points:
        store.metrics.log(m.LogMetric(run_id, key, value, timestamp, step)).result()


def _history(store: Store, run_id: str, key: str = "m", page: int | None = None) -> Points:
    points: Points = []
    token = None
    while True:
        found = store.metrics.get_history(m.GetMetricHistory(run_id, key, page, token))
        points += [(point.timestamp, point.step, point.value) for point in found.metrics]
        token = found.next_page_token
        if token is None:
            return points


def _latest(store: Store, run_id: str) -> tuple[int, int, float]:
    (point,) = get_run(store, run_id).data.metric_list
    return point.timestamp, point.step, point.value


def _log_batches(store: Store, run_id: str, values: dict[int, float]) -> None:
    metrics = [m.Metric("m", value, step, step) for step, value in values.items()]
    for start in range(0, len(metrics), 1_000):
        batch = r.LogBatch(run_id, metrics[start : start + 1_000])
        store.runs.log_batch(batch).result()


def _thinned(
    store: Store, run_id: str, buckets: int, span: tuple[int, int] | None = None
) -> tuple[int, float, float]:
    """How many points a thinned series stands for, its least and its greatest number."""
    start, end = span or (None, None)
    request = m.GetSeries([run_id], ["m"], start, end, buckets)
    (series,) = store.metrics.get_series(request).series
    assert series.steps == sorted(set(series.steps))
    assert len(series.steps) <= 4 * (buckets + 3)
    numbers = [value for value in series.values if not math.isnan(value)]
    return series.total, min(numbers), max(numbers)


class MetricsContract(Contract):
    """What every store promises about metrics."""

    def test_history_is_ordered_by_time_step_value(self, store: Store, run_id: str) -> None:
        points = [(3, 1, 1.0), (1, 9, 2.0), (2, 5, 9.0), (2, 5, -1.0), (2, -7, 4.0), (0, 0, 0.5)]
        _log(store, run_id, points)
        assert _history(store, run_id) == sorted(points)
        assert _history(store, run_id, page=2) == sorted(points)
        assert _latest(store, run_id) == (1, 9, 2.0)

    def test_history_in_order_comes_page_by_page(self, store: Store, run_id: str) -> None:
        points = [(step // 2, step // 2, float(-step)) for step in range(20)]
        _log(store, run_id, points)
        assert _history(store, run_id, page=3) == sorted(points)

    def test_a_point_twice_is_a_point_once(self, store: Store, run_id: str) -> None:
        _log(store, run_id, [(1, 1, 0.5), (1, 1, 0.5), (1, 2, 0.5), (1, 1, 0.5)])
        assert _history(store, run_id) == [(1, 1, 0.5), (1, 2, 0.5)]
        assert _latest(store, run_id) == (1, 2, 0.5)

    def test_no_number_is_bent(self, store: Store, run_id: str) -> None:
        greatest = 1.7976931348623157e308
        values = [math.inf, -math.inf, greatest, -greatest, 5e-324, 0.1, 1 / 3, 2**53 + 2.0]
        _log(store, run_id, [(place, place, value) for place, value in enumerate(values)])
        assert [value for _, _, value in _history(store, run_id)] == values
        store.metrics.log(m.LogMetric(run_id, "m", math.nan, 99, 99)).result()
        assert math.isnan(_history(store, run_id)[-1][2])
        assert math.isnan(_latest(store, run_id)[2])

    @pytest.mark.parametrize(
        ("points", "latest"),
        [
            ([(100, 5, 1.0), (100, 5, 2.0)], 2.0),
            ([(100, 5, 2.0), (100, 5, 1.0)], 2.0),
            ([(100, 5, 1.0), (999, 4, 9.0)], 1.0),
            ([(100, 5, 1.0), (101, 5, 0.5)], 0.5),
            ([(1, 1, math.nan), (1, 1, 1.0)], 1.0),
            ([(1, 1, 1.0), (1, 1, math.nan)], 1.0),
            ([(1, 1, math.nan), (1, 1, -1.0)], math.nan),
            ([(1, 1, 7.0), (1, 1, math.inf)], math.inf),
        ],
    )
    def test_the_latest_is_the_greatest(
        self, store: Store, experiment_id: str, points: Points, latest: float
    ) -> None:
        one_by_one, at_once = new_run(store, experiment_id), new_run(store, experiment_id)
        _log(store, one_by_one, points)
        metrics = [m.Metric("m", value, timestamp, step) for timestamp, step, value in points]
        store.runs.log_batch(r.LogBatch(at_once, metrics)).result()
        for run_id in (one_by_one, at_once):
            assert repr(_latest(store, run_id)[2]) == repr(latest)

    def test_bad_points_are_refused(self, store: Store, run_id: str) -> None:
        message = (
            "Invalid value -1 for parameter 'timestamp' supplied: metric 'a' .value=1.0.. "
            "Timestamp must be a nonnegative long .64-bit integer. "
        )
        with pytest.raises(InvalidParameter, match=message):
            store.metrics.log(m.LogMetric(run_id, "a", 1.0, -1)).result()
        metrics = [m.Metric("a", 1.0, 1), m.Metric("a", 1.0, -1)]
        with pytest.raises(InvalidParameter, match=r"'metrics\[1\].timestamp' supplied"):
            store.runs.log_batch(r.LogBatch(run_id, metrics)).result()
        message = f"Step must be a valid long|Invalid value {1 << 63} for parameter 'step'"
        with pytest.raises(InvalidParameter, match=message):
            store.metrics.log(m.LogMetric(run_id, "a", 1.0, 1, 1 << 63)).result()
        with pytest.raises(InvalidParameter, match="for parameter 'name' supplied: Names may only"):
            store.metrics.log(m.LogMetric(run_id, "bad!", 1.0, 1)).result()
        with pytest.raises(InvalidParameter, match="'Metric name' exceeds the maximum length"):
            store.metrics.log(m.LogMetric(run_id, "k" * 251, 1.0, 1)).result()
        with pytest.raises(NotFound, match="Run with id=nope not found"):
            store.metrics.log(m.LogMetric("nope", "a", 1.0, 1)).result()

    def test_extreme_steps_and_times(self, store: Store, run_id: str) -> None:
        greatest = (1 << 63) - 1
        points = [(0, -greatest - 1, 1.0), (greatest, greatest, 2.0)]
        _log(store, run_id, points)
        assert _history(store, run_id) == points
        request = m.GetMetricHistoryBulkInterval([run_id], "m", max_results=1)
        assert len(store.metrics.get_history_bulk_interval(request).metrics) == 2
        (series,) = store.metrics.get_series(m.GetSeries([run_id], ["m"], buckets=1)).series
        assert series.steps == [-greatest - 1, greatest]

    def test_the_unknown_is_empty(self, store: Store, run_id: str) -> None:
        assert _history(store, run_id, "never") == []
        assert _history(store, "no such run") == []
        assert list(store.metrics.stream_history(m.GetMetricHistory(run_id, "never"))) == []
        request = m.GetMetricHistoryBulkInterval(["no such run"], "m")
        assert store.metrics.get_history_bulk_interval(request).metrics == []
        assert store.metrics.get_series(m.GetSeries([run_id], ["never"])).series == []

    def test_bad_tokens_are_refused(self, store: Store, run_id: str) -> None:
        _log(store, run_id, [(1, 1, 1.0)])
        for token in ("zzz", "e30=", "🙈"):
            with pytest.raises(InvalidParameter, match="Invalid page token"):
                store.metrics.get_history(m.GetMetricHistory(run_id, "m", 1, token))

    def test_streams_are_the_history(self, store: Store, run_id: str) -> None:
        metrics = [m.Metric("m", float(step % 7), 10 + step, step) for step in range(1000)]
        store.runs.log_batch(r.LogBatch(run_id, metrics)).result()
        assert self._streamed(store, run_id) == _history(store, run_id)
        _log(store, run_id, [(0, 500, 0.5)])
        assert self._streamed(store, run_id) == _history(store, run_id)
        assert self._streamed(store, run_id)[0] == (0, 500, 0.5)

    def _streamed(self, store: Store, run_id: str) -> Points:
        slices = store.metrics.stream_history(m.GetMetricHistory(run_id, "m"))
        return [(point.timestamp, point.step, point.value) for part in slices for point in part]

    def test_several_runs_at_once(self, store: Store, experiment_id: str) -> None:
        runs = sorted(new_run(store, experiment_id) for _ in range(3))
        for place, run_id in enumerate(runs):
            _log(store, run_id, [(2, 1, float(place)), (1, 2, 0.0)])
        request = m.GetMetricHistoryBulk([*runs, "no such run"], "m")
        found = store.metrics.get_history_bulk(request).metrics
        assert [(point.run_id, point.timestamp) for point in found] == [
            (run_id, timestamp) for run_id in runs for timestamp in (1, 2)
        ]
        with pytest.raises(InvalidParameter, match="at least one run_id"):
            store.metrics.get_history_bulk(m.GetMetricHistoryBulk([], "m"))
        with pytest.raises(InvalidParameter, match="more than 100 run_id"):
            store.metrics.get_history_bulk(m.GetMetricHistoryBulk(["x"] * 101, "m"))

    def test_even_steps_include_both_ends(self, store: Store, experiment_id: str) -> None:
        long, short = sorted([new_run(store, experiment_id), new_run(store, experiment_id)])
        metrics = [m.Metric("m", float(step), step, 3 * step) for step in range(1000)]
        store.runs.log_batch(r.LogBatch(long, metrics)).result()
        _log(store, short, [(1, 7, 1.0), (1, 8, 1.0)])
        request = m.GetMetricHistoryBulkInterval([short, long], "m", max_results=50)
        found = store.metrics.get_history_bulk_interval(request).metrics
        steps = [point.step for point in found if point.run_id == long]
        assert steps == sorted(set(steps))
        assert (steps[0], steps[-1], len(steps)) == (0, 2997, 50)
        assert max(b - a for a, b in pairwise(steps)) <= 3 * 3000 / 49
        assert [point.step for point in found if point.run_id == short] == [7, 8]
        assert [point.run_id for point in found] == [long] * 50 + [short] * 2
        request = m.GetMetricHistoryBulkInterval([long], "m", 10, 20, 50)
        found = store.metrics.get_history_bulk_interval(request).metrics
        assert [point.step for point in found] == [12, 15, 18]

    def test_crowded_steps_are_still_sampled(self, store: Store, run_id: str) -> None:
        steps = [*range(900), *range(10**12, 10**12 + 50)]
        metrics = [m.Metric("m", 1.0, 1, step) for step in steps]
        store.runs.log_batch(r.LogBatch(run_id, metrics)).result()
        request = m.GetMetricHistoryBulkInterval([run_id], "m", max_results=100)
        found = [point.step for point in store.metrics.get_history_bulk_interval(request).metrics]
        assert 90 <= len(found) <= 110
        assert (found[0], found[-1]) == (0, steps[-1])
        assert sum(step < 900 for step in found) > 80

    def test_intervals_are_checked(self, store: Store) -> None:
        for request, message in [
            (m.GetMetricHistoryBulkInterval(["x"], "m", 5), "both must be specified"),
            (m.GetMetricHistoryBulkInterval(["x"], "m", 5, 1), "must be greater than start_step"),
            (m.GetMetricHistoryBulkInterval(["x"], "m", max_results=2501), "between 1 and 2500"),
            (m.GetMetricHistoryBulkInterval([], "m"), "at least one run_ids|Missing value for"),
        ]:
            with pytest.raises(InvalidParameter, match=message):
                store.metrics.get_history_bulk_interval(request)

    def test_series_are_exact_while_short(self, store: Store, run_id: str) -> None:
        points = [(10 - step, step, math.nan if step == 3 else float(step)) for step in range(8)]
        _log(store, run_id, points)
        (series,) = store.metrics.get_series(m.GetSeries([run_id], ["m", "n"], buckets=2)).series
        assert (series.run_id, series.metric_key, series.total) == (run_id, "m", 8)
        assert series.steps == list(range(8))
        assert series.timestamps == [10 - step for step in range(8)]
        assert repr(series.values) == repr([value for _, _, value in points])

    def test_series_lose_no_spike(self, store: Store, run_id: str) -> None:
        values = {step: float(step % 10) for step in range(1000)}
        values |= {333: 1e6, 334: -1e6, 500: math.inf, 501: -math.inf, 502: math.nan}
        metrics = [m.Metric("m", value, step, step) for step, value in values.items()]
        store.runs.log_batch(r.LogBatch(run_id, metrics)).result()
        (series,) = store.metrics.get_series(m.GetSeries([run_id], ["m"], buckets=20)).series
        assert series.total == 1000
        assert len(series.steps) <= 80
        assert series.steps == sorted(set(series.steps))
        assert {0, 333, 334, 500, 501, 999} <= set(series.steps)
        assert all(
            values[step] == value for step, value in zip(series.steps, series.values, strict=True)
        )

    def test_long_series_lose_neither_a_spike_nor_what_comes_late(
        self, store: Store, run_id: str
    ) -> None:
        values = {step: float(step % 10) for step in range(0, 12_000, 3)}
        values |= {0: math.nan, 999: 1e6, 6_000: math.inf, 6_003: -math.inf, 11_997: -7.0}
        _log_batches(store, run_id, values)
        assert _thinned(store, run_id, 4) == (4_000, values[6_003], values[6_000])
        assert _thinned(store, run_id, 4, (0, 5_990)) == (1_997, 0.0, 1e6)
        assert _thinned(store, run_id, 4, (1, 2_000)) == (666, 0.0, 1e6)
        late = {3_001: 2e6, 3_002: -2e6}
        _log_batches(store, run_id, late)
        assert _thinned(store, run_id, 4, (0, 5_990)) == (1_999, -2e6, 2e6)
        again = {step: float(step) for step in range(5_001, 15_000, 3)}
        _log_batches(store, run_id, again)
        total = len(values) + len(late) + len(again)
        assert _thinned(store, run_id, 4) == (total, -math.inf, math.inf)

    def test_series_without_steps_are_thinned_by_time(self, store: Store, run_id: str) -> None:
        metrics = [m.Metric("m", float(-time if time == 700 else 1), time) for time in range(1000)]
        store.runs.log_batch(r.LogBatch(run_id, metrics)).result()
        (series,) = store.metrics.get_series(m.GetSeries([run_id], ["m"], buckets=10)).series
        assert set(series.steps) == {0}
        assert len(series.timestamps) <= 40
        assert {0, 700, 999} <= set(series.timestamps)

    def test_series_of_a_range(self, store: Store, run_id: str) -> None:
        _log(store, run_id, [(1, step, 1.0) for step in range(10)])
        request = m.GetSeries([run_id], ["m"], 3, 5)
        (series,) = store.metrics.get_series(request).series
        assert (series.steps, series.total) == ([3, 4, 5], 3)
