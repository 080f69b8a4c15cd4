"""What the page with the form needs to know about a model: its fields, and what they hold first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from millstream.model_format.pyfunc import PyFuncModel
from millstream.model_format.schema import Schema
from millstream.model_format.value_types import DataType

_MOST_FIELDS = 200
_MOST_ROWS = 20


def form(model: PyFuncModel, example: str | None) -> dict[str, Any]:
    """The fields of a model.

    `example` is the body of its example request. `columns` are the fields of a row, each with its
    name and type, or None where a row is not made of single values: then the page offers the body
    as text. `key` is what the rows are sent under. `rows` and `params` are filled in at first.
    """
    body = _parsed(example)
    schema = model.metadata.get_input_schema()
    columns, key = _columns(model, schema, body)
    return {
        "columns": columns,
        "key": key,
        "rows": _rows(columns, body),
        "params": _params(model, body.get("params")),
        "body": body or {key or "inputs": []},
        "has_signature": schema is not None,
    }


def _parsed(example: str | None) -> dict[str, Any]:
    found = None if example is None else json.loads(example)
    return found if isinstance(found, dict) else {}


def _columns(
    model: PyFuncModel, schema: Schema | None, body: Mapping[str, Any]
) -> tuple[list[dict[str, Any]] | None, str | None]:
    """The fields of a row, and the key of the body that rows are sent under."""
    if schema is None:
        names = _names_in(body)
        if names is not None:
            return _bounded([_field(name, "any") for name in names]), "dataframe_split"
        width = model.n_features if not body or _is_matrix(body.get("inputs")) else None
        return _numbered(width, "any"), "inputs"
    if schema.is_tensor_spec():
        (spec, *more) = schema.inputs
        if more or spec.name is not None or len(spec.shape) != 2:
            return None, None
        return _numbered(spec.shape[1], spec.dtype_name), "inputs"
    if not all(isinstance(column.type, DataType) for column in schema):
        return None, None
    names = [str(index) if c.name is None else c.name for index, c in enumerate(schema)]
    fields = [
        _field(name, column.type.name, required=column.required)
        for name, column in zip(names, schema, strict=True)
    ]
    return _bounded(fields), "dataframe_split" if schema.has_input_names() else "inputs"


def _field(name: str, kind: str, *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "type": kind, "required": required}


def _numbered(width: int | None, kind: str) -> list[dict[str, Any]] | None:
    if width is None or width < 1:
        return None
    return _bounded([_field(str(index), kind) for index in range(min(width, _MOST_FIELDS + 1))])


def _bounded(fields: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Nobody fills in more fields than that one by one."""
    return fields if len(fields) <= _MOST_FIELDS else None


def _names_in(body: Mapping[str, Any]) -> list[str] | None:
    split = body.get("dataframe_split")
    return [str(name) for name in split["columns"]] if isinstance(split, dict) else None


def _is_matrix(rows: Any) -> bool:
    return (
        isinstance(rows, list)
        and bool(rows)
        and all(isinstance(row, list) and not any(map(_is_nested, row)) for row in rows)
    )


def _is_nested(value: Any) -> bool:
    return isinstance(value, (list, dict))


def _rows(columns: list[dict[str, Any]] | None, body: Mapping[str, Any]) -> list[list[Any]]:
    """The rows of the example, as many as a form can show."""
    if columns is None:
        return []
    split = body.get("dataframe_split")
    if isinstance(split, dict):
        places = {str(name): index for index, name in enumerate(split["columns"])}
        order = [places.get(column["name"]) for column in columns]
        return [
            [None if place is None else row[place] for place in order]
            for row in split["data"][:_MOST_ROWS]
        ]
    rows = body.get("inputs", [])
    if _is_matrix(rows) and all(len(row) == len(columns) for row in rows):
        return list(rows[:_MOST_ROWS])
    return []


def _params(model: PyFuncModel, given: Any) -> list[dict[str, Any]]:
    schema = model.metadata.get_params_schema() or ()
    values = given if isinstance(given, dict) else {}
    return [
        {"name": param["name"], "type": param["type"], "value": values.get(param["name"])}
        | {"default": param["default"]}
        for param in (spec.to_dict() for spec in schema)
    ]
