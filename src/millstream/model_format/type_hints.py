"""Type hints of a model's `predict`: the signature they say, and inputs brought into their form."""

from __future__ import annotations

import dataclasses
import datetime
import inspect
import logging
import sys
import types
import typing
from collections.abc import Callable
from typing import Any, TypeVar, Union

from millstream.errors import InvalidParameter
from millstream.model_format.schema import ColSpec, Schema
from millstream.model_format.value_types import (
    AnyType,
    Array,
    DataType,
    Map,
    Object,
    Property,
    ValueType,
)

_logger = logging.getLogger("millstream.models")

TypeFromExample = TypeVar("TypeFromExample")
"""The hint of an input that has the type of the input example."""

SCALARS: dict[Any, DataType] = {
    int: DataType.long,
    str: DataType.string,
    bool: DataType.boolean,
    float: DataType.double,
    bytes: DataType.binary,
    datetime.datetime: DataType.datetime,
}
_SUPPORTED = (
    "A hint is list[...] of int, str, bool, float, bytes, datetime.datetime, a pydantic model, a "
    "dataclass, typing.Any, or of lists and dictionaries with text keys of these"
)
_SILENT = ("pandas", "numpy", "scipy", "polars", "pyspark")


class Unsupported(InvalidParameter):
    """The hint says nothing that a signature could repeat."""


def input_hint(predict: Callable[..., Any]) -> Any:
    """What the function says of its input; None if it says nothing.

    The input is its first parameter beside `self`, `context` and `params`.
    """
    function = inspect.unwrap(predict)
    names = [
        name
        for name in inspect.signature(function).parameters
        if name not in ("self", "context", "params")
    ]
    return _hints(function).get(names[0]) if names else None


def output_hint(predict: Callable[..., Any]) -> Any:
    """What the function says of its output; None if it says nothing."""
    return _hints(inspect.unwrap(predict)).get("return")


def resolve_hints(function: Callable[..., Any]) -> None:
    """Put the types in place of hints that are texts, as they are under `annotations`.

    A pickled function takes along what its code names, and not what such a text does.
    """
    plain = inspect.unwrap(function)
    if any(isinstance(hint, str) for hint in getattr(plain, "__annotations__", {}).values()):
        plain.__annotations__.update(_hints(plain))


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError, AttributeError) as error:
        _logger.warning("The type hints of %r are not used, since %s", function, error)
        return {}


def is_type_from_example(hint: Any) -> bool:
    """Whether the hint is `TypeFromExample`, ours or that of MLflow."""
    return isinstance(hint, TypeVar) and hint.__name__ == TypeFromExample.__name__


def schema_of_hint(hint: Any) -> Schema:
    """The signature of a hint `list[...]`: one column without a name.

    `Unsupported` is raised for what is not such a hint, and `InvalidParameter` for one that lacks
    what it needs, such as the type of the elements.
    """
    if hint is list or (typing.get_origin(hint) is list and not typing.get_args(hint)):
        raise InvalidParameter(
            f"the type hint `{hint_name(hint)}` does not say what is in the list; write for "
            "example list[str], or remove the hint"
        )
    if typing.get_origin(hint) is not list:
        raise Unsupported(f"the type hint `{hint_name(hint)}` is no list. {_SUPPORTED}")
    kind, required = _kind(typing.get_args(hint)[0])
    if not required:
        raise InvalidParameter(
            f"the elements of the type hint `{hint_name(hint)}` may be None, which an input may "
            "not; put optional values into the fields of a pydantic model or a dataclass"
        )
    return Schema([ColSpec(kind)])


def checked_hint(hint: Any) -> Any:
    """The hint if inputs can be held against it, else None."""
    if hint is None or is_type_from_example(hint):
        return None
    try:
        schema_of_hint(hint)
    except InvalidParameter:
        return None
    return hint


def hint_name(hint: Any) -> str:
    """The hint as one writes it."""
    if typing.get_origin(hint) is None and isinstance(hint, type):
        return hint.__name__
    inner = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin in (list, dict) and inner:
        return f"{origin.__name__}[{', '.join(map(hint_name, inner))}]"
    return str(hint).replace("typing.", "")


def says_nothing(hint: Any) -> bool:
    """Whether a hint is of a kind that nobody expects a signature of: a DataFrame, anything."""
    if hint in (Any, object):
        return True
    module = getattr(hint, "__module__", None) or ""
    return module.partition(".")[0] in _SILENT


def _kind(hint: Any) -> tuple[ValueType, bool]:
    """The type of a signature, and whether a value is required."""
    if hint is Any:
        return AnyType(), True
    if hint in SCALARS:
        return SCALARS[hint], True
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        others = [one for one in inner if one is not types.NoneType]
        kind = _kind(others[0])[0] if len(others) == 1 else AnyType()
        return kind, len(others) == len(inner)
    if hint in (list, dict) or (origin in (list, dict) and not inner):
        raise InvalidParameter(
            f"the type hint `{hint_name(hint)}` does not say what is in it. {_SUPPORTED}"
        )
    if origin is list:
        return Array(_kind(inner[0])[0]), True
    if origin is dict:
        if inner[0] is not str:
            raise InvalidParameter(
                f"the keys of the type hint `{hint_name(hint)}` must be str, not "
                f"{hint_name(inner[0])}"
            )
        return Map(_kind(inner[1])[0]), True
    fields = fields_of(hint)
    if fields:
        return Object([Property(name, *_kind(one)) for name, one in fields.items()]), True
    raise Unsupported(f"the type hint `{hint_name(hint)}` is not supported. {_SUPPORTED}")


def fields_of(hint: Any) -> dict[str, Any] | None:
    """The fields of a pydantic model or dataclass, and their hints; None for anything else."""
    if is_pydantic(hint):
        found = getattr(hint, "model_fields", None) or hint.__fields__
        hints = typing.get_type_hints(hint)
        return {name: hints[name] for name in found}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return {field.name: hints[field.name] for field in dataclasses.fields(hint)}
    return None


def is_pydantic(hint: Any) -> bool:
    """Whether it is a model of pydantic, which is not loaded to find out."""
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and isinstance(hint, type) and issubclass(hint, pydantic.BaseModel)
