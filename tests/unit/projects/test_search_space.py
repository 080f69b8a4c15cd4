"""What is written is tried, and what is sampled stays within its span and type."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import InvalidParameter
from millstream.projects.parameters import Parameter
from millstream.projects.search_space import (
    Dimension,
    dimension,
    grid,
    random_points,
    read_space,
)

INT = Parameter(name="n", type="int", range=(1, 9))


def test_values_and_spans_are_read() -> None:
    assert dimension("a", "0.1, 1,10", None).values == ("0.1", "1", "10")
    assert dimension("a", "1,1", None).values == ("1",)
    assert dimension("a", "0.001..10:log", None) == Dimension(
        name="a", low=0.001, high=10, log=True
    )
    assert dimension("n", "2..5", INT) == Dimension(name="n", low=2, high=5, whole=True)


@pytest.mark.parametrize(
    ("text", "parameter", "said"),
    [
        ("a,,b", None, "write a,b,c or low..high"),
        ("5..2", None, "the least comes first"),
        ("0..1:log", None, "needs more than 0"),
        ("a..b", None, "'a' is no number"),
        ("1,x", INT, "a whole number"),
        ("1,20", INT, "from 1 to 9"),
        ("1..20", INT, "from 1 to 9"),
    ],
)
def test_mistakes_are_named(text: str, parameter: Parameter | None, said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        dimension("n", text, parameter)


def test_a_grid_is_all_combinations() -> None:
    a, b = dimension("a", "1,2", None), dimension("b", "x,y", None)
    assert [tuple(point.values()) for point in grid([a, b])] == [
        ("1", "x"),
        ("1", "y"),
        ("2", "x"),
        ("2", "y"),
    ]
    with pytest.raises(InvalidParameter, match="no end of values"):
        grid([a, dimension("c", "0..1", None)])
    with pytest.raises(InvalidParameter, match="1000000 points"):
        grid([dimension(str(i), ",".join("0123456789"), None) for i in range(6)])


@given(
    low=st.floats(1e-6, 1e6),
    width=st.floats(0, 1e6),
    whole=st.booleans(),
    log=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_what_is_sampled_is_within_its_span(
    low: float, width: float, whole: bool, log: bool, seed: int
) -> None:
    first, last = (round(low) + 1, round(low + width) + 1) if whole else (low, low + width)
    one = Dimension(name="a", low=first, high=last, whole=whole, log=log)
    text = one.sample(random.Random(seed))  # noqa: S311  # nothing is secret here
    number = int(text) if whole else float(text)
    assert first <= number <= last


@given(count=st.integers(1, 30), seed=st.integers(0, 100))
def test_fewer_points_are_the_first_of_more(count: int, seed: int) -> None:
    space = [dimension("a", "0..1", None), dimension("b", "x,y", None)]
    assert random_points(space, count, seed) == random_points(space, 40, seed)[:count]


def test_the_project_tells_what_is_not_written() -> None:
    known = [
        INT,
        Parameter(name="solver", type="choice", choices=("a", "b")),
        Parameter(name="fast", type="bool"),
        Parameter(name="plain"),
    ]
    found = {one.name: one for one in read_space({"n": "2..3"}, known, fixed=["fast"])}
    assert set(found) == {"n", "solver"}
    assert (found["n"].low, found["n"].high) == (2, 3)
    assert [one.name for one in read_space({"n": "2,3"}, known, [], only=True)] == ["n"]
    with pytest.raises(InvalidParameter, match="There is nothing to vary"):
        read_space({}, [Parameter(name="plain")], [])
