"""Inputs brought into the form that a model's type hint says."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Union

from millstream.errors import InvalidParameter
from millstream.model_format.type_hints import (
    SCALARS,
    checked_hint,
    fields_of,
    hint_name,
    input_hint,
    is_pydantic,
)

_MOST_SHOWN = 5


def pyfunc(func: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a function that is a model: called directly, too, it holds its input to its hint."""
    hint = checked_hint(input_hint(func))
    if hint is None:
        return func

    @functools.wraps(func)
    def checked(model_input: Any, *others: Any, **named: Any) -> Any:
        return func(to_hint(model_input, hint), *others, **named)

    return checked


def to_hint(data: Any, hint: Any) -> list[Any]:
    """The elements as the hint `list[...]` has them: models and dataclasses made of dictionaries.

    A DataFrame gives its rows. What does not fit raises `InvalidParameter`, which names the first
    elements that do not.
    """
    element = typing.get_args(hint)[0]
    if hasattr(data, "columns") and hasattr(data, "to_dict"):
        data = _rows(data, element)
    if not isinstance(data, list):
        raise InvalidParameter(f"Expected list, but got {type(data).__name__}")
    converted, wrong = [], []
    for value in data:
        try:
            converted.append(_value(value, element))
        except InvalidParameter as error:
            wrong.append((str(value), error.message))
    if wrong:
        more = len(wrong) - _MOST_SHOWN
        raise InvalidParameter(
            f"Failed to validate data against type hint `{hint_name(hint)}`, invalid elements: "
            f"{wrong[:_MOST_SHOWN]}{f' and {more} more' if more > 0 else ''}"
        )
    return converted


def _rows(frame: Any, element: Any) -> list[Any]:
    """The rows: whole ones as dictionaries where the hint has fields, else the only column."""
    structured = fields_of(element) is not None or typing.get_origin(element) is dict
    if structured and not (len(frame.columns) == 1 and _holds_structures(frame)):
        records: list[Any] = frame.to_dict(orient="records")
        return records
    if len(frame.columns) != 1:
        raise InvalidParameter(
            f"the model takes values of the type {hint_name(element)}, which is one column, and "
            f"the DataFrame has {len(frame.columns)}: {list(frame.columns)}"
        )
    column: list[Any] = frame.iloc[:, 0].tolist()
    return column


def _holds_structures(frame: Any) -> bool:
    return all(not isinstance(value, (str, int, float)) for value in frame.iloc[:1, 0])


def _value(value: Any, hint: Any) -> Any:
    if hint is Any:
        return value
    if hint in SCALARS:
        return _scalar(value, hint)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        others = [one for one in inner if one is not types.NoneType]
        return value if value is None or len(others) > 1 else _value(value, others[0])
    if origin is list:
        if not isinstance(value, list):
            raise InvalidParameter(f"Expected list, but got {type(value).__name__}")
        return [_value(item, inner[0]) for item in value]
    if origin is dict:
        return _dictionary(value, hint)
    return _model(value, hint) if is_pydantic(hint) else _dataclass(value, hint)


def _scalar(value: Any, hint: type) -> Any:
    """JSON has one kind of number and no dates: an int is good for a float, a text for a date."""
    plain = value.item() if hasattr(value, "item") and hasattr(value, "dtype") else value
    if hint is float and isinstance(plain, int) and not isinstance(plain, bool):
        return float(plain)
    if hint is datetime.datetime and isinstance(plain, str):
        try:
            return datetime.datetime.fromisoformat(plain)
        except ValueError as error:
            raise InvalidParameter(f"Expected type datetime, but got {plain!r}") from error
    if not isinstance(plain, hint):
        raise InvalidParameter(f"Expected type {hint.__name__}, but got {type(value).__name__}")
    return plain


def _dictionary(value: Any, hint: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidParameter(f"Expected dict, but got {type(value).__name__}")
    converted, wrong = {}, {}
    for key, item in value.items():
        if not isinstance(key, str):
            wrong[str(key)] = f"Key must be a string, got {type(key).__name__}"
            continue
        try:
            converted[key] = _value(item, typing.get_args(hint)[1])
        except InvalidParameter as error:
            wrong[key] = error.message
    if wrong:
        raise InvalidParameter(
            f"Failed to validate data against type hint `{hint_name(hint)}`, invalid elements: "
            f"{wrong}"
        )
    return converted


def _model(value: Any, hint: Any) -> Any:
    if isinstance(value, hint):
        return value
    validate = getattr(hint, "model_validate", None) or hint.parse_obj
    if not isinstance(value, Mapping):
        raise InvalidParameter(f"Expected {hint.__name__} or dict, but got {type(value).__name__}")
    try:
        return validate(dict(value))
    except ValueError as error:  # pydantic's ValidationError is one
        raise InvalidParameter(f"Data doesn't match type hint, error: {error}") from error


def _dataclass(value: Any, hint: Any) -> Any:
    if isinstance(value, hint):
        return value
    if not isinstance(value, Mapping):
        raise InvalidParameter(f"Expected {hint.__name__} or dict, but got {type(value).__name__}")
    fields = {field.name: field for field in dataclasses.fields(hint) if field.init}
    absent = dataclasses.MISSING
    required = [
        name
        for name, field in fields.items()
        if field.default is absent and field.default_factory is absent
    ]
    missing = [name for name in required if name not in value]
    unknown = [name for name in value if name not in fields]
    if missing or unknown:
        problems = [f"{missing} are missing"] if missing else []
        problems += [f"{unknown} are unknown"] if unknown else []
        raise InvalidParameter(
            f"a dictionary does not fit {hint.__name__}: {' and '.join(problems)}"
        )
    hints = fields_of(hint) or {}
    return hint(**{name: _value(item, hints[name]) for name, item in value.items()})
