"""What explains the metric has a large share, and noise has next to none."""

from __future__ import annotations

import math
import random

import pytest

from millstream.projects.importance import importances


def test_the_parameter_that_decides_has_all() -> None:
    points = [{"a": a, "b": b} for a in "123" for b in "12"]
    shares = importances(points, [float(point["a"]) for point in points])
    assert shares["a"] == pytest.approx(1)
    assert shares["b"] == 0
    assert list(shares) == ["a", "b"]


def test_spans_fall_into_groups() -> None:
    source = random.Random(1)  # noqa: S311  # nothing is secret here
    points = [{"x": repr(source.random()), "noise": repr(source.random())} for _ in range(100)]
    shares = importances(points, [10 * float(p["x"]) + source.gauss(0, 0.1) for p in points])
    assert shares["x"] > 0.9
    assert shares["noise"] < 0.1


def test_nothing_is_told_of_what_cannot_be_known() -> None:
    assert importances([{"a": "1"}] * 3, [1.0, 2.0, 3.0]) == {}
    assert importances([{"a": str(i)} for i in range(5)], [1.0] * 5) == {}
    assert importances([{"a": "same"}] * 5, [1.0, 2.0, 3.0, 4.0, 5.0]) == {}
    assert importances([{"a": name} for name in "vwxyz"], [1.0, 2.0, 3.0, 4.0, 5.0]) == {}


def test_runs_without_a_value_are_left_out() -> None:
    points = [{"a": a} for a in "112233"]
    with_gap = importances([*points, {"a": "4"}], [1, 1, 2, 2, 3, 3, math.nan])
    assert with_gap == importances(points, [1, 1, 2, 2, 3, 3])
