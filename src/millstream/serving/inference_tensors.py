"""Tensors of the Open Inference Protocol V2, in JSON and in its binary extension."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from millstream.serving.bodies.nested import Ragged, flattened
from millstream.serving.bodies.scalars import Array, Unfit, array_of, binary, objects
from millstream.serving.errors import BadRequest, expected_and_got

DTYPES = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
    "BYTES": "object",
}
_DATATYPES = {dtype: name for name, dtype in DTYPES.items()}
_SIZE = struct.Struct("<I")  # in front of each value of BYTES
_MOST_DIMENSIONS = 32


def datatype_of(dtype: str) -> str:
    """The protocol's name of a NumPy dtype; whatever is no number is BYTES."""
    return _DATATYPES.get(dtype, "BYTES")


def read_tensor(tensor: Any, place: int, raw: memoryview | None) -> tuple[str, Array]:
    """Name and values of an input; `raw` are its bytes where the JSON does not hold them.

    Raises `BadRequest` with the name, and the value counted from 0.
    """
    if not isinstance(tensor, Mapping) or not isinstance(tensor.get("name"), str):
        raise BadRequest(f"input {place}: {expected_and_got('an object with a name', tensor)}")
    name = tensor["name"]
    shape, datatype = _shape(tensor, name), tensor.get("datatype")
    if not isinstance(datatype, str) or datatype not in DTYPES:
        raise BadRequest(
            f"input '{name}': {expected_and_got(f'a datatype of {list(DTYPES)}', datatype)}"
        )
    if raw is not None:
        return name, _of_bytes(raw, datatype, shape, name)
    if "data" not in tensor:
        raise BadRequest(f"input '{name}' has no data")
    return name, _of_list(tensor, datatype, shape)


def raw_size(tensor: Any) -> int | None:
    """How many bytes of an input follow the JSON; None if its values are in it."""
    parameters = tensor.get("parameters") if isinstance(tensor, Mapping) else None
    size = parameters.get("binary_data_size") if isinstance(parameters, Mapping) else None
    if size is None:
        return None
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise BadRequest(f"binary_data_size: {expected_and_got('a number of bytes', size)}")
    return size


def _shape(tensor: Mapping[str, Any], name: str) -> tuple[int, ...]:
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not all(
        isinstance(size, int) and not isinstance(size, bool) and size >= 0 for size in shape
    ):
        raise BadRequest(f"input '{name}': {expected_and_got('a shape, such as [1, 10]', shape)}")
    if len(shape) > _MOST_DIMENSIONS or math.prod(size or 1 for size in shape) >= 2**62:
        raise BadRequest(f"input '{name}': the shape {shape} is too large")
    return tuple(shape)


def _of_list(tensor: Mapping[str, Any], datatype: str, shape: tuple[int, ...]) -> Array:
    name, data = tensor["name"], tensor["data"]
    try:
        values, _ = flattened(data if isinstance(data, list) else [data])
        _check_count(name, len(values), shape)
        if datatype != "BYTES":
            return array_of(values, DTYPES[datatype]).reshape(shape)
        return objects(_bytes_values(tensor, values)).reshape(shape)
    except Unfit as error:
        raise BadRequest(
            f"input '{name}', value {error.position}: "
            f"{expected_and_got(f'{error.expected} ({datatype})', error.value)}"
        ) from None
    except Ragged as error:
        raise BadRequest(error.told(f"input '{name}'")) from None


def _bytes_values(tensor: Mapping[str, Any], values: list[Any]) -> list[Any]:
    parameters = tensor.get("parameters")
    content = parameters.get("content_type") if isinstance(parameters, Mapping) else None
    if content == "base64":
        return [None if value is None else binary(value) for value in values]
    for position, value in enumerate(values):
        if value is not None and not isinstance(value, (str, bytes)):
            raise Unfit("text", value, position)
    return values


def _check_count(name: str, found: int, shape: tuple[int, ...]) -> None:
    wanted = math.prod(shape)
    if found != wanted:
        raise BadRequest(
            f"input '{name}' has {found} values, its shape {list(shape)} says {wanted}"
        )


def _of_bytes(raw: memoryview, datatype: str, shape: tuple[int, ...], name: str) -> Array:
    if datatype == "BYTES":
        values = list(_sized(raw, name))
        _check_count(name, len(values), shape)
        return objects(values).reshape(shape)
    dtype = np.dtype(DTYPES[datatype]).newbyteorder("<")
    if len(raw) != math.prod(shape) * dtype.itemsize:
        raise BadRequest(
            f"input '{name}' has {len(raw)} bytes, its shape {list(shape)} and datatype {datatype} "
            f"say {math.prod(shape) * dtype.itemsize}"
        )
    if datatype == "BOOL":
        dtype = np.dtype("uint8")
    array: Array = np.frombuffer(raw, dtype=dtype).reshape(shape).astype(DTYPES[datatype])
    return array


def _sized(raw: memoryview, name: str) -> Iterator[str | bytes]:
    start = 0
    while start < len(raw):
        end = start + _SIZE.size
        size = _SIZE.unpack(raw[start:end])[0] if end <= len(raw) else len(raw)
        value = bytes(raw[end : end + size])
        if len(value) != size or end > len(raw):
            raise BadRequest(f"input '{name}': a value ends behind the end of the body")
        try:
            yield value.decode()
        except UnicodeDecodeError:
            yield value
        start = end + size


def to_bytes(array: Array) -> bytes:
    """The values one after the other, as the binary extension has them."""
    if datatype_of(array.dtype.name) != "BYTES":
        return array.astype(array.dtype.newbyteorder("<")).tobytes()
    texts = [v if isinstance(v, bytes) else str(v).encode() for v in array.ravel().tolist()]
    return b"".join(_SIZE.pack(len(text)) + text for text in texts)
