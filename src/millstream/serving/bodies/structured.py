"""Lists, objects and maps of a body in the types that the signature says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millstream.model_format.value_types import Array, DataType, Map, Object, ValueType
from millstream.serving.bodies.scalars import Unfit, one


def value_of(value: Any, kind: ValueType) -> Any:
    """The value in that type; what does not fit raises `Unfit`, which says where inside it is.

    Anything goes where the signature says `any`.
    """
    if isinstance(kind, Array):
        return _list(value, kind.dtype)
    if isinstance(kind, Object):
        return _object(value, kind)
    if isinstance(kind, Map):
        if not isinstance(value, Mapping):
            raise Unfit("an object", value)
        return {key: _inside(f"[{key!r}]", item, kind.value_type) for key, item in value.items()}
    return one(value, kind) if isinstance(kind, DataType) else value


def depth(kind: ValueType) -> int:
    """How many lists lie in each other in a value of that type."""
    return 1 + depth(kind.dtype) if isinstance(kind, Array) else 0


def _list(value: Any, kind: ValueType) -> list[Any]:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list):
        raise Unfit("a list", value)
    return [_inside(f"[{place}]", item, kind) for place, item in enumerate(value)]


def _object(value: Any, kind: Object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise Unfit("an object", value)
    known = {prop.name: prop for prop in kind.properties}
    missing = {name for name, prop in known.items() if prop.required and name not in value}
    if missing:
        raise Unfit(f"all properties; Missing required properties: {missing}", value)
    unknown = set(value) - set(known)
    if unknown:
        raise Unfit(
            f"other properties; Invalid properties not defined in the schema found: {unknown}",
            value,
        )
    return {
        name: None
        if item is None and not known[name].required
        else _inside(f".{name}", item, known[name].dtype)
        for name, item in value.items()
    }


def _inside(place: str, value: Any, kind: ValueType) -> Any:
    try:
        return value_of(value, kind)
    except Unfit as error:
        raise Unfit(_at(place, error.expected), error.value) from error


def _at(place: str, expected: str) -> str:
    """The place in front of what is expected there, joined to the place further inside."""
    if expected.startswith("at "):
        return f"at {place}{expected[3:]}"
    return f"at {place} {expected}"
