"""One place has one form, and all that is below it begins with that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.store.sql.locations import ArtifactRoot, is_within, place, places_above

NAMES = st.lists(st.text("ab .", min_size=1).filter(lambda name: name.strip(".")), max_size=5)
BEGINNINGS = st.sampled_from(["./", "/", "s3://", "mlflow-artifacts:/", "runs:/"])


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("./1/run/artifacts/", "./1/run/artifacts"),
        ("./1//run/./artifacts", "./1/run/artifacts"),
        ("./a%20b", "./a%20b"),
        ("mlflow-artifacts:/1/a%20b", "mlflow-artifacts:/1/a b"),
        ("mlflow-artifacts:///1/a", "mlflow-artifacts:/1/a"),
        ("mlflow-artifacts://host:5000/1/a/", "mlflow-artifacts:/1/a"),
        ("mlflow-artifacts:/", "mlflow-artifacts:/"),
        ("file:///data/a%20b", "/data/a b"),
        ("file:/data//a", "/data/a"),
        ("file://localhost/data", "/data"),
        ("/data/a/", "/data/a"),
        ("s3://bucket/a/?region=x", "s3://bucket/a"),
        ("s3://bucket//a", "s3://bucket/a"),
        ("runs:/run//model/", "runs:/run/model"),
    ],
)
def test_spellings_of_a_place(location: str, expected: str) -> None:
    assert place(location) == expected
    assert place(expected) == expected


def test_what_a_place_is_below() -> None:
    assert places_above("./1/run") == ["./", "./1", "./1/run"]
    assert places_above("s3://b/x") == ["s3://", "s3://b", "s3://b/x"]
    assert places_above("./") == ["./"]


@given(BEGINNINGS, NAMES, NAMES)
def test_what_is_below_a_place_is_within_it(
    beginning: str, outer: list[str], inner: list[str]
) -> None:
    home = place(beginning + "/".join(outer))
    below = place(f"{beginning}{'/'.join([*outer, *inner])}")
    assert is_within(below, home)
    assert home in places_above(below)
    assert is_within(home, below) == (home == below)
    assert all(is_within(below, above) for above in places_above(below))


def test_a_neighbour_is_not_within() -> None:
    assert not is_within("./1/run/model2", "./1/run/model")
    assert not is_within("./1/run", "./1/run/model")


def test_a_location_below_the_root_is_relative() -> None:
    root = ArtifactRoot("s3://bucket/root?region=x")
    assert root.shorten("s3://bucket/root/1/run?region=x") == "./1/run"
    assert root.expand("./1/run") == "s3://bucket/root/1/run?region=x"
