"""Scalars of a body in the type that the signature says: what would change the value is refused."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from millstream.model_format.value_types import DataType
from millstream.serving.bodies.instants import instant

Array = np.ndarray[Any, Any]

_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,25}\s*")
_NUMBER = re.compile(
    r"\s*[+-]?(?:[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?|inf(?:inity)?|nan)\s*",
    re.IGNORECASE,
)
_TRUTHS = {"true": True, "false": False, "1": True, "0": False}
_MOST_BYTES_OF_TEXT = 256 * 2**20
_PLAIN_NUMBERS = {float, int, bool, type(None)}
_INTEGERS_CANNOT_BE_MISSING = "an integer, and integers cannot say that a value is missing"

# The dtypes that the scalar types of column signatures have.
DTYPES = {
    DataType.boolean: "bool",
    DataType.integer: "int32",
    DataType.long: "int64",
    DataType.float: "float32",
    DataType.double: "float64",
    DataType.string: "str",
    DataType.binary: "bytes",
    DataType.datetime: "datetime64[ns]",
}


# What is expected inside of lists and objects where neither text nor the other kind will do.
_STRICT = {
    DataType.boolean: "true or false",
    DataType.integer: "a whole number",
    DataType.long: "a whole number",
    DataType.float: "a number",
    DataType.double: "a number",
}


class Unfit(ValueError):
    """The value at a position cannot be had in the type without changing it."""

    def __init__(self, expected: str, value: Any, position: int = 0) -> None:
        super().__init__(expected)
        self.expected = expected
        self.value = value
        self.position = position


def array_of(values: Sequence[Any], dtype: str) -> Array:
    """The values as an array of one dimension; the first that does not fit raises `Unfit`.

    Numbers may be written as text, whole numbers as 1.0, booleans as 0 and 1, bytes as Base64,
    points in time in ISO 8601. A missing number becomes NaN where there is one.
    """
    target = np.dtype(dtype)
    if target.kind == "f":
        return _floats(values, target)
    if target.kind in "iu" and set(map(type, values)) <= {int}:
        try:
            return np.array(values, dtype=target)
        except OverflowError:
            pass  # found below, with its position
    if target.kind == "b" and set(map(type, values)) <= {bool}:
        return np.array(values, dtype=target)
    converted = _each(values, _converter(target))
    if target.kind == "U":
        return _texts(converted)
    if target.kind == "S" and dtype == "bytes":
        target = np.dtype(object)  # arrays of bytes drop zeros at their end
    if target.kind == "O":
        return objects(converted)
    return np.array(converted, dtype=target)


def one(value: Any, kind: DataType) -> Any:
    """A single value inside of a list or object, as Python has it; raises `Unfit`.

    There, text is no number, and neither is a boolean.
    """
    mixed_up = isinstance(value, bool) != (kind is DataType.boolean)
    if kind in _STRICT and (isinstance(value, str) or mixed_up):
        raise Unfit(_STRICT[kind], value)
    if kind is DataType.datetime:
        return _instant(value).astype("datetime64[us]").item()
    if kind in (DataType.float, DataType.double):
        return float(_floats([value], np.dtype(DTYPES[kind]))[0])
    if kind is DataType.string and not isinstance(value, str):
        raise Unfit("text", value)
    return _converter(np.dtype(DTYPES[kind]))(value)


def objects(values: Sequence[Any]) -> Array:
    """An array of Python objects of one dimension, even if they are lists."""
    array = np.empty(len(values), dtype=object)
    for position, value in enumerate(values):
        array[position] = value
    return array


def _texts(values: Sequence[str]) -> Array:
    """Arrays of text give each value the room of the longest, and drop a NUL at the end."""
    room = 0
    for position, value in enumerate(values):
        room = max(room, len(value))
        if value.endswith("\0"):
            raise Unfit("text that does not end in NUL", value, position)
        if room * 4 * len(values) > _MOST_BYTES_OF_TEXT:
            raise Unfit(f"text of fewer characters beside {len(values)} values", value, position)
    return np.array(values, dtype=np.str_)


def binary(value: Any) -> bytes:
    """Bytes as they are, or the bytes of Base64 text."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, str):
        try:
            return base64.b64decode("".join(value.split()), validate=True)
        except (binascii.Error, ValueError):  # ValueError: text beyond ASCII
            pass
    raise Unfit("bytes in Base64", value)


def _each(values: Sequence[Any], convert: Callable[[Any], Any]) -> list[Any]:
    converted = []
    for position, value in enumerate(values):
        try:
            converted.append(convert(value))
        except Unfit as error:
            error.position = position
            raise
    return converted


def _floats(values: Sequence[Any], target: np.dtype[Any]) -> Array:
    if not set(map(type, values)) <= _PLAIN_NUMBERS:
        values = _each(values, _number)
    try:
        wide = np.array(values, dtype=np.float64)
    except OverflowError:
        wide = np.array(_each(values, _number), dtype=np.float64)
    if target == np.float64:
        return wide
    with np.errstate(over="ignore"):
        narrow = wide.astype(target)
    beyond = np.isinf(narrow) & ~np.isinf(wide)
    if beyond.any():
        position = int(np.argmax(beyond))
        limit = float(np.finfo(target).max)
        raise Unfit(f"a number within ±{limit:.4g}", values[position], position)
    return narrow


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, int) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        written_so = isinstance(value, str) and "inf" in value.lower()
        if written_so or not math.isinf(number):
            return number
        raise Unfit("a number within the range of float64", value)
    raise Unfit("a number", value)


def _converter(target: np.dtype[Any]) -> Callable[[Any], Any]:
    if target.kind in "iu":
        bounds = np.iinfo(target)
        return lambda value: _integer(value, int(bounds.min), int(bounds.max))
    if target.kind == "M":
        return _instant
    return {"b": _boolean, "U": _text, "S": binary, "O": lambda value: value}[target.kind]


def _integer(value: Any, least: int, most: int) -> int:
    whole: int | None = None
    if (
        isinstance(value, int)
        or (isinstance(value, float) and value.is_integer())
        or (isinstance(value, str) and _WHOLE.fullmatch(value))
    ):
        whole = int(value)
    if whole is None:
        missing = value is None or (isinstance(value, float) and math.isnan(value))
        raise Unfit(_INTEGERS_CANNOT_BE_MISSING if missing else "a whole number", value)
    if not least <= whole <= most:
        raise Unfit(f"a whole number from {least} to {most}", value)
    return whole


def _boolean(value: Any) -> bool:
    if isinstance(value, str):
        found = _TRUTHS.get(value.strip().lower())
    else:
        found = bool(value) if isinstance(value, (int, float)) and value in (0, 1) else None
    if found is None:
        raise Unfit("true or false", value)
    return found


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return str(value)
    raise Unfit("text", value)


def _instant(value: Any) -> Any:
    try:
        return instant(value)
    except ValueError:
        raise Unfit("a point in time in ISO 8601, such as 2026-01-31T12:00:00", value) from None
