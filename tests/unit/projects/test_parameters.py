"""Each type takes what it says and tells what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream.errors import InvalidParameter
from millstream.projects.parameters import Parameter, settle


def no_fetch(uri: str, index: int) -> str:
    raise AssertionError(f"{uri} was fetched")


@pytest.mark.parametrize(
    ("parameter", "value", "taken"),
    [
        (Parameter(name="p"), "anything; at all", "anything; at all"),
        (Parameter(name="p", type="float"), "no number", "no number"),
        (Parameter(name="p", type="float", strict=True), "1e-3", "1e-3"),
        (Parameter(name="p", type="float", range=(0, 1)), "0.5", "0.5"),
        (Parameter(name="p", type="int"), "-3", "-3"),
        (Parameter(name="p", type="bool"), "YES", "true"),
        (Parameter(name="p", type="bool"), "0", "false"),
        (Parameter(name="p", type="choice", choices=("a", "b")), "b", "b"),
        (Parameter(name="p", type="uri"), "s3://bucket/x", "s3://bucket/x"),
    ],
)
def test_a_value_of_the_type_is_taken(parameter: Parameter, value: str, taken: str) -> None:
    assert parameter.checked(value) == taken


@pytest.mark.parametrize(
    ("parameter", "value", "said"),
    [
        (Parameter(name="p", type="float", strict=True), "x", "'p' is float .* 'x': give a number"),
        (Parameter(name="p", type="float", range=(0, 1)), "1.5", "from 0 to 1"),
        (Parameter(name="p", type="float", range=(0, 1)), "nan", "from 0 to 1"),
        (Parameter(name="p", type="int"), "1.5", "a whole number"),
        (Parameter(name="p", type="int", range=(1, 9)), "10", "from 1 to 9"),
        (Parameter(name="p", type="bool"), "maybe", "true or false"),
        (Parameter(name="p", type="choice", choices=("a", "b")), "c", "one of 'a', 'b'"),
        (
            Parameter(name="p", type="uri"),
            "notauri",
            "Expected URI for parameter p but got notauri",
        ),
        (Parameter(name="p", type="uri"), "C:\\data", "Expected URI"),
    ],
)
def test_any_other_is_refused_with_what_would_be_right(
    parameter: Parameter, value: str, said: str
) -> None:
    with pytest.raises(InvalidParameter, match=said):
        parameter.checked(value)


def test_missing_ones_are_named(tmp_path: Path) -> None:
    known = [Parameter(name="a"), Parameter(name="b", default="1"), Parameter(name="c")]
    with pytest.raises(InvalidParameter, match="No value given for missing parameters: 'a', 'c'"):
        settle(known, {}, no_fetch, tmp_path)


def test_defaults_and_what_is_not_known_are_values_too(tmp_path: Path) -> None:
    values = settle([Parameter(name="a", default="1")], {"b": 2}, no_fetch, tmp_path)
    assert (values.declared, values.extra) == ({"a": "1"}, {"b": "2"})
    assert values.logged == {"a": "1", "b": "2"}


def test_a_path_is_beside_the_caller_and_becomes_absolute(tmp_path: Path) -> None:
    (tmp_path / "data.txt").touch()
    values = settle([Parameter(name="d", type="path")], {"d": "data.txt"}, no_fetch, tmp_path)
    assert values.declared == values.logged == {"d": str(tmp_path / "data.txt")}
    with pytest.raises(InvalidParameter, match="no such file or directory was found"):
        settle([Parameter(name="d", type="path")], {"d": "other.txt"}, no_fetch, tmp_path)


def test_a_path_elsewhere_is_fetched_and_logged_as_it_was_given(tmp_path: Path) -> None:
    fetched: list[tuple[str, int]] = []

    def fetch(uri: str, index: int) -> str:
        fetched.append((uri, index))
        return "/fetched/data"

    known = [Parameter(name="a", default="1"), Parameter(name="d", type="path")]
    values = settle(known, {"d": "s3://bucket/data"}, fetch, tmp_path)
    assert fetched == [("s3://bucket/data", 1)]
    assert values.declared["d"] == "/fetched/data"
    assert values.logged["d"] == "s3://bucket/data"
