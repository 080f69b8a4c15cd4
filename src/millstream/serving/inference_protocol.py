"""The Open Inference Protocol V2: requests, answers and the description of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from millstream.errors import MillstreamError
from millstream.model_format.manifest import Manifest
from millstream.model_format.pyfunc import PyFuncModel
from millstream.model_format.schema import Schema, TensorSpec
from millstream.model_format.value_types import DataType
from millstream.serving.bodies.answers import as_plain, json_of
from millstream.serving.bodies.columns import ColumnInputs
from millstream.serving.bodies.json import parse
from millstream.serving.bodies.scalars import DTYPES, Array, objects
from millstream.serving.bodies.tables import Table
from millstream.serving.bodies.tensors import TensorInputs
from millstream.serving.errors import BadRequest, expected_and_got
from millstream.serving.inference_tensors import datatype_of, raw_size, read_tensor, to_bytes
from millstream.serving.payloads import Decoder
from millstream.serving.request import Request

_PREDICTIONS = "predict"
_INPUT = "input-0"
_PANDAS = "pd"


class InferenceRequest(msgspec.Struct):
    """A request of the protocol: the request for the model, and what the answer shall have.

    `outputs` are the names that are wanted, None for all; `binary` are those of them whose values
    shall follow the JSON as bytes.
    """

    request: Request
    id: str | None = None
    outputs: list[str] | None = None
    binary: set[str] = msgspec.field(default_factory=set)
    all_binary: bool = False


class InferenceDecoder:
    """Reads the requests of the protocol that one model understands."""

    def __init__(self, model: PyFuncModel, decoder: Decoder) -> None:
        self._inputs = decoder.inputs
        self._params = {param.name for param in model.metadata.get_params_schema() or ()}

    def decode(self, body: bytes, header_length: str | None = None) -> InferenceRequest:
        """The request of a body.

        `header_length` is the header Inference-Header-Content-Length: how many bytes of the body
        are JSON, if values follow it. Raises `BadRequest`, and nothing else.
        """
        end = _header_end(header_length, len(body))
        content = parse(body[:end])
        if not isinstance(content, Mapping) or not isinstance(content.get("inputs"), list):
            raise BadRequest(f"{expected_and_got('an object with a list of inputs', content)}")
        identity = content.get("id")
        if identity is not None and not isinstance(identity, str):
            raise BadRequest(f"id: {expected_and_got('text', identity)}")
        parameters = _object(content.get("parameters"), "parameters")
        request = self._request(_tensors(content["inputs"], body, end), parameters)
        request.params = {k: v for k, v in parameters.items() if k in self._params} or None
        outputs = _wanted(content.get("outputs"))
        return InferenceRequest(
            request,
            identity,
            None if outputs is None else list(outputs),
            {name for name, binary in (outputs or {}).items() if binary},
            parameters.get("binary_data_output") is True,
        )

    def _request(self, tensors: dict[str, Array], parameters: Mapping[str, Any]) -> Request:
        if not tensors:
            raise BadRequest("there are no inputs; at least one is needed")
        only = next(iter(tensors.values())) if len(tensors) == 1 else None
        if isinstance(self._inputs, TensorInputs):
            return self._inputs.of_arrays(tensors)
        if isinstance(self._inputs, ColumnInputs):
            by_name = self._inputs.knows(next(iter(tensors)))
            if only is not None and only.ndim == 2 and (only.shape[1] != 1 or not by_name):
                return self._inputs.of_table(_side_by_side(only))
            return self._inputs.of_table(_columns(tensors))
        if parameters.get("content_type") == _PANDAS:
            return self._inputs.of_table(_columns(tensors))
        return self._inputs.of_arrays(tensors)


def encode_inference(
    predictions: Any, asked: InferenceRequest, model_name: str, version: str | None = None
) -> tuple[bytes, int | None]:
    """The body of an answer, and how many bytes of it are JSON if values follow it.

    Raises `MillstreamError` if the model's answer has no such form, `BadRequest` if an output is
    asked for that there is not.
    """
    outputs = _outputs(predictions)
    unknown = [name for name in asked.outputs or () if name not in outputs]
    if unknown:
        raise BadRequest(f"there are no outputs {unknown}; the model answers {list(outputs)}")
    forms, raw = [], []
    for name in asked.outputs or outputs:
        array = outputs[name]
        form: dict[str, Any] = {
            "name": name,
            "shape": list(array.shape),
            "datatype": datatype_of(array.dtype.name),
        }
        if asked.all_binary or name in asked.binary:
            raw.append(to_bytes(array))
            form["parameters"] = {"binary_data_size": len(raw[-1])}
        else:
            form["data"] = as_plain(array.ravel())
        forms.append(form)
    answer: dict[str, Any] = {"model_name": model_name}
    if version is not None:
        answer["model_version"] = version
    if asked.id is not None:
        answer["id"] = asked.id
    head = json_of({**answer, "outputs": forms})
    return head + b"".join(raw), len(head) if raw else None


def inference_error(error: MillstreamError) -> bytes:
    """The body of an error."""
    message = error.message.encode(errors="replace").decode()
    return msgspec.json.encode({"error": message})


def model_metadata(model: PyFuncModel, name: str, versions: list[str] | None = None) -> Any:
    """What the protocol's metadata route says about a model."""
    manifest = model.metadata
    inputs = _described(manifest.get_input_schema(), _INPUT)
    if not inputs and model.n_features is not None:
        inputs = [{"name": _INPUT, "datatype": "FP64", "shape": [-1, model.n_features]}]
    return {
        "name": name,
        "versions": versions or [],
        "platform": f"{_framework(manifest)}_mlflow",
        "inputs": inputs,
        "outputs": _described(manifest.get_output_schema(), _PREDICTIONS),
    }


def _framework(manifest: Manifest) -> str:
    own = [name for name in manifest.flavors if name != "python_function"]
    return own[0] if own else "python_function"


def _described(schema: Schema | None, unnamed: str) -> list[dict[str, Any]]:
    described = []
    for place, spec in enumerate(schema or ()):
        name = unnamed if spec.name is None else spec.name
        if spec.name is None and place:
            name = f"{unnamed}-{place}"
        tensor = isinstance(spec, TensorSpec)
        scalar = DTYPES.get(spec.type, "object") if isinstance(spec.type, DataType) else "object"
        dtype = spec.dtype_name if tensor else scalar
        shape = list(spec.shape) if tensor else [-1, 1]
        described.append({"name": name, "datatype": datatype_of(dtype), "shape": shape})
    return described


def _outputs(predictions: Any) -> dict[str, Array]:
    """The arrays of an answer by name."""
    if hasattr(predictions, "columns") and hasattr(predictions, "iloc"):
        return {str(name): _array(predictions[name]) for name in predictions.columns}
    if isinstance(predictions, Mapping):
        return {str(name): _array(value) for name, value in predictions.items()}
    return {_PREDICTIONS: _array(predictions)}


def _array(value: Any) -> Array:
    array = value if isinstance(value, np.ndarray) else None
    if hasattr(value, "to_numpy"):
        array = value.to_numpy()
    if array is None:
        plain = as_plain(value)
        array = objects(plain) if isinstance(plain, list) else objects([plain])
        kinds = set(map(type, array.tolist()))
        if kinds and (kinds <= {int, float} or kinds == {bool} or kinds == {list}):
            array = _rectangle(plain, array)
    if array.dtype.kind not in "fiub":
        texts = [v if isinstance(v, str) else as_plain(v) for v in array.ravel().tolist()]
        return objects(texts).reshape(array.shape)
    return array


def _rectangle(plain: Any, fallback: Array) -> Array:
    try:
        return np.array(plain if isinstance(plain, list) else [plain])
    except ValueError:  # lists of different lengths stay lists
        return fallback


def _header_end(header_length: str | None, size: int) -> int:
    if header_length is None:
        return size
    text = header_length.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) <= size):
        wanted = f"a number of bytes up to {size}, the size of the body"
        raise BadRequest(
            f"Inference-Header-Content-Length: {expected_and_got(wanted, header_length)}"
        )
    return int(text)


def _tensors(inputs: list[Any], body: bytes, end: int) -> dict[str, Array]:
    tensors: dict[str, Array] = {}
    view = memoryview(body)
    for place, tensor in enumerate(inputs):
        size = raw_size(tensor)
        raw = None if size is None else view[end : end + size]
        name, array = read_tensor(tensor, place, raw)
        end += size or 0
        if name in tensors:
            raise BadRequest(f"the input '{name}' is given more than once")
        tensors[name] = array
    return tensors


def _wanted(outputs: Any) -> dict[str, bool] | None:
    if outputs is None or outputs == []:
        return None
    if not isinstance(outputs, list) or not all(
        isinstance(output, Mapping) and isinstance(output.get("name"), str) for output in outputs
    ):
        raise BadRequest(f"outputs: {expected_and_got('a list of objects with names', outputs)}")
    return {
        output["name"]: _object(output.get("parameters"), "parameters").get("binary_data") is True
        for output in outputs
    }


def _object(value: Any, name: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadRequest(f"{name}: {expected_and_got('an object', value)}")
    return value


def _side_by_side(array: Array) -> Table:
    return Table(None, [_plain(column) for column in array.T], len(array))


def _columns(tensors: Mapping[str, Array]) -> Table:
    """Tensors of one value in each row as columns; the others hold lists."""
    columns, rows = [], set()
    for name, array in tensors.items():
        if not array.ndim:
            raise BadRequest(f"input '{name}' has no rows: its shape is []")
        rows.add(len(array))
        flat = array.reshape(len(array)) if array.size == len(array) else array.tolist()
        columns.append(_plain(flat))
    if len(rows) > 1:
        sizes = {name: len(array) for name, array in tensors.items()}
        raise BadRequest(f"the inputs have different numbers of rows: {sizes}")
    return Table(list(tensors), columns, rows.pop())


def _plain(column: Any) -> Any:
    """Arrays of objects as lists, since they hold anything."""
    return column.tolist() if isinstance(column, np.ndarray) and column.dtype == object else column
