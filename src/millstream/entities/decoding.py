"""Decoders of JSON by type, each built once.

msgspec finds out what a type is like when it first meets it. Two threads that do so at the same
time can crash the process, since one may decode with what the other has only begun to find out; so
that happens here, one type after the other.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_BUILDING = threading.Lock()


def json_decoder(kind: type[T], *, strict: bool = True) -> msgspec.json.Decoder[T]:
    """The decoder of a type; without `strict`, texts will do for numbers.

    Once it is there, `msgspec.convert` to the type is safe, too.
    """
    return _built(kind, strict)  # type: ignore[arg-type]  # every type can be hashed


@cache
def _built(kind: Any, strict: bool) -> msgspec.json.Decoder[Any]:
    with _BUILDING:
        return msgspec.json.Decoder(kind, strict=strict)
