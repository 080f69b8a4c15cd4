"""Parameters of a prediction: names, types, defaults, shapes, and the check of given values."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from millstream.errors import InvalidParameter
from millstream.model_format.structures import check_value
from millstream.model_format.value_types import (
    AnyType,
    Array,
    DataType,
    Map,
    Object,
    ValueType,
    value_type,
    value_type_from_json,
)


class ParamSpec:
    """A parameter; `shape` is None for one value, (-1,) for a list."""

    def __init__(
        self,
        name: str,
        dtype: ValueType | str,
        default: Any,
        shape: tuple[int, ...] | list[int] | None = None,
    ) -> None:
        self.name = str(name)
        self.dtype = value_type(dtype)
        self.shape = None if shape is None else tuple(shape)
        self.default = self.validate_param_spec(default, self)

    @classmethod
    def validate_param_spec(cls, value: Any, param_spec: ParamSpec) -> Any:
        """The value in the type of the parameter; raises if it cannot be had without loss."""
        if value is None:
            return None
        return cls.validate_type_and_shape(
            repr(param_spec), value, param_spec.dtype, param_spec.shape
        )

    @classmethod
    def validate_type_and_shape(
        cls, spec: str, value: Any, value_type: ValueType, shape: tuple[int, ...] | None
    ) -> Any:
        """The value in the given type and shape; `spec` names the parameter in errors."""
        plain = _plain(value)
        if shape is None:
            return _convert(spec, plain, value_type)
        if not isinstance(plain, list):
            raise InvalidParameter(
                f"Value must be a 1D array with shape {shape} for param {spec}, "
                f"received {type(value).__name__} with ndim {getattr(value, 'ndim', 0)}"
            )
        return [_convert(spec, item, value_type) for item in plain]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        default = self.default
        if self.dtype is DataType.datetime and default is not None:
            default = [d.isoformat() for d in default] if self.shape else default.isoformat()
        shape = None if self.shape is None else list(self.shape)
        return {"name": self.name, "default": default, "shape": shape, **self.dtype.to_dict()}

    @classmethod
    def from_json_dict(cls, **json: Any) -> ParamSpec:
        """Read the JSON form; `dtype` is an older name of `type`."""
        missing = [key for key in ("name", "default") if key not in json]
        if missing or not ("type" in json or "dtype" in json):
            raise InvalidParameter(f"a param needs name, type and default; got {json}")
        kind = value_type_from_json({**json, "type": json.get("type", json.get("dtype"))})
        return cls(json["name"], kind, json["default"], json.get("shape"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ParamSpec) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        shape = "" if self.shape is None else f" (shape: {self.shape})"
        return f"{self.name!r}: {self.dtype!r} (default: {getattr(self, 'default', None)}){shape}"


class ParamSchema:
    """The parameters of a model, each under its own name."""

    def __init__(self, params: Sequence[ParamSpec]) -> None:
        names = [param.name for param in params]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise InvalidParameter(f"Duplicated parameters found in schema: {repeated}")
        self.params = list(params)

    def to_dict(self) -> list[dict[str, Any]]:
        """The JSON form, as a list."""
        return [param.to_dict() for param in self.params]

    def to_json(self) -> str:
        """The JSON form, as text."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, json_str: str) -> ParamSchema:
        """Read the JSON form."""
        return cls([ParamSpec.from_json_dict(**form) for form in json.loads(json_str)])

    def fill(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """The given values, checked, and the defaults of the others; unknown names are dropped."""
        given = {} if given is None else given
        if not isinstance(given, Mapping):
            raise InvalidParameter(
                f"Parameters must be a dictionary. Got type '{type(given).__name__}'."
            )
        wrong: set[tuple[str, str]] = set()
        filled: dict[str, Any] = {}
        for param in self.params:
            if param.name not in given:
                filled[param.name] = param.default
                continue
            try:
                filled[param.name] = ParamSpec.validate_param_spec(given[param.name], param)
            except InvalidParameter as error:
                wrong.add((param.name, error.message))
        if wrong:
            raise InvalidParameter(f"Invalid parameters found: {wrong}")
        return filled

    def __iter__(self) -> Iterator[ParamSpec]:
        return iter(self.params)

    def __len__(self) -> int:
        return len(self.params)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ParamSchema) and self.params == other.params

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return repr(self.params)


def _plain(value: Any) -> Any:
    """Lists and scalars of Python instead of those of NumPy."""
    if hasattr(value, "tolist"):
        dtype = getattr(value, "dtype", None)
        if getattr(dtype, "kind", None) == "M" and getattr(dtype, "tz", None) is None:
            # In other units the list would be one of dates, or of bare numbers.
            value = value.astype("datetime64[us]")
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _convert(spec: str, value: Any, kind: ValueType) -> Any:
    try:
        return _converted(value, kind)
    except InvalidParameter as error:
        reason = error.message
    raise InvalidParameter(f"Failed to validate type and shape for {spec}, error: {reason}")


def _converted(value: Any, kind: ValueType) -> Any:
    if isinstance(kind, Array) and isinstance(value, list):
        return [_converted(item, kind.dtype) for item in value]
    if isinstance(kind, (Object, Map)):
        check_value(value, kind, "the value")
        return dict(value)
    if isinstance(kind, AnyType) or not isinstance(kind, (Array, DataType)):
        return value
    if kind is DataType.datetime:
        return _moment(value)
    if isinstance(kind, DataType) and _fits(value, kind):
        return kind.to_python()(value)
    name = kind if isinstance(kind, DataType) else repr(kind)
    raise InvalidParameter(
        f"Can not safely convert `{type(value)}` to `{name}` for value `{value}`"
    )


def _moment(value: Any) -> datetime.datetime:
    """The point in time, in UTC and without a zone.

    JSON has no type for it, so that text is read too; pandas has a class of its own.
    """
    try:
        text = value.isoformat() if isinstance(value, datetime.date) else value
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidParameter(
            f"Can not safely convert `{type(value)}` to `{DataType.datetime}` for value "
            f"`{value}`: expected a point in time in ISO 8601, such as 2026-01-31T12:00:00"
        ) from error
    return moment


def _fits(value: Any, kind: DataType) -> bool:
    if kind in (DataType.float, DataType.double):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind in (DataType.integer, DataType.long):
        bits = 31 if kind is DataType.integer else 63
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and -(2**bits) <= value < 2**bits
    return isinstance(value, kind.to_python())
