from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import millstream
from millstream.client.runs import RunMethods
from millstream.entities.validation import is_key
from millstream.integrations.autologging.recording import (
    Record,
    _key,
    batch_metrics_logger,
)
from millstream.integrations.autologging.reports import Parts, unfailing


@given(st.text(max_size=300))
def test_every_name_becomes_one_that_stores_take(name: str) -> None:
    assert is_key(_key(name))


@pytest.mark.parametrize("name", ["depth", "logisticregression__C", "a b/c-d.e:f"])
def test_names_that_stores_take_stay_as_they_are(name: str) -> None:
    assert _key(name) == name


def test_all_is_sent_in_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[Any] = []
    real = RunMethods.log_batch

    def counted(self: RunMethods, *arguments: Any, **options: Any) -> Any:
        requests.append(arguments)
        return real(self, *arguments, **options)

    monkeypatch.setattr(RunMethods, "log_batch", counted)
    with millstream.start_run() as run:
        record = Record()
        record.params({"long": "x" * 7_000, "kernel(1)": object})
        record.params({"long": "y"})
        record.tags({"team": "a" * 9_000})
        record.metrics({"loss": 0.5, "name": "text", "none": None, "nan": math.nan}, 3)
        record.send()
        record.send()
    assert len(requests) == 2
    found = millstream.get_run(run.info.run_id)
    assert found.data.params == {"long": "x" * 5_997 + "...", "kernel_1_": "<class 'object'>"}
    assert len(found.data.tags["team"]) == 8_000
    assert found.data.metrics["loss"] == 0.5
    assert math.isnan(found.data.metrics["nan"])
    assert found.data.metrics.keys() == {"loss", "nan"}
    assert {metric.step for metric in found.data.metric_list} == {3}


def test_a_param_that_is_refused_does_not_take_metrics_with_it() -> None:
    with millstream.start_run() as run:
        millstream.log_param("depth", 1)
        record = Record()
        record.params({"depth": 2})
        record.metrics({"loss": 0.5})
        with pytest.raises(millstream.MillstreamError, match="depth"):
            record.send()
    found = millstream.get_run(run.info.run_id)
    assert found.data.params == {"depth": "1"}
    assert found.data.metrics == {"loss": 0.5}


def test_many_iterations_are_points_of_one_series() -> None:
    with millstream.start_run() as run, batch_metrics_logger() as logger:
        for step in range(5):
            logger.record_metrics({"loss": 1 / (step + 1), "text": "no number"}, step)
    history = millstream.MillstreamClient().get_metric_history(run.info.run_id, "loss")
    assert [point.step for point in history] == [0, 1, 2, 3, 4]


def fail(error: Exception) -> Callable[[], None]:
    def part() -> None:
        raise error

    return part


def test_parts_that_fail_are_told_of_once() -> None:
    parts = Parts("toy", silent=False)
    assert parts.do("figures", fail(OSError("full"))) is None
    assert parts.do("metrics", lambda: 3) == 3
    parts.do("model", fail(ValueError("bad")))
    with pytest.warns(RuntimeWarning, match=r"toy is incomplete \(figures, model\): OSError: full"):
        parts.tell()
    parts.tell()


def test_once_the_store_is_away_nothing_more_is_tried() -> None:
    tried: list[int] = []
    parts = Parts("toy", silent=True)
    parts.do("params", fail(millstream.errors.Unavailable("away")))
    parts.do("metrics", lambda: tried.append(1))
    parts.tell()
    assert tried == []


def test_a_callback_never_raises() -> None:
    @unfailing("toy", lambda: False)
    def callback(value: int) -> int:
        return 1 // value

    assert callback(1) == 1
    with pytest.warns(RuntimeWarning, match="ZeroDivisionError"):
        assert callback(0) is None
