"""Points of a metric that a script gives as arrays, checked at the call that logs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from millstream.client.checks import float_of, point
from millstream.client.records import Points, packed
from millstream.errors import InvalidParameter

MOST_TOGETHER = 10_000
_LONG = 1 << 63


def is_column(value: Any) -> bool:
    """Whether a value is several: a list, a tuple, or an array or tensor with a dimension.

    One number in an array of any shape counts as a number, as it does in MLflow.
    """
    if isinstance(value, list | tuple):
        return True
    if not getattr(value, "ndim", 0) or not hasattr(value, "tolist"):
        return False
    return _size(value) != 1


def columns(key: str, values: Any, steps: Any, timestamp: Any, where: str) -> Iterator[Points]:
    """The points of one metric, at most 10,000 together.

    `steps` are as many whole numbers as there are values, or the first of them (0 if None), from
    which they count on. `timestamp` is one in ms, or as many. What no store would take raises
    `InvalidParameter`.
    """
    numbers = _floats(_listed(values, f"{where}value"), timestamp, where)
    if not numbers:
        return
    places = _whole(steps, len(numbers), f"{where}step", counting=True)
    times = _whole(timestamp, len(numbers), f"{where}timestamp", counting=False)
    for at in (0, len(numbers) - 1):
        point(key, numbers[at], times[at], places[at], where)
    if min(times) < 0:
        point(key, numbers[0], min(times), places[0], where)
    for start in range(0, len(numbers), MOST_TOGETHER):
        part = slice(start, start + MOST_TOGETHER)
        yield Points(
            key,
            packed("d", numbers[part]),
            packed("q", places[part]),
            packed("q", times[part]),
        )


def _size(value: Any) -> int:
    size = getattr(value, "size", None)
    if callable(size):  # of a tensor of PyTorch
        return int(value.numel())
    return len(value) if size is None else int(size)


def _listed(values: Any, where: str) -> list[Any]:
    if getattr(values, "ndim", 1) > 1:
        shape = tuple(getattr(values, "shape", ()))
        raise InvalidParameter(
            f"Invalid value for parameter '{where}' supplied: an array of shape {shape}; several "
            "points of a metric are an array of one dimension"
        )
    return list(values.tolist() if hasattr(values, "tolist") else values)


def _floats(values: list[Any], timestamp: Any, where: str) -> list[float]:
    if all(type(value) is float for value in values):
        return values
    return [
        value if type(value) is float else float_of(value, timestamp, where) for value in values
    ]


def _whole(given: Any, number: int, where: str, *, counting: bool) -> list[int]:
    if isinstance(given, list | tuple | range) or bool(getattr(given, "ndim", 0)):
        found = _listed(given, where)
    else:
        first = int(given or 0)
        found = list(range(first, first + number)) if counting else [first] * number
    if len(found) != number:
        raise InvalidParameter(
            f"Invalid value for parameter '{where}' supplied: {len(found)} of them for {number} "
            "values; give one for each"
        )
    for item in found:
        if isinstance(item, str | bytes) or int(item) != item or not -_LONG <= item < _LONG:
            raise InvalidParameter(
                f"Invalid value {item!r} for parameter '{where}' supplied: it must be a 64-bit "
                "integer"
            )
    return [int(item) for item in found]
