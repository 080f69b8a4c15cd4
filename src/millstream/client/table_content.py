"""What is in the file of a table, JSON or Parquet, and how rows are added to it."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from millstream.client.extras import load
from millstream.errors import InvalidParameter

Rows = list[list[Any]]


def is_parquet(artifact_file: str) -> bool:
    """Whether a table is kept as Parquet; raises ValueError for a name that tells no format."""
    if not artifact_file.endswith((".json", ".parquet")):
        raise ValueError(
            f"Invalid artifact file path '{artifact_file}'. Please ensure the file you are trying "
            "to log as a table has a file name with either '.json' or '.parquet' extension."
        )
    return artifact_file.endswith(".parquet")


def of_data(artifact_file: str, data: Any) -> bytes:
    """The file of a table that has these rows only: a dictionary of columns, or a DataFrame."""
    if not is_parquet(artifact_file):
        return _as_json(*_table(data))
    pandas = load("pandas", "a table in Parquet")
    if isinstance(data, Mapping) or not hasattr(data, "to_parquet"):
        columns, rows = _table(data)
        data = pandas.DataFrame(rows, columns=columns)
    return _as_parquet(data)


def joined(artifact_file: str, before: bytes, more: bytes) -> bytes:
    """The file of a table whose rows are those of two files; `before` may be empty."""
    if not before:
        return more
    if is_parquet(artifact_file):
        pandas = load("pandas", "a table in Parquet")
        both = [frame(artifact_file, content) for content in (before, more)]
        return _as_parquet(pandas.concat(both, ignore_index=True))
    known, old = _parsed(before)
    columns, new = _parsed(more)
    every = [*known, *(column for column in columns if column not in known)]
    return _as_json(every, _widened(known, old, every) + _widened(columns, new, every))


def number_of_rows(artifact_file: str, content: bytes) -> int:
    """How many rows the file of a table has; none if it is empty."""
    return len(_rows(artifact_file, content)[1]) if content else 0


def holds(artifact_file: str, content: bytes, at: int, part: bytes) -> bool:
    """Whether the rows of `part` stand in a table from row `at` on."""
    if not content:
        return False
    every, there = _rows(artifact_file, content)
    columns, wanted = _rows(artifact_file, part)
    if not set(columns) <= set(every):
        return False
    return there[at : at + len(wanted)] == _widened(columns, wanted, every)


def frame(artifact_file: str, content: bytes) -> Any:
    """The table as a DataFrame."""
    pandas = load("pandas", "loading a table")
    if is_parquet(artifact_file):
        return pandas.read_parquet(io.BytesIO(content))
    columns, rows = _parsed(content)
    return pandas.DataFrame(rows, columns=columns)


def _rows(artifact_file: str, content: bytes) -> tuple[list[str], Rows]:
    """Columns and rows in which equal values are equal, and what is no number is absent."""
    if is_parquet(artifact_file):
        return _table(frame(artifact_file, content))
    table = json.loads(content, parse_constant=lambda _: None)
    return table["columns"], table["data"]


def _parsed(content: bytes) -> tuple[list[str], Rows]:
    table = json.loads(content)
    return table["columns"], table["data"]


def _as_json(columns: Sequence[str], rows: Rows) -> bytes:
    table = {"columns": columns, "data": rows}
    return json.dumps(table, default=_plain, separators=(",", ":")).encode()


def _as_parquet(data: Any) -> bytes:
    content = io.BytesIO()
    data.to_parquet(content, index=False)
    return content.getvalue()


def _table(data: Any) -> tuple[list[str], Rows]:
    """Columns and rows of a dictionary, in which single values are columns of one row."""
    if isinstance(data, Mapping):
        columns = [_column(value) for value in data.values()]
        lengths = {len(column) for column in columns}
        if len(lengths) > 1:
            raise InvalidParameter(
                f"the columns of a table must be of one length, but have {sorted(lengths)} rows"
            )
        return [str(name) for name in data], [list(row) for row in zip(*columns, strict=True)]
    if hasattr(data, "to_json") and hasattr(data, "columns"):
        table = json.loads(data.to_json(orient="split", index=False, date_format="iso"))
        return table["columns"], table["data"]
    raise InvalidParameter("data must be a pandas.DataFrame or a dictionary")


def _column(value: Any) -> list[Any]:
    if hasattr(value, "tolist") and getattr(value, "ndim", True):
        value = value.tolist()
    items = list(value) if isinstance(value, list | tuple) else [value]
    return [None if isinstance(item, float) and not math.isfinite(item) else item for item in items]


def _widened(columns: Sequence[str], rows: Rows, every: Sequence[str]) -> Rows:
    places = {column: index for index, column in enumerate(columns)}
    return [[row[places[column]] if column in places else None for column in every] for row in rows]


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)
