"""Inputs of a prediction held against the model's signature."""

from __future__ import annotations

from typing import Any

from millstream.errors import InvalidParameter
from millstream.model_format.adapters import adapter
from millstream.model_format.schema import Schema
from millstream.model_format.value_types import AnyType


def enforce_inputs(data: Any, schema: Schema | None) -> Any:
    """The data as the signature has it; what does not fit raises `InvalidParameter`.

    Column signatures give a DataFrame, tensor signatures an array or a dictionary of arrays.
    Without a signature, and for one that allows anything, the data stays as it is.
    """
    if schema is None or _allows_anything(schema):
        return data
    try:
        if schema.is_tensor_spec():
            return adapter("arrays").enforce_tensors(data, schema)
        return adapter("tabular").enforce_columns(data, schema)
    except InvalidParameter as error:
        raise InvalidParameter(
            f"Failed to enforce schema of data '{data}' with schema '{schema}'. "
            f"Error: {error.message}"
        ) from error


def _allows_anything(schema: Schema) -> bool:
    return (
        len(schema) == 1
        and schema.inputs[0].name is None
        and isinstance(schema.inputs[0].type, AnyType)
    )
