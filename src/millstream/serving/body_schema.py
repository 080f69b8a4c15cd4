"""Bodies of a model's requests and answers as JSON Schema, from its signature."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from millstream.model_format.params import ParamSpec
from millstream.model_format.pyfunc import PyFuncModel
from millstream.model_format.schema import ColSpec, Schema, TensorSpec
from millstream.model_format.value_types import Array, DataType, Map, Object, ValueType

JsonSchema = dict[str, Any]

_NUMBER: JsonSchema = {"type": "number"}
_SCALARS: dict[DataType, JsonSchema] = {
    DataType.boolean: {"type": "boolean"},
    DataType.integer: {"type": "integer", "format": "int32"},
    DataType.long: {"type": "integer", "format": "int64"},
    DataType.float: {"type": "number", "format": "float"},
    DataType.double: {"type": "number", "format": "double"},
    DataType.string: {"type": "string"},
    DataType.binary: {"type": "string", "contentEncoding": "base64"},
    DataType.datetime: {"type": "string", "format": "date-time"},
}
_BY_KIND = {
    "f": _NUMBER,
    "i": {"type": "integer"},
    "u": {"type": "integer", "minimum": 0},
    "b": {"type": "boolean"},
    "s": {"type": "string"},
    "d": {"type": "string", "format": "date-time"},
}
_ANYTHING: JsonSchema = {}


def json_schema(model: PyFuncModel, example: str | None = None) -> JsonSchema:
    """The schemas of the body of a request and of its answer, under `request` and `response`.

    `example` is the body of the model's own example request, if it was saved with one. A request
    may have any one of the fields that carry data, and `params`.
    """
    manifest = model.metadata
    inputs, outputs = manifest.get_input_schema(), manifest.get_output_schema()
    hinted = bool(getattr(manifest, "is_signature_from_type_hint", False))
    fields = _fields(inputs, model.n_features)
    if hinted:
        fields = {"inputs": _list(_one_column(inputs)) if inputs else _ANYTHING}
    params = manifest.get_params_schema()
    shared = {"params": _params(params)} if params else {}
    request: JsonSchema = {
        "type": "object",
        "oneOf": [
            {"properties": {name: form, **shared}, "required": [name], "title": name}
            for name, form in fields.items()
        ],
    }
    if example is not None:
        request["example"] = json.loads(example)
    answer = {"type": "object", "properties": {"predictions": _answer(outputs)}}
    return {"request": request, "response": {**answer, "required": ["predictions"]}}


def _fields(schema: Schema | None, n_features: int | None) -> dict[str, JsonSchema]:
    if schema is not None and schema.is_tensor_spec():
        return _tensor_fields(list(schema))
    if schema is None or not schema.has_input_names():
        row = _list(_ANYTHING if schema else _NUMBER if n_features else _ANYTHING)
        if n_features and schema is None:
            row |= {"minItems": n_features, "maxItems": n_features}
        split = {"columns": _list({"type": "string"}), "data": _list(row)}
        return {
            "inputs": _ANYTHING if schema is None else _list(_one_column(schema)),
            "data": _list(row),
            "dataframe_split": _object(split, ["data"]),
            "dataframe_records": _list({"type": "object"}),
        }
    return _column_fields(list(schema))


def _column_fields(columns: list[ColSpec]) -> dict[str, JsonSchema]:
    names = [str(column.name) for column in columns]
    types = {str(column.name): _column(column) for column in columns}
    required = [str(column.name) for column in columns if column.required]
    record = _object(types, required)
    row = {"type": "array", "prefixItems": list(types.values()), "minItems": len(names)}
    split = {"columns": {**_list({"type": "string"}), "example": names}, "data": _list(row)}
    by_column = {name: _list(form) for name, form in types.items()}
    return {
        "dataframe_records": _list(record),
        "dataframe_split": _object(split, ["columns", "data"]),
        "inputs": {"anyOf": [_list(record), _object(by_column, required), record]},
        "data": _list({**row, "maxItems": len(names)}),
    }


def _tensor_fields(tensors: list[TensorSpec]) -> dict[str, JsonSchema]:
    if tensors[0].name is None:
        form = _tensor(tensors[0].dtype_name, tensors[0].shape)
        return {"inputs": form, "instances": form, "data": form}
    forms = {str(t.name): _tensor(t.dtype_name, t.shape) for t in tensors}
    row = {str(t.name): _tensor(t.dtype_name, t.shape[1:]) for t in tensors}
    return {
        "inputs": _object(forms, list(forms)),
        "instances": _list(_object(row, list(row))),
    }


def _tensor(dtype: str, shape: Iterable[int]) -> JsonSchema:
    kind = "d" if dtype.startswith("datetime") else dtype[0]
    form: JsonSchema = _BY_KIND.get(kind, _ANYTHING)
    for size in reversed(list(shape)):
        form = _list(form)
        if size >= 0:
            form |= {"minItems": size, "maxItems": size}
    return form


def _column(column: ColSpec) -> JsonSchema:
    form = _value(column.type)
    may_be_missing = column.type in (DataType.double, DataType.float, DataType.string)
    if (may_be_missing or not column.required) and "type" in form:
        return {**form, "type": [form["type"], "null"]}
    return form


def _value(kind: ValueType) -> JsonSchema:
    if isinstance(kind, Array):
        return _list(_value(kind.dtype))
    if isinstance(kind, Object):
        properties = {prop.name: _value(prop.dtype) for prop in kind.properties}
        required = [prop.name for prop in kind.properties if prop.required]
        return {**_object(properties, required), "additionalProperties": False}
    if isinstance(kind, Map):
        return {"type": "object", "additionalProperties": _value(kind.value_type)}
    return _SCALARS[kind] if isinstance(kind, DataType) else _ANYTHING


def _one_column(schema: Schema) -> JsonSchema:
    return _value(schema.inputs[0].type) if len(schema) == 1 else _ANYTHING


def _params(params: Iterable[ParamSpec]) -> JsonSchema:
    forms = {}
    for param in params:
        form = _value(param.dtype)
        default = param.to_dict()["default"]
        forms[param.name] = {**(_list(form) if param.shape else form), "default": default}
    return {"type": "object", "properties": forms}


def _answer(outputs: Schema | None) -> JsonSchema:
    if outputs is None:
        return _ANYTHING
    if outputs.is_tensor_spec():
        return next(iter(_tensor_fields(list(outputs)).values()))
    if not outputs.has_input_names():
        return _list(_one_column(outputs))
    columns = list(outputs)
    return _list(_object({str(c.name): _value(c.type) for c in columns}, []))


def _list(items: JsonSchema) -> JsonSchema:
    return {"type": "array", "items": items}


def _object(properties: JsonSchema, required: list[str]) -> JsonSchema:
    return {"type": "object", "properties": properties, "required": required}
