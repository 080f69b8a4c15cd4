"""Nested lists of a body as arrays, and where in them something is wrong."""

from __future__ import annotations

import struct
import types
from collections.abc import Sequence
from itertools import chain, starmap
from typing import Any

import numpy as np

from millstream.serving.bodies.scalars import Array

_SMALL = 8  # up to so many rows NumPy's own way is the fastest
_WIDEST = 1_000  # row that a decoder is told the length of


class Ragged(ValueError):
    """Lists side by side have different lengths; `place` is the path of indices to the odd one."""

    def __init__(self, place: tuple[int, ...], found: str, wanted: str) -> None:
        super().__init__(f"{found} instead of {wanted}")
        self.place = place
        self.found = found
        self.wanted = wanted

    def told(self, what: str) -> str:
        """The error in words."""
        return (
            f"The lists of {what} have different lengths (inhomogeneous shape): "
            f"{spoken(self.place)} has {self.found}, the first one has {self.wanted}."
        )


def row_type(leaf: Any, width: int) -> Any:
    """The type of a row for a decoder: a tuple, where its length is known, is read a third faster.

    A `width` of -1 is any.
    """
    if 0 < width <= _WIDEST:
        return types.GenericAlias(tuple, (leaf,) * width)
    return types.GenericAlias(list, (leaf,))


def block(rows: Sequence[Sequence[float]]) -> Array | None:
    """Rows of numbers as an array of two dimensions; None if their lengths differ.

    Packed row by row, which takes a third of the time that NumPy takes for many rows. None among
    the numbers becomes NaN.
    """
    if len(rows) > _SMALL:
        width = len(rows[0])
        pack = struct.Struct(f"{width}d").pack
        try:
            packed = bytearray().join(starmap(pack, rows))
        except struct.error:  # the lengths differ, or there is a None
            return np.array(rows, np.float64) if set(map(len, rows)) == {width} else None
        return np.ndarray((len(rows), width), np.float64, packed)
    try:
        return np.array(rows, dtype=np.float64)
    except ValueError:
        return None


def flattened(value: Any) -> tuple[list[Any], tuple[int, ...]]:
    """The values one after the other, and the shape of the rectangle they form."""
    level = [value]
    shape: list[int] = []
    while level and isinstance(level[0], list):
        width = len(level[0])
        for number, item in enumerate(level):
            if not isinstance(item, list) or len(item) != width:
                raise Ragged(place_in(shape, number), _size(item), _size(level[0]))
        shape.append(width)
        level = list(chain.from_iterable(level))
    for number, item in enumerate(level):
        if isinstance(item, list):
            raise Ragged(place_in(shape, number), _size(item), "a single value")
    return level, tuple(shape)


def place_in(shape: Sequence[int], number: int) -> tuple[int, ...]:
    """The path of indices to the number-th list or value at a depth."""
    place: list[int] = []
    for width in reversed(shape):
        number, index = divmod(number, width)
        place.insert(0, index)
    return tuple(place)


def _size(item: Any) -> str:
    if not isinstance(item, list):
        return "a single value"
    return f"{len(item)} value{'s' * (len(item) != 1)}"


def spoken(place: tuple[int, ...]) -> str:
    """A path of indices in words: the first is the row."""
    if not place:
        return "the value"
    names = ["row", "value", *(["index"] * len(place))]
    return ", ".join(f"{name} {index}" for name, index in zip(names, place, strict=False))
