"""JSON text as Python objects, read more tolerantly than the standard says."""

from __future__ import annotations

import json
import math
import re
from itertools import chain
from typing import Any

import msgspec

from millstream.serving.errors import BadRequest, shown

_ANYTHING = msgspec.json.Decoder()
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_BEYOND = "the number {} is beyond the range of float64"
_AROUND = 20
_CONTAINERS = (list, dict)
MOST_DEPTH = 64
_NOTHING = object()


def parse(body: bytes) -> Any:
    """What the text says.

    Beyond the standard, NaN, Infinity and -Infinity are numbers and a byte order mark may stand in
    front. Where a key is given twice the last one counts. Raises `BadRequest` with the place.
    """
    value = _strict(body)
    if value is not _NOTHING:
        if body.count(b"[") + body.count(b"{") > MOST_DEPTH:
            check_depth(value)
        return value
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is no UTF-8 ({error.reason})"
        raise _invalid(reason, body[: error.start], body[error.start :]) from None
    try:
        value = json.loads(text, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise _invalid(str(error), text[: error.pos], text[error.pos :]) from None
    except RecursionError:
        raise _invalid("the lists and objects are nested too deeply", text, "") from None
    except (OverflowError, ValueError) as error:  # ValueError: an integer of very many digits
        raise _invalid(_told(error, text), text, "") from None
    check_depth(value)
    if _SURROGATE.search(body):
        _check_text(value)
    return value


def _strict(body: bytes) -> Any:
    try:
        return _ANYTHING.decode(body)
    except (ValueError, RecursionError):  # DecodeError, UnicodeDecodeError
        return _NOTHING


def check_depth(value: Any) -> None:
    """Raise `BadRequest` if lists and objects lie in each other more often than models can use."""
    level = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(MOST_DEPTH):
        inside = (v.values() if isinstance(v, dict) else v for v in level)
        level = [v for v in chain.from_iterable(inside) if isinstance(v, _CONTAINERS)]
    if not level:
        return
    raise BadRequest(
        f"Invalid input. The lists and objects are nested too deeply: more than {MOST_DEPTH} levels"
    )


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise OverflowError(digits)
    return number


def _told(error: Exception, text: str) -> str:
    if not isinstance(error, OverflowError):
        return "an integer has too many digits"
    digits = str(error)
    start = text.find(digits)
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    return f"{_BEYOND.format(shown(digits))}: line {line} column {column} (char {start})"


def _check_text(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise _invalid(f"\\u{ord(half):x} is half a character (a lone surrogate)", "", "") from None


def _invalid(reason: str, before: str | bytes, rest: str | bytes) -> BadRequest:
    """MLflow's message, with the text around the place instead of all of it."""
    around = shown(before[-_AROUND:] + rest[:_AROUND]) if rest else shown(before[:_AROUND])  # type: ignore[operator]  # both are text or bytes
    return BadRequest(
        "Invalid input. Ensure that input is a valid JSON formatted string. "
        f"Error: '{reason}'\nInput: \n{around}\n"
    )
