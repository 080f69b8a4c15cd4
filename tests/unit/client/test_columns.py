from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millstream
from millstream.client.columns import MOST_TOGETHER, columns, is_column
from millstream.client.journal import read
from millstream.client.records import Points
from millstream.errors import InvalidParameter


def points(values: Any, steps: Any = None, timestamp: Any = 7) -> list[tuple[float, int, int]]:
    found = columns("loss", values, steps, timestamp, "")
    return [(m.value, m.step, m.timestamp) for part in found for m in part.metrics()]


@pytest.mark.parametrize(
    "value",
    [[1.0, 2.0], (1, 2), [3.0], [], np.array([1.0, 2.0]), np.zeros((2, 2)), np.array([])],
)
def test_several_values_are_a_column(value: Any) -> None:
    assert is_column(value)


@pytest.mark.parametrize(
    "value", [1, 1.5, "1", np.float32(2), np.array(3.0), np.array([4.0]), None]
)
def test_one_value_is_none(value: Any) -> None:
    assert not is_column(value)


def test_steps_are_given_or_counted() -> None:
    assert points([0.5, 1.5]) == [(0.5, 0, 7), (1.5, 1, 7)]
    assert points([0.5, 1.5], 10) == [(0.5, 10, 7), (1.5, 11, 7)]
    assert points(np.array([1, 2]), np.array([5, 3])) == [(1.0, 5, 7), (2.0, 3, 7)]
    assert points([1, True], range(2, 4), [8, 9]) == [(1.0, 2, 8), (1.0, 3, 9)]
    assert points([]) == []


@pytest.mark.parametrize(
    ("values", "steps", "timestamp", "message"),
    [
        ([1.0, 2.0], [1], 7, "1 of them for 2 values"),
        ([1.0], [1, 2], 7, "2 of them for 1 values"),
        ([1.0, "x"], None, 7, "specify value as a valid double"),
        ([1.0, None], None, 7, "Missing value"),
        ([1.0, 2.0], [1, 2.5], 7, "must be a 64-bit integer"),
        ([1.0, 2.0], [1, 1 << 63], 7, "must be a 64-bit integer"),
        ([1.0, 2.0], None, [7, -1], "nonnegative long"),
        (np.zeros((2, 3)), None, 7, r"an array of shape \(2, 3\)"),
    ],
)
def test_what_no_store_takes_is_refused(
    values: Any, steps: Any, timestamp: Any, message: str
) -> None:
    with pytest.raises(InvalidParameter, match=message):
        points(values, steps, timestamp)


def test_long_columns_are_several_frames() -> None:
    found = list(columns("a", [0.0] * (2 * MOST_TOGETHER + 1), None, 1, ""))
    assert [len(part) for part in found] == [MOST_TOGETHER, MOST_TOGETHER, 1]


def test_arrays_are_logged_compactly_and_arrive(folder: Path) -> None:
    values = np.linspace(0.0, 1.0, 2_500)
    with millstream.start_run() as run:
        millstream.log_metrics({"loss": values}, step=range(10, 2_510))
        (path,) = (folder / "journal").glob("*.journal")
        found = read(path).records
        assert [type(record) for record in found][:1] == [Points]
    history = millstream.MillstreamClient().get_metric_history(run.info.run_id, "loss")
    assert [point.step for point in history] == list(range(10, 2_510))
    assert [point.value for point in history] == values.tolist()
