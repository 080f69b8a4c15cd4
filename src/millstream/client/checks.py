"""A point of a metric, checked at the call that logs it, since its journal is applied later."""

from __future__ import annotations

import time
from typing import Any

from millstream.entities.metrics import Metric
from millstream.entities.validation import check_metric_key
from millstream.errors import InvalidParameter

_LONG = 1 << 63
_MOST_KNOWN_KEYS = 10_000
_KNOWN_KEYS: set[str] = set()


def point(key: str, value: Any, timestamp: Any, step: Any, where: str = "") -> Metric:
    """The same as a metric."""
    return Metric(*plain_point(key, value, timestamp, step, where))


def plain_point(
    key: str, value: Any, timestamp: Any, step: Any, where: str = ""
) -> tuple[str, float, int, int]:
    """The point that a script means, as key, value, timestamp (ms) and step.

    `value` is whatever float() takes, or an array or tensor of one number. `where` leads to the
    point in messages when it is one of several. Raises `InvalidParameter` for what no store takes.
    """
    if key not in _KNOWN_KEYS:
        _check_key(key, where)
    when = time.time_ns() // 1_000_000 if timestamp is None else timestamp
    number = value if type(value) is float else float_of(value, when, where)
    if type(when) is not int or when < 0 or when >= _LONG:
        when = _checked_timestamp(when, key, number, where)
    if step is None:
        step = 0
    elif type(step) is not int or not -_LONG <= step < _LONG:
        step = _checked_step(step, key, number, where)
    return key, number, when, step


def float_of(value: Any, timestamp: Any, where: str = "") -> float:
    """The number that a value stands for."""
    if value is None:
        raise InvalidParameter(f"Missing value for required parameter '{where}value'.")
    try:
        if getattr(value, "ndim", 0) and hasattr(value, "item"):
            return float(value.item())  # arrays of one number, which float() will refuse one day
        return float(value)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise InvalidParameter(
            f"Invalid value \"{value}\" for parameter '{where}value' supplied: "
            f"(timestamp={timestamp}). Please specify value as a valid double (64-bit floating "
            "point)"
        ) from error


def checked(metric: Metric, index: int) -> Metric:
    """The same for a point that a script made itself, the `index`-th of a batch."""
    where = f"metrics[{index}]."
    number = float_of(metric.value, metric.timestamp, where)
    if number is metric.value and type(metric.timestamp) is int and type(metric.step) is int:
        return metric
    found = point(metric.key, number, metric.timestamp, metric.step, where)
    found.model_id = metric.model_id
    found.dataset_name = metric.dataset_name
    found.dataset_digest = metric.dataset_digest
    return found


def text_key(key: Any) -> str:
    """The key of a param or tag; what is no text raises `InvalidParameter`."""
    if isinstance(key, str):
        return key
    if key is None:
        raise InvalidParameter(
            "Invalid value \"\" for parameter 'key' supplied: A key name must be provided."
        )
    raise InvalidParameter(
        f"Invalid value {key!r} for parameter 'key' supplied: it must be a text, not "
        f"{type(key).__name__}"
    )


def _checked_timestamp(timestamp: Any, key: str, value: float, where: str) -> int:
    found = _whole(timestamp)
    if found is None or not 0 <= found < _LONG:
        raise InvalidParameter(
            f"Invalid value {_shown(timestamp)} for parameter '{where}timestamp' supplied: metric "
            f"'{key}' (value={value}). Timestamp must be a nonnegative long (64-bit integer) "
        )
    return found


def _checked_step(step: Any, key: str, value: float, where: str) -> int:
    found = _whole(step)
    if found is None or not -_LONG <= found < _LONG:
        raise InvalidParameter(
            f"Invalid value {_shown(step)} for parameter '{where}step' supplied: metric '{key}' "
            f"(value={value}). Step must be a valid long (64-bit integer)."
        )
    return found


def _whole(value: Any) -> int | None:
    """Numbers count, whatever their type; texts do not."""
    if isinstance(value, str | bytes):
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _check_key(key: Any, where: str) -> None:
    if key is None:
        raise InvalidParameter(
            f"Invalid value null for parameter '{where}name' supplied: Metric name cannot be "
            "None. A key name must be provided."
        )
    if not isinstance(key, str):
        raise InvalidParameter(
            f"Invalid value {key!r} for parameter '{where}name' supplied: it must be a text, not "
            f"{type(key).__name__}"
        )
    check_metric_key(key, f"{where}name")
    if len(_KNOWN_KEYS) < _MOST_KNOWN_KEYS:
        _KNOWN_KEYS.add(key)
