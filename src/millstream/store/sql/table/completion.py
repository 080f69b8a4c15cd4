"""The values of a column that begin with a text, for completion."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities import validation
from millstream.entities.run_tables import Column, ColumnTexts, ListColumnValues
from millstream.errors import InvalidParameter
from millstream.store.sql.confinement import experiments_within
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.run_fields import TABLES
from millstream.store.sql.table.attributes import attribute, tag_of
from millstream.store.sql.values import HEAD_LENGTH

MOST_VALUES = 50
_LAST = "\U0010ffff"
_RUN_NAME = Column("tag", "mlflow.runName")
_WHOLE = (
    "(SELECT x.value FROM {table} x WHERE x.experiment_key = ? AND x.key_id = ? "
    "AND x.head = v.head LIMIT 1)"
)
_JUMP = """
WITH RECURSIVE v(head) AS (
    SELECT * FROM (
        SELECT head FROM {table} WHERE experiment_key = ? AND key_id = ? AND head >= ?
        ORDER BY head LIMIT 1
    ) f UNION ALL
    SELECT (SELECT x.head FROM {table} x WHERE x.experiment_key = ? AND x.key_id = ?
        AND x.head > v.head ORDER BY x.head LIMIT 1)
    FROM v WHERE v.head IS NOT NULL AND v.head <= ?
)
SELECT {whole} FROM v WHERE v.head IS NOT NULL AND v.head <= ? LIMIT ?
"""
_SCAN = """
SELECT {whole} FROM (
    SELECT head FROM {table} WHERE experiment_key = ? AND key_id = ?
    AND head >= ? AND head <= ? GROUP BY experiment_key, key_id, head ORDER BY head LIMIT ?
) v
"""
_OF_RUNS = "SELECT DISTINCT {0} FROM runs r WHERE r.experiment_key = ? AND substr({0}, 1, ?) = ?"
_OF_EXPERIMENT = (
    "SELECT DISTINCT x.name FROM {} x WHERE x.experiment_key = ? AND substr(x.name, 1, ?) = ?"
)
_NAMED = {"datasets": "datasets", "models": "logged_models"}


def list_values(reader: Reader, request: ListColumnValues) -> ColumnTexts:
    """Different values of a column that begin with a text, in the order of their characters."""
    experiment = validation.experiment_key(request.experiment_id)
    if not 1 <= request.max_results <= MOST_VALUES:
        raise InvalidParameter(
            f"Invalid max_results {request.max_results}: it must be 1 to {MOST_VALUES}."
        )
    if request.kind == "metric":
        raise InvalidParameter(
            f"Metric {request.key!r} is a number; only params, tags and attributes that are texts "
            "have values to list."
        )
    column = tag_of(Column(request.kind, request.key))
    if not experiments_within(reader, [experiment]):
        return ColumnTexts([])
    if column == Column("attribute", "run_name"):
        column = _RUN_NAME
    if column.kind == "attribute":
        return _of_attribute(reader, request, experiment)
    key_id = reader.key_id(column.key)
    if key_id is None:
        return ColumnTexts([])
    of_key = (experiment, key_id)
    first = request.prefix[:HEAD_LENGTH]
    last = first + _LAST
    table = TABLES[column.kind]
    scans = reader.dialect.name == "mysql"
    sql = _SCAN if scans else _JUMP
    bounds: tuple[object, ...] = (*of_key, first, *of_key, last, *of_key, last)
    params = ((*of_key, *of_key, first, last) if scans else bounds) + (request.max_results,)
    statement = sql.format(table=table, whole=_WHOLE.format(table=table))
    return _texts(request, [row[0] for row in reader.execute(statement, params)])


def _of_attribute(reader: Reader, request: ListColumnValues, experiment: int) -> ColumnTexts:
    found = attribute(request.key)
    if found.is_number:
        raise InvalidParameter(f"Attribute {request.key!r} is a number and has no values to list.")
    prefix = request.prefix
    named = _NAMED.get(request.key)
    sql = _OF_EXPERIMENT.format(named) if named else _OF_RUNS.format(found.expression)
    params = (experiment, len(prefix), prefix, request.max_results)
    rows = reader.execute(f"{sql} ORDER BY 1 LIMIT ?", params)
    return _texts(request, [row[0] for row in rows])


def _texts(request: ListColumnValues, found: Sequence[object]) -> ColumnTexts:
    """Those that begin with all of a text that is longer than what indexes hold."""
    return ColumnTexts([text for text in map(str, found) if text.startswith(request.prefix)])
