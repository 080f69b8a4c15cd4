"""Numbers, locations, names and statements, as they are stored."""

from __future__ import annotations

import math
import re

import pytest

from millstream.store.sql.dialect import MYSQL, POSTGRESQL, SQLITE, translate
from millstream.store.sql.locations import ArtifactRoot, below
from millstream.store.sql.names import random_name
from millstream.store.sql.values import GREATEST, meant, number_in, stored


@pytest.mark.parametrize("value", [0.0, -1.5, GREATEST, -GREATEST, 5e-324, math.inf, -math.inf])
def test_numbers_come_back(value: float) -> None:
    assert meant(*stored(value)) == value


def test_nan_comes_back() -> None:
    assert math.isnan(meant(*stored(math.nan)))


def test_stored_pairs_sort_as_numbers() -> None:
    values = [-math.inf, -GREATEST, -1.0, 0.0, GREATEST, math.inf]
    assert sorted(map(stored, values)) == [stored(value) for value in values]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.1", 0.1),
        ("-1e-3", -0.001),
        (".5", 0.5),
        ("5.", 5.0),
        ("+7", 7.0),
        *(
            (text, None)
            for text in ("", "nan", "inf", "1_000", " 1", "1e999", "0x1", "\u0661", "1,5")
        ),
        ("1" * 65, None),
    ],
)
def test_numbers_in_texts(text: str, number: float | None) -> None:
    assert number_in(text) == number


@pytest.mark.parametrize(
    ("root", "expanded"),
    [
        ("/data/mlruns/artifacts", "/data/mlruns/artifacts/1/r/artifacts"),
        ("/data/", "/data/1/r/artifacts"),
        ("mlflow-artifacts:/", "mlflow-artifacts:/1/r/artifacts"),
        ("s3://bucket/a?region=x", "s3://bucket/a/1/r/artifacts?region=x"),
    ],
)
def test_locations_below_the_root_move_with_it(root: str, expanded: str) -> None:
    place = ArtifactRoot(root)
    assert place.expand("./1/r/artifacts") == expanded
    assert place.shorten(expanded) == "./1/r/artifacts"


def test_other_locations_stay() -> None:
    root = ArtifactRoot("/data")
    for location in ("s3://bucket/x", "/database", "file:///data2"):
        assert root.shorten(location) == location
        assert root.expand(location) == location
    assert root.shorten("relative/folder").endswith("/relative/folder")
    assert root.shorten("relative/folder").startswith("/")


def test_paths_below_a_location() -> None:
    assert below("./3", "run/artifacts") == "./3/run/artifacts"
    assert below("s3://b/x/?v=1", "run") == "s3://b/x/run?v=1"


def test_names_are_short_and_readable() -> None:
    names = {random_name() for _ in range(300)}
    assert len(names) > 290
    assert all(re.fullmatch(r"[a-z]+-[a-z]+-\d{1,3}", name) for name in names)
    assert max(map(len, names)) <= 20


@pytest.mark.parametrize(
    ("sql", "translated"),
    [
        ("SELECT ? WHERE a LIKE ?", "SELECT %s WHERE a LIKE %s"),
        ("SELECT 'a?b%' || ?", "SELECT 'a?b%%' || %s"),
        ('SELECT "odd?name" WHERE x % 2 = ?', 'SELECT "odd?name" WHERE x %% 2 = %s'),
        ("SELECT 'it''s ?' , ?", "SELECT 'it''s ?' , %s"),
    ],
)
def test_placeholders_are_translated_outside_of_quotes(sql: str, translated: str) -> None:
    assert translate(sql) == translated


def test_upserts_of_each_dialect() -> None:
    for dialect in (SQLITE, POSTGRESQL):
        assert dialect.insert_new("t", "a b", "a").endswith('ON CONFLICT ("a") DO NOTHING')
    assert MYSQL.insert_new("t", "a b", "a").endswith('ON DUPLICATE KEY UPDATE "a" = "a"')
    assert MYSQL.after("a b") == "((a > ?) OR (a = ? AND b > ?))"
    assert MYSQL.after_params((1, 2)) == (1, 1, 2)
    assert SQLITE.after("a b") == "(a, b) > (?,?)"
    assert SQLITE.after_params((1, 2)) == (1, 2)
