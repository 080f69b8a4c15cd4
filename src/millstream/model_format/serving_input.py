"""The body of a request to a model as the input that the model takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from millstream.errors import InvalidParameter
from millstream.model_format.adapters import adapter
from millstream.model_format.schema import Schema

_FORMS = ("dataframe_split", "dataframe_records", "inputs", "instances")
_CHAT = ("messages", "prompt", "input")


def parse_serving_input(
    body: str | bytes | Mapping[str, Any], schema: Schema | None
) -> tuple[Any, dict[str, Any] | None]:
    """The input and the params of a body with exactly one of MLflow's four keys.

    Numbers come in the types of the schema, dates and bytes out of their texts. This is for
    checking one body; the server reads them faster.
    """
    try:
        content = json.loads(body) if isinstance(body, (str, bytes)) else body
    except ValueError as error:
        raise InvalidParameter(f"the input is not JSON: {error}") from error
    if not isinstance(content, Mapping):
        raise InvalidParameter(
            f"the input must be a JSON object or a dictionary, not {type(content).__name__}"
        )
    if any(key in content for key in _CHAT):
        return dict(content), None
    given = [key for key in _FORMS if key in content]
    unknown = sorted(set(content) - {*_FORMS, "params"})
    if len(given) != 1 or unknown:
        raise InvalidParameter(
            f"the input must have exactly one of the keys {list(_FORMS)}, and may have 'params'; "
            f"it has {sorted(content)}"
        )
    data = content[given[0]]
    if given[0] == "dataframe_split":
        data = adapter("tabular").frame_from_split(data)
    elif given[0] == "dataframe_records":
        data = adapter("tabular").frame_from_records(data)
    return in_types(data, schema), content.get("params")


def in_types(data: Any, schema: Schema | None) -> Any:
    """Data out of JSON in the types of the schema, as far as they go."""
    if schema is None:
        return data
    if schema.is_tensor_spec():
        return adapter("arrays").from_json(data, schema)
    return adapter("tabular").from_json(data, schema)
