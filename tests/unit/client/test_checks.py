from __future__ import annotations

import math
from typing import Any

import numpy
import pytest

from millstream.client.checks import checked, point
from millstream.entities.metrics import Metric
from millstream.errors import InvalidParameter


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, 1.5),
        (True, 1.0),
        (7, 7.0),
        ("1.5", 1.5),
        (numpy.float32(0.5), 0.5),
        (numpy.array([2.0]), 2.0),
        (numpy.array(3), 3.0),
        (float("-inf"), -math.inf),
    ],
)
def test_whatever_stands_for_a_number_is_one(value: Any, expected: float) -> None:
    found = point("a", value, None, None)
    assert found.value == expected
    assert type(found.value) is float
    assert found.step == 0
    assert abs(found.timestamp - 1.7e12) < 1e12


@pytest.mark.parametrize("value", ["abc", [1], object(), numpy.array([1.0, 2.0]), 10**400])
def test_other_values_are_refused_with_what_would_be_right(value: Any) -> None:
    with pytest.raises(InvalidParameter, match="valid double") as caught:
        point("a", value, 1, None)
    assert "(timestamp=1)" in caught.value.message


def test_messages_are_those_of_mlflow() -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"value": None}, "Missing value for required parameter 'value'."),
        (
            {"key": "bad!key"},
            "Invalid value \"bad!key\" for parameter 'name' supplied: Names may only contain "
            "alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and "
            "slashes (/).",
        ),
        (
            {"key": None},
            "Invalid value null for parameter 'name' supplied: Metric name cannot be None. A key "
            "name must be provided.",
        ),
        (
            {"timestamp": -1},
            "Invalid value -1 for parameter 'timestamp' supplied: metric 'm' (value=1.0). "
            "Timestamp must be a nonnegative long (64-bit integer) ",
        ),
        (
            {"step": "a"},
            "Invalid value \"a\" for parameter 'step' supplied: metric 'm' (value=1.0). Step must "
            "be a valid long (64-bit integer).",
        ),
    ]
    for change, message in cases:
        given: dict[str, Any] = {"key": "m", "value": 1, "timestamp": 5, "step": 0} | change
        with pytest.raises(InvalidParameter) as caught:
            point(**given)
        assert caught.value.message == message


@pytest.mark.parametrize("key", ["a//b", "", "../x", "/x", ".", "x" * 251, 5])
def test_names_that_no_store_takes_are_refused_at_the_call(key: Any) -> None:
    with pytest.raises(InvalidParameter):
        point(key, 1, None, None)


@pytest.mark.parametrize("step", [2**63, -(2**63) - 1, "3", float("nan"), float("inf")])
def test_steps_are_64_bit_integers(step: Any) -> None:
    with pytest.raises(InvalidParameter, match="Step must be"):
        point("a", 1, 1, step)


def test_numbers_of_other_types_count_as_steps_and_times() -> None:
    found = point("a", 1, numpy.int64(5), numpy.int32(3))
    assert (found.timestamp, type(found.timestamp)) == (5, int)
    assert (found.step, type(found.step)) == (3, int)
    assert point("a", 1, 1.0, 1.5).step == 1


def test_points_made_by_scripts_are_put_right_or_refused_by_place() -> None:
    good = Metric("a", 1.0, 1, 1)
    assert checked(good, 0) is good
    other = checked(Metric("a", "2", 1, 1, "m-1", "d", "x"), 0)  # type: ignore[arg-type]  # ditto
    assert (other.value, other.model_id, other.dataset_name) == (2.0, "m-1", "d")
    with pytest.raises(InvalidParameter, match=r"metrics\[3\].value"):
        checked(Metric("a", "x", 1, 1), 3)  # type: ignore[arg-type]  # ditto
