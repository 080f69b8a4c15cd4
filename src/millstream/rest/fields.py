"""What a request may hold, field by field, read once from its struct."""

from __future__ import annotations

import functools
import types
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, cast, get_args, get_origin

import msgspec

from millstream.entities.models import ModelStatusName

INT64_LOWEST = -(2**63)
INT64_HIGHEST = 2**63 - 1
Int64 = Annotated[int, msgspec.Meta(ge=INT64_LOWEST, le=INT64_HIGHEST)]

Kind = Literal["text", "integer", "number", "boolean", "choice", "struct", "mapping"]
_KINDS: dict[object, Kind] = {str: "text", int: "integer", float: "number", bool: "boolean"}
_NUMBERED_FROM_ZERO = get_args(ModelStatusName)

S = TypeVar("S", bound=msgspec.Struct)


class Field(NamedTuple):
    """One field: its name and MLflow's camelCase spelling, and what it may hold.

    `choices` maps MLflow's numbers of an enumeration to its names.
    """

    name: str
    alias: str
    required: bool
    nullable: bool
    many: bool
    kind: Kind
    struct: type[msgspec.Struct] | None
    choices: dict[int, str]


@functools.cache
def fields_of(kind: type[msgspec.Struct]) -> tuple[Field, ...]:
    """The fields of a request struct, in its order."""
    return tuple(_describe(field) for field in msgspec.structs.fields(kind))


@functools.cache
def exact_shape(kind: type[S]) -> type[S]:
    """The struct as the wire decodes it at full speed: any surprise in it is an error.

    It knows the range of int64, and no field it does not name, so that what decodes needs no
    second look. `run_uuid`, the old name of `run_id` which MLflow's client sends beside it, is let
    pass.
    """
    replaced: list[Any] = []
    for field in msgspec.structs.fields(kind):
        exact = _exact_type(field.type)
        if exact is not field.type:
            replaced.append((field.name, exact, _default(field)))
    if any(field.name == "run_id" and field.type is str for field in msgspec.structs.fields(kind)):
        replaced.append(("run_uuid", str | None, None))
    shape = msgspec.defstruct(
        kind.__name__,
        replaced,
        bases=(kind,),
        module=__name__,
        forbid_unknown_fields=True,
    )
    return cast("type[S]", shape)


def _describe(field: msgspec.structs.FieldInfo) -> Field:
    plain = _without_none(field.type)
    many = get_origin(plain) is list
    item = get_args(plain)[0] if many else plain
    is_struct = isinstance(item, type) and issubclass(item, msgspec.Struct)
    names = get_args(item) if get_origin(item) is Literal else ()
    first = 0 if names == _NUMBERED_FROM_ZERO else 1
    kind: Kind = "choice" if names else "struct" if is_struct else _KINDS.get(item, "mapping")
    return Field(
        name=field.encode_name,
        alias=_camel(field.encode_name),
        required=field.required,
        nullable=plain is not field.type,
        many=many,
        kind=kind,
        struct=item if is_struct else None,
        choices=dict(enumerate(names, first)),
    )


def _exact_type(kind: Any) -> Any:
    if kind is int:
        return Int64
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return exact_shape(kind)
    arguments = tuple(_exact_type(argument) for argument in get_args(kind))
    if get_origin(kind) is Literal or arguments == get_args(kind):
        return kind
    if get_origin(kind) is list:
        return list[arguments[0]]  # type: ignore[valid-type]  # built at run time for msgspec
    return Union[arguments]  # noqa: UP007  # built at run time for msgspec


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=field.default_factory)
    return msgspec.field(default=field.default) if not field.required else msgspec.NODEFAULT


def _without_none(kind: Any) -> Any:
    if get_origin(kind) not in (Union, types.UnionType):
        return kind
    return next(argument for argument in get_args(kind) if argument is not type(None))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
