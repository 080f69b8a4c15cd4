"""Lists, objects and maps held against the types of a signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millstream.errors import InvalidParameter
from millstream.model_format.value_types import Array, DataType, Map, Object, ValueType


def check_value(value: Any, kind: ValueType, name: object, required: bool = True) -> None:
    """Raise `InvalidParameter` unless the value has that type; `name` says whose it is.

    The values of a map that is not required may be None.
    """
    if isinstance(kind, Array):
        elements = value.tolist() if hasattr(value, "tolist") else value
        if not isinstance(elements, list):
            raise InvalidParameter(f"{name} needs lists, not {value!r}")
        for element in elements:
            check_value(element, kind.dtype, name)
    elif isinstance(kind, Object):
        _check_object(value, kind, name)
    elif isinstance(kind, Map):
        if not isinstance(value, Mapping):
            raise InvalidParameter(f"{name} needs dictionaries, not {value!r}")
        for element in value.values():
            if element is not None or required:
                check_value(element, kind.value_type, name, required)
    elif isinstance(kind, DataType):
        _check_scalar(value, kind, name)


def _check_object(value: Any, kind: Object, name: object) -> None:
    if not isinstance(value, Mapping):
        raise InvalidParameter(f"{name} needs dictionaries, not {value!r}")
    known = {prop.name: prop for prop in kind.properties}
    missing = {prop.name for prop in kind.properties if prop.required} - set(value)
    if missing:
        raise InvalidParameter(f"Missing required properties: {missing}")
    unknown = set(value) - set(known)
    if unknown:
        raise InvalidParameter(f"Invalid properties not defined in the schema found: {unknown}")
    for key, element in value.items():
        if element is not None or known[key].required:
            check_value(element, known[key].dtype, f"{name}.{key}")


def _check_scalar(value: Any, kind: DataType, name: object) -> None:
    plain = value.item() if hasattr(value, "item") else value
    wanted: tuple[type, ...] = (kind.to_python(),)
    if kind in (DataType.float, DataType.double):
        wanted = (int, float)
    boolean = isinstance(plain, bool) and kind is not DataType.boolean
    if boolean or not isinstance(plain, wanted):
        raise InvalidParameter(f"{name} needs values of the type {kind!r}, not {value!r}")
