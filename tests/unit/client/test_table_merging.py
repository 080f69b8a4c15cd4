"""Rows that wait come into their table once, however often and wherever that is interrupted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.artifacts.local import LocalArtifacts
from millstream.client import table_content
from millstream.client.table_merging import content_of, merge
from millstream.errors import InvalidParameter, Unavailable

cells = st.one_of(st.none(), st.integers(-3, 3), st.floats(-2, 2), st.text(max_size=3))
tables = st.dictionaries(st.sampled_from("abc"), cells, min_size=1).map(
    lambda row: {name: [value, value] for name, value in row.items()}
)


class Interrupted(LocalArtifacts):
    """Takes so many writes and then fails, before or after it took the one that fails."""

    writes = 99
    taken = True

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        self.writes -= 1
        if self.writes or self.taken:
            super().write(path, chunks)
        if not self.writes:
            raise Unavailable("gone")


def rows(artifacts: LocalArtifacts, path: str = "t.json") -> list[dict[str, Any]]:
    """The rows of a table, without what is absent in them."""
    table = json.loads(content_of(artifacts, path))
    named = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    return [{name: value for name, value in row.items() if value is not None} for row in named]


def as_rows(parts: list[dict[str, list[Any]]]) -> list[dict[str, Any]]:
    return [
        {name: column[at] for name, column in part.items() if column[at] is not None}
        for part in parts
        for at in range(2)
    ]


@given(
    st.lists(tables, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(1, 8), st.booleans()), max_size=4),
)
def test_parts_arrive_once_and_in_order_whatever_interrupts_their_sending(
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[dict[str, list[Any]]],
    interruptions: list[tuple[int, bool]],
) -> None:
    artifacts = Interrupted(tmp_path_factory.mktemp("run"))
    kept = [table_content.of_data("t.json", part) for part in parts]
    for writes, taken in [*interruptions, (99, True)]:
        artifacts.writes, artifacts.taken = writes, taken
        try:
            for number, part in enumerate(kept):
                merge(artifacts, "t.json", f"part {number}", part, None)
        except Unavailable:
            continue
    assert rows(artifacts) == as_rows(parts)


@pytest.mark.parametrize("path", ["folder/t.json", "folder/t.parquet"])
def test_a_part_comes_after_what_is_there_and_is_known_again(path: str, tmp_path: Path) -> None:
    artifacts = LocalArtifacts(tmp_path)
    first = table_content.of_data(path, {"a": [1, 2], "b": ["x", "y"]})
    more = table_content.of_data(path, {"a": [3], "c": [0.5]})
    artifacts.write(path, [first])
    for _ in range(3):
        merge(artifacts, path, "one", more, None)
    merge(artifacts, path, "two", more, None)
    merge(artifacts, path, "one", more, None)
    found = table_content.frame(path, content_of(artifacts, path))
    assert found["a"].tolist() == [1, 2, 3, 3]
    assert found["c"].tolist()[2:] == [0.5, 0.5]
    assert list(found.columns) == ["a", "b", "c"]


@pytest.mark.parametrize("arrived", [True, False])
def test_an_attempt_of_unknown_outcome_is_looked_for(arrived: bool, tmp_path: Path) -> None:
    artifacts = LocalArtifacts(tmp_path)
    before = table_content.of_data("t.json", {"a": [1, 2]})
    part = table_content.of_data("t.json", {"a": [3]})
    now = table_content.joined("t.json", before, part) if arrived else before
    artifacts.write("t.json", [now])
    merge(artifacts, "t.json", "one", part, 2)
    assert [row["a"] for row in rows(artifacts)] == [1, 2, 3]


def test_a_part_whose_place_holds_other_rows_is_added(tmp_path: Path) -> None:
    artifacts = LocalArtifacts(tmp_path)
    part = table_content.of_data("t.json", {"a": [3]})
    artifacts.write(".millstream/tables/t.json.parts.json", [b'{"one": 0}'])
    artifacts.write("t.json", [table_content.of_data("t.json", {"b": [1]})])
    merge(artifacts, "t.json", "one", part, None)
    assert rows(artifacts) == [{"b": 1}, {"a": 3}]


def test_what_is_no_number_is_known_again(tmp_path: Path) -> None:
    pandas: Any = import_module("pandas")
    artifacts = LocalArtifacts(tmp_path)
    odd = {"a": [[float("nan")]], "b": [pandas.Timestamp("2020-01-01")]}
    part = table_content.of_data("t.json", odd)
    for _ in range(2):
        merge(artifacts, "t.json", "one", part, None)
    assert len(rows(artifacts)) == 1


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    artifacts = LocalArtifacts(tmp_path)
    artifacts.write(".millstream/tables/t.json.parts.json", [b"{"])
    part = table_content.of_data("t.json", {"a": [3]})
    with pytest.raises(InvalidParameter, match=r"t\.json\.parts\.json', which says which rows"):
        merge(artifacts, "t.json", "one", part, None)
