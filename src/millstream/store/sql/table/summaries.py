"""What columns the runs of an experiment have, found by seeks in indexes.

A loose scan jumps in an index from each key to the next, so that it costs as much as there are
columns, however many runs have them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from millstream.entities import validation
from millstream.entities.run_tables import ColumnSummaries, ColumnSummary, ListColumns
from millstream.store.sql.confinement import experiments_within
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import Dialect, per_dialect
from millstream.store.sql.reader import Reader

_ORDER = {"metric": "value {0}, special {0}", "text": "head {0}", "number": "number {0}"}


def _keys(dialect: Dialect, table: str) -> str:
    """The keys of an experiment as rows of `k`; the databases jump in ways of their own."""
    first = f"SELECT key_id FROM {table} WHERE experiment_key = ?"
    if dialect.name == "mysql":
        return f"WITH k AS ({first} GROUP BY experiment_key, key_id)"
    one = "ORDER BY key_id LIMIT 1"
    return (
        f"WITH RECURSIVE k(key_id) AS (SELECT * FROM ({first} {one}) f UNION ALL "
        f"SELECT (SELECT x.key_id FROM {table} x WHERE x.experiment_key = ? "
        f"AND x.key_id > k.key_id ORDER BY x.key_id LIMIT 1) FROM k WHERE k.key_id IS NOT NULL)"
    )


def _end(table: str, column: str, order: str, direction: str, condition: str = "1 = 1") -> str:
    by = _ORDER[order].format(direction)
    return (
        f"(SELECT {column} FROM {table} x WHERE x.experiment_key = ? AND x.key_id = k.key_id "
        f"AND {condition} ORDER BY {by} LIMIT 1)"
    )


def _select(table: str, *ends: str) -> Callable[[Dialect], str]:
    return lambda dialect: (
        f"{_keys(dialect, table)} SELECT k.key_id, {', '.join(ends)} "
        "FROM k WHERE k.key_id IS NOT NULL"
    )


_METRICS = per_dialect(
    _select(
        "latest_metrics",
        *(
            _end("latest_metrics", column, "metric", direction, condition)
            for column, condition in (
                ("value", "1 = 1"),
                ("special", "1 = 1"),
                ("value", "special = 0"),
            )
            for direction in ("ASC", "DESC")
        ),
    )
)
_PARAMS = per_dialect(
    _select(
        "params",
        _end("params", "head", "text", "ASC"),
        _end("params", "head", "text", "DESC"),
        _end("params", "1", "number", "ASC", "number IS NULL"),
        _end("params", "number", "number", "ASC", "number IS NOT NULL"),
        _end("params", "number", "number", "DESC", "number IS NOT NULL"),
    )
)
_TAGS = per_dialect(
    _select("tags", _end("tags", "head", "text", "ASC"), _end("tags", "head", "text", "DESC"))
)


def list_columns(reader: Reader, request: ListColumns) -> ColumnSummaries:
    """The metrics, params and tags that the runs of an experiment have, by kind and key."""
    experiments = experiments_within(reader, [validation.experiment_key(request.experiment_id)])
    found = [
        (kind, row)
        for experiment in experiments
        for kind in _STATEMENTS
        for row in _rows(reader, kind, experiment)
    ]
    names = reader.key_names({row[0] for _, row in found})
    summaries = [_summary(kind, names[row[0]], row[1:]) for kind, row in found]
    return ColumnSummaries(sorted(summaries, key=lambda column: (column.kind, column.key)))


def _rows(reader: Reader, kind: str, experiment: int) -> Iterator[Row]:
    sql = _STATEMENTS[kind][reader.dialect.name]
    yield from reader.execute(sql, (experiment,) * sql.count("?"))


def _summary(kind: str, key: str, ends: Row) -> ColumnSummary:
    if kind == "metric":
        low, high, low_mark, high_mark, lowest, highest = ends
        return ColumnSummary(
            "metric", key, (low, low_mark) != (high, high_mark), True, lowest, highest
        )
    if kind == "tag":
        return ColumnSummary("tag", key, ends[0] != ends[1], False)
    first, last, has_text, lowest, highest = ends
    is_number = has_text is None
    return ColumnSummary("param", key, first != last, is_number, lowest, highest)


_STATEMENTS = {"metric": _METRICS, "param": _PARAMS, "tag": _TAGS}
