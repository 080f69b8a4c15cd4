"""Answers and errors as MLflow's JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Iterable
from typing import Any

import msgspec

from millstream.errors import MillstreamError

_ENCODER = msgspec.json.Encoder()
EMPTY = b"{}"


def encode(answer: Any, envelope: str | None = None) -> bytes:
    """The answer as compact JSON: without nulls, and with NaN and infinities as words."""
    if answer is None:
        return EMPTY
    body = _ENCODER.encode(answer)
    if b"null" in body:
        body = _ENCODER.encode(_spelled(msgspec.to_builtins(answer)))
    if envelope is None:
        return body
    return b'{"%b":%b}' % (envelope.encode(), body)


def encode_bare(answer: Any) -> bytes:
    """The answer as Python's json module writes it: with the tokens NaN and Infinity."""
    values = {name: _without_nulls(msgspec.to_builtins(value)) for name, value in answer}
    kept = {name: value for name, value in values.items() if value is not None}
    return json.dumps(kept, separators=(",", ":")).encode()


def encode_slices(name: str, slices: Iterable[list[Any]]) -> Generator[bytes, None, None]:
    """One JSON object whose list `name` arrives in slices, in constant memory."""
    before = b'{"%b":[' % name.encode()
    for items in slices:
        if items:
            yield before + encode(items)[1:-1]
            before = b","
    yield EMPTY if before != b"," else b"]}"


def encode_lines(slices: Iterable[list[Any]]) -> Generator[bytes, None, None]:
    """All items of the slices, each on a line with all its fields, in constant memory."""
    for items in slices:
        yield b"".join(_ENCODER.encode(item) + b"\n" for item in items)


def encode_error(error: MillstreamError) -> bytes:
    """MLflow's error object."""
    return json.dumps(error.to_wire(), default=str).encode()


def _spelled(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {name: _spelled(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_spelled(item) for item in value]
    return value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
