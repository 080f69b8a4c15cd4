"""What other servers take from `mlflow.pyfunc.scoring_server`: bodies in, predictions out.

Our own server reads and writes the same by `millstream.serving.payloads`, faster.
"""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Mapping
from typing import Any, TextIO

import numpy as np

from millstream.errors import InvalidParameter
from millstream.model_format.schema import DataType, Schema
from millstream.model_format.serving_input import in_types, parse_serving_input
from millstream.serving.payloads import BadRequest, Request, encode

CONTENT_TYPE_CSV = "text/csv"
CONTENT_TYPE_JSON = "application/json"
CONTENT_TYPE_PARQUET = "application/vnd.apache.parquet"
CONTENT_TYPES = [CONTENT_TYPE_CSV, CONTENT_TYPE_JSON, CONTENT_TYPE_PARQUET]
DF_RECORDS = "dataframe_records"
DF_SPLIT = "dataframe_split"
INSTANCES = "instances"
INPUTS = "inputs"
SUPPORTED_FORMATS = {DF_RECORDS, DF_SPLIT, INSTANCES, INPUTS}
SERVING_PARAMS_KEY = "params"

_REQUIRED = (
    "Invalid input. The input must be a JSON dictionary with exactly one of the input fields "
    f"{sorted(SUPPORTED_FORMATS)}."
)


def _split_data_and_params(json_input: str) -> tuple[dict[str, Any], Any]:
    """Of a body, the fields that carry data, and the params; None if there are none."""
    try:
        content = json.loads(json_input) if isinstance(json_input, (str, bytes)) else json_input
    except ValueError as error:
        raise BadRequest(f"Invalid input. The body is not valid JSON: {error}") from error
    if not isinstance(content, Mapping):
        raise BadRequest(f"{_REQUIRED} Received a {type(content).__name__}.")
    data = {name: value for name, value in content.items() if name in SUPPORTED_FORMATS}
    return data, content.get(SERVING_PARAMS_KEY)


def infer_and_parse_data(data: Mapping[str, Any], schema: Schema | None = None) -> Any:
    """The input in the one field of `data`, in the types of the schema.

    A DataFrame of `dataframe_split` and `dataframe_records`; of `inputs` and `instances` an array,
    or a dictionary of arrays by name.
    """
    given = sorted(SUPPORTED_FORMATS & set(data))
    if len(given) != 1:
        raise BadRequest(f"{_REQUIRED} Received input fields: {sorted(map(str, data))}.")
    try:
        if given[0] in (DF_SPLIT, DF_RECORDS):
            return parse_serving_input({given[0]: data[given[0]]}, schema)[0]
        return _in_arrays(_by_name(data[given[0]]), schema)
    except (ValueError, TypeError, KeyError, AttributeError, InvalidParameter) as error:
        raise BadRequest(
            f"Invalid input. The field {given[0]!r} cannot be read: {error}"
        ) from error


def _by_name(values: Any) -> Any:
    """The columns of a list of objects, which `instances` may be."""
    if isinstance(values, list) and values and all(isinstance(one, Mapping) for one in values):
        return {name: [one[name] for one in values] for name in values[0]}
    return values


def _in_arrays(values: Any, schema: Schema | None) -> Any:
    if schema is not None and schema.is_tensor_spec():
        return in_types(values, schema)
    if not isinstance(values, Mapping):
        found = np.asarray(values)
        kinds = set() if schema is None else {spec.type for spec in schema}
        (kind,) = kinds if len(kinds) == 1 else (None,)
        numeric = isinstance(kind, DataType) and found.dtype.kind in "biuf"
        return found.astype(kind.to_numpy()) if numeric and kind is not None else found
    if schema is None or not schema.has_input_names():
        return {name: np.asarray(value) for name, value in values.items()}
    frame = in_types(dict(values), schema)
    return {name: frame[name].to_numpy() for name in frame.columns}


def parse_csv_input(csv_input: TextIO | str, schema: Schema | None = None) -> Any:
    """The DataFrame in CSV, an open file or the text itself, in the types of the schema.

    A text is never the name of a file or an address: it may come from anybody.
    """
    pandas = importlib.import_module("pandas")
    file = io.StringIO(csv_input) if isinstance(csv_input, str) else csv_input
    specs = {} if schema is None or not schema.has_input_names() else schema.input_dict()
    texts = {name: object for name, spec in specs.items() if spec.type is DataType.string}
    try:
        return in_types(pandas.read_csv(file, dtype=texts), schema)
    except ValueError as error:
        raise BadRequest(f"Invalid input. The input is no CSV of a table: {error}") from error


def predictions_to_json(
    raw_predictions: Any, output: TextIO, metadata: Mapping[str, Any] | None = None
) -> None:
    """Write predictions as the server answers them, with further fields beside them."""
    body, _ = encode(raw_predictions, Request(None))
    answer = json.dumps({**json.loads(body), **metadata}) if metadata else body.decode()
    output.write(answer)


def _get_jsonable_obj(data: Any, pandas_orient: str = "records") -> Any:
    """Arrays as lists, tables in that form of `DataFrame.to_dict`; anything else as it is."""
    if hasattr(data, "to_frame"):
        data = data.to_frame()
    if hasattr(data, "to_dict"):
        return data.to_dict(orient=pandas_orient)
    return data.tolist() if isinstance(data, np.ndarray) else data
