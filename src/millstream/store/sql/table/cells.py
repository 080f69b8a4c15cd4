"""The values of columns for some rows of the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from millstream.entities.run_tables import Column, ColumnValues
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.reader import Reader
from millstream.store.sql.table.attributes import attribute, is_number, tag_of
from millstream.store.sql.values import extreme, meant

_SELECT = {
    "metric": (
        "SELECT run_key, key_id, value, special, min_value, max_value FROM latest_metrics "
        "WHERE run_key IN ({}) AND key_id IN ({})"
    ),
    "param": "SELECT run_key, key_id, value FROM params WHERE run_key IN ({}) AND key_id IN ({})",
    "tag": "SELECT run_key, key_id, value FROM tags WHERE run_key IN ({}) AND key_id IN ({})",
}
_SELECT_DATASETS = (
    "SELECT i.run_key, d.name, d.digest FROM dataset_inputs i "
    "JOIN datasets d ON d.dataset_key = i.dataset_key "
    "WHERE i.run_key IN ({}) ORDER BY d.name, d.digest"
)
_SELECT_MODELS = (
    "SELECT l.run_key, m.name FROM model_links l JOIN logged_models m ON m.model_id = l.model_id "
    "WHERE l.run_key IN ({}) AND l.direction = 'output' ORDER BY m.name, m.model_key"
)
_SELECT_ATTRIBUTES = "SELECT r.run_key, {} FROM runs r WHERE r.run_key IN ({})"

Cells = dict[Any, dict[int, Any]]


def load_columns(
    reader: Reader, columns: Sequence[Column], run_keys: Sequence[int], root: ArtifactRoot
) -> list[ColumnValues]:
    """The values of the columns for these runs, in one statement for each kind of column."""
    kept = [tag_of(column) for column in columns]
    key_ids = reader.key_ids(column.key for column in kept if column.kind != "attribute")
    cells = _attributes(reader, kept, run_keys, root)
    for kind, sql in _SELECT.items():
        wanted = sorted({key_ids[c.key] for c in kept if c.kind == kind and c.key in key_ids})
        if wanted and run_keys:
            statement = sql.format(placeholders(len(run_keys)), placeholders(len(wanted)))
            for run_key, key_id, *values in reader.execute(statement, (*run_keys, *wanted)):
                cells.setdefault((kind, key_id), {})[run_key] = values
    found = []
    for column, asked in zip(kept, columns, strict=True):
        name = column.key if column.kind == "attribute" else key_ids.get(column.key)
        values = _values(column, cells.get((column.kind, name), {}), run_keys)
        described = ColumnValues(asked.kind, asked.key, asked.aggregate)
        if is_number(column):
            described.numbers = values
        else:
            described.texts = values
        found.append(described)
    return found


def _values(column: Column, cells: dict[int, Any], run_keys: Sequence[int]) -> list[Any]:
    if column.kind == "attribute":
        return [cells.get(run_key) for run_key in run_keys]
    if column.kind != "metric":
        return [cells[run_key][0] if run_key in cells else None for run_key in run_keys]
    if column.aggregate == "last":
        return [meant(*cells[key][:2]) if key in cells else None for key in run_keys]
    place = 2 if column.aggregate == "min" else 3
    return [extreme(cells[key][place]) if key in cells else None for key in run_keys]


def _attributes(
    reader: Reader, columns: Sequence[Column], run_keys: Sequence[int], root: ArtifactRoot
) -> Cells:
    keys = list(dict.fromkeys(column.key for column in columns if column.kind == "attribute"))
    expressions = {key: attribute(key).expression for key in keys}
    cells: Cells = {}
    if not keys or not run_keys:
        return cells
    marks = placeholders(len(run_keys))
    for key, sql in (("datasets", _SELECT_DATASETS), ("models", _SELECT_MODELS)):
        if key in expressions:
            del expressions[key]
            names: dict[int, list[str]] = {}
            for run_key, name, *digest in reader.execute(sql.format(marks), run_keys):
                names.setdefault(run_key, []).append(f"{name} ({digest[0]})" if digest else name)
            cells["attribute", key] = {key: ", ".join(listed) for key, listed in names.items()}
    if not expressions:
        return cells
    statement = _SELECT_ATTRIBUTES.format(", ".join(expressions.values()), marks)
    for run_key, *values in reader.execute(statement, run_keys):
        for key, value in zip(expressions, values, strict=True):
            cells.setdefault(("attribute", key), {})[run_key] = _shown(key, value, root)
    return cells


def _shown(key: str, value: Any, root: ArtifactRoot) -> Any:
    if key == "experiment_id":
        return str(value)
    return root.expand(value) if key == "artifact_uri" else value
