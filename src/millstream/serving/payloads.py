"""Bodies in: what the scoring server reads, as the model takes it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from millstream.errors import NotSupported
from millstream.model_format.params import ParamSchema
from millstream.model_format.pyfunc import PyFuncModel
from millstream.model_format.schema import Schema
from millstream.model_format.value_types import AnyType
from millstream.serving.bodies import csv as csv_bodies
from millstream.serving.bodies.answers import encode, json_of
from millstream.serving.bodies.columns import ColumnInputs
from millstream.serving.bodies.json import check_depth, parse
from millstream.serving.bodies.media_types import body_form
from millstream.serving.bodies.quick import QuickBodies
from millstream.serving.bodies.scalars import Unfit
from millstream.serving.bodies.tables import Table
from millstream.serving.bodies.tensors import TensorInputs
from millstream.serving.bodies.unsigned import UnsignedInputs
from millstream.serving.errors import (
    BadRequest,
    SchemaMismatch,
    TooLarge,
    UnsupportedMediaType,
    error_body,
    kind_of,
    shown,
)
from millstream.serving.request import Request

__all__ = [
    "BadRequest",
    "Decoder",
    "Request",
    "SchemaMismatch",
    "TooLarge",
    "UnsupportedMediaType",
    "encode",
    "error_body",
    "json_of",
]

Inputs = ColumnInputs | TensorInputs | UnsignedInputs

_FIELDS = ("dataframe_split", "dataframe_records", "inputs", "instances")
_PLAIN_ROWS = "data"
_VERTEX_PARAMS = "parameters"
_MOST_LISTED = 20
_LANGUAGE_MODEL = ("messages", "prompt", "input")


class Decoder:
    """Reads the bodies that one model understands; what can be computed once is computed here."""

    def __init__(self, model: PyFuncModel) -> None:
        manifest = model.metadata
        self._params: ParamSchema | None = manifest.get_params_schema()
        self._hinted = bool(getattr(manifest, "is_signature_from_type_hint", False))
        self.inputs: Inputs = inputs_of(model)
        self._quick = None if self._hinted else QuickBodies.of(self.inputs)

    def decode(self, content_type: str | None, body: bytes) -> Request:
        """The request of a body; without a content type it is taken for JSON.

        Raises `BadRequest`, and nothing else, for whatever is wrong with it: its `status` is 400,
        or 415 (`UnsupportedMediaType`, answered as plain text) or 413 (`TooLarge`); its message
        names the column, the row (counted from 0), what was expected and what was got.
        """
        form = body_form(content_type)
        if form == "json":
            request = None if self._quick is None else self._quick.decode(body)
            return self._object(parse(body)) if request is None else request
        if form == "msgpack":
            return self._object(_message(body))
        if self._hinted:
            raise BadRequest("Invalid input. A model with type hints takes JSON with 'inputs'.")
        return self._csv(body) if form == "csv" else self._arrow(form, body)

    def _object(self, content: Any) -> Request:
        """The request of an object with exactly one of the fields that carry data."""
        if not isinstance(content, Mapping):
            got = (
                "a list" if isinstance(content, list) else f"unexpected input type {type(content)}"
            )
            raise BadRequest(
                "Invalid input. The input must be a JSON dictionary with exactly one of the input "
                f"fields {_fields()}. Received {got}."
            )
        if any(key in content for key in _LANGUAGE_MODEL):
            return self._language_model(content)
        given = [name for name in _FIELDS if name in content]
        if not given and _PLAIN_ROWS in content:
            given = [_PLAIN_ROWS]
        if len(given) != 1:
            raise BadRequest(
                "The input must be a JSON dictionary with exactly one of the input fields "
                f"{_fields()}. Received dictionary with input fields: {sorted(map(str, content))}."
            )
        if self._hinted:
            request = self._of_hint(given[0], content)
        else:
            request = self._of_field(given[0], content[given[0]])
        request.params = self._params_of(given[0], content)
        return request

    def _params_of(self, field: str, content: Mapping[str, Any]) -> dict[str, Any] | None:
        """The params of a body; beside `instances` Vertex AI calls them `parameters`."""
        named = "params" if field != "instances" else _VERTEX_PARAMS
        if content.get(named) is None or named == "params":
            return _checked_params(content.get("params"))
        if content.get("params") is not None:
            raise BadRequest(
                "Invalid input. 'params' and 'parameters' are the same: give one of them."
            )
        given = _checked_params(content[named]) or {}
        known = [] if self._params is None else [param.name for param in self._params]
        unknown = [name for name in given if name not in known]
        if unknown:
            raise SchemaMismatch(
                f"The model takes no parameters {_listed(unknown)}. Its signature has "
                + (f"the params {_listed(known)}." if known else "no params.")
            )
        return given

    def _of_field(self, field: str, value: Any) -> Request:
        if field == "dataframe_split":
            return self.inputs.of_table(Table.of_split(value))
        if field == "dataframe_records":
            return self.inputs.of_records(value)
        if field == _PLAIN_ROWS:
            return self.inputs.of_rows(value)
        if field == "instances" and _are_objects(value):
            if isinstance(self.inputs, UnsignedInputs):
                return self.inputs.of_instances(value)
            return self.inputs.of_records(value)
        return self.inputs.of_value(value)

    def _of_hint(self, field: str, content: Mapping[str, Any]) -> Request:
        """The values as they are: the model brings them into the form of its hint."""
        if field != "inputs":
            raise BadRequest(
                "Invalid input. The model has type hints, so that the data must be under 'inputs'. "
                f"Received dictionary with input fields: {sorted(map(str, content))}."
            )
        value = content["inputs"]
        return Request(value, None, len(value) if isinstance(value, list) else 1)

    def _language_model(self, content: Mapping[str, Any]) -> Request:
        names = set() if self._params is None else {param.name for param in self._params}
        data = {key: value for key, value in content.items() if key not in names}
        params = {key: value for key, value in content.items() if key in names}
        request = Request(data)
        if isinstance(self.inputs, ColumnInputs) and not self._hinted:
            request = self.inputs.of_mapping(data)
        request.params = params
        request.wrapped = False
        request.kind = None
        return request

    def _csv(self, body: bytes) -> Request:
        table = csv_bodies.parse(body)
        if not isinstance(self.inputs, UnsignedInputs):
            return self.inputs.of_texts(table)
        if self.inputs.on_arrays:
            try:
                return self.inputs.of_texts(table)
            except Unfit:
                pass  # the model takes more than numbers
        return self.inputs.of_csv(body)

    def _arrow(self, form: str, body: bytes) -> Request:
        try:
            arrow = importlib.import_module("millstream.serving.bodies.arrow")
        except ModuleNotFoundError as error:
            if error.name != "pyarrow":
                raise
            raise UnsupportedMediaType(
                f"{form} bodies need pyarrow in the environment of the model: `pip install pyarrow`"
            ) from None
        table = arrow.read(body, form)
        if isinstance(self.inputs, UnsignedInputs) and not self.inputs.on_arrays:
            return self.inputs.of_frame(arrow.frame_of(table))
        return self.inputs.of_table(arrow.columns_of(table))


def inputs_of(model: PyFuncModel) -> Inputs:
    """What reads the inputs of a model: by its signature, or by what the model itself knows."""
    schema = model.metadata.get_input_schema()
    if schema is None or _allows_anything(schema):
        return UnsignedInputs(model.n_features, _fitted_names(model))
    return TensorInputs(schema) if schema.is_tensor_spec() else ColumnInputs(schema)


def _fitted_names(model: PyFuncModel) -> list[str] | None:
    """The names of the columns that the library's object was fitted on, if it tells."""
    try:
        native = model.get_raw_model()
    except NotSupported:
        return None
    names = getattr(native, "feature_names_in_", None)
    if names is None:
        names = getattr(native, "feature_names", None)
    if names is None or callable(names) or len(names) != model.n_features:
        return None
    return [str(name) for name in names]


def _allows_anything(schema: Schema) -> bool:
    first = schema.inputs[0]
    return len(schema) == 1 and first.name is None and isinstance(first.type, AnyType)


def _checked_params(params: Any) -> dict[str, Any] | None:
    if params is None or isinstance(params, dict):
        return params
    raise SchemaMismatch(f"Parameters must be a dictionary. Got type '{kind_of(params)}'.")


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(sorted(map(shown, names))[:_MOST_LISTED])


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)


def _message(body: bytes) -> Any:
    try:
        value = msgspec.msgpack.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError, TypeError, OverflowError) as error:
        raise BadRequest(f"Invalid input. The body is no valid MessagePack: {error}") from None
    check_depth(value)
    return value


def _fields() -> str:
    return "{" + ", ".join(f"'{name}'" for name in (*_FIELDS, _PLAIN_ROWS)) + "}"
