"""The types of values that a signature can name, and their JSON form."""

from __future__ import annotations

import abc
import datetime
import enum
from collections.abc import Mapping, Sequence
from typing import Any

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format.adapters import adapter

JsonObject = dict[str, Any]


class DataType(enum.Enum):
    """A scalar type; its value is a number of no meaning, see the tables below."""

    boolean = 1
    integer = 2
    long = 3
    float = 4
    double = 5
    string = 6
    binary = 7
    datetime = 8

    def __repr__(self) -> str:
        return self.name

    def to_numpy(self) -> Any:
        """The NumPy dtype."""
        return adapter("arrays").numpy_dtype(_NUMPY_NAMES[self])

    def to_pandas(self) -> Any:
        """The dtype of a pandas column of this type."""
        return adapter("tabular").pandas_dtype(_NUMPY_NAMES[self])

    def to_python(self) -> type:
        """The Python type."""
        return _PYTHON_TYPES[self]

    def to_dict(self) -> JsonObject:
        """The JSON form."""
        return {"type": self.name}

    @classmethod
    def all_types(cls) -> list[DataType]:
        """All scalar types."""
        return list(cls)

    @classmethod
    def is_boolean(cls, value: type) -> bool:
        """Whether values of that Python or NumPy type are booleans."""
        return value.__name__ in ("bool", "bool_")


# Outside of the class, where `float` is a Python type and not its member.
_NUMPY_NAMES = {
    DataType.boolean: "bool",
    DataType.integer: "int32",
    DataType.long: "int64",
    DataType.float: "float32",
    DataType.double: "float64",
    DataType.string: "str",
    DataType.binary: "bytes",
    DataType.datetime: "datetime64[ns]",
}
_PYTHON_TYPES: dict[DataType, type] = {
    DataType.boolean: bool,
    DataType.integer: int,
    DataType.long: int,
    DataType.float: float,
    DataType.double: float,
    DataType.string: str,
    DataType.binary: bytes,
    DataType.datetime: datetime.datetime,
}


class Structure(abc.ABC):
    """What the types that contain other types have in common."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(repr(self))

    @abc.abstractmethod
    def to_dict(self) -> JsonObject:
        """The JSON form."""


class Array(Structure):
    """A list whose elements are of one type."""

    def __init__(self, dtype: ValueType | str) -> None:
        self.dtype = value_type(dtype)

    def to_dict(self) -> JsonObject:
        """The JSON form."""
        return {"type": "array", "items": self.dtype.to_dict()}

    @classmethod
    def from_json_dict(cls, **json: Any) -> Array:
        """Read the JSON form."""
        return cls(value_type_from_json(json["items"]))

    def __repr__(self) -> str:
        return f"Array({self.dtype!r})"


class Property(Structure):
    """A named member of an object."""

    def __init__(self, name: str, dtype: ValueType | str, required: bool = True) -> None:
        self.name = name
        self.dtype = value_type(dtype)
        self.required = required

    def to_dict(self) -> JsonObject:
        """The JSON form: the name, and under it the type and whether it is required."""
        return {self.name: {**self.dtype.to_dict(), "required": self.required}}

    @classmethod
    def from_json_dict(cls, **json: Any) -> Property:
        """Read the JSON form."""
        ((name, content),) = json.items()
        content = dict(content)
        required = content.pop("required", True)
        return cls(name, value_type_from_json(content), required)

    def __repr__(self) -> str:
        return f"{self.name}: {self.dtype!r} ({'required' if self.required else 'optional'})"


class Object(Structure):
    """A dictionary with known keys."""

    def __init__(self, properties: Sequence[Property]) -> None:
        names = [prop.name for prop in properties]
        if len(set(names)) != len(names):
            raise InvalidParameter(f"the properties of an object need different names, not {names}")
        if not properties:
            raise InvalidParameter("Creating Object with empty properties is not allowed.")
        self.properties = sorted(properties, key=lambda prop: prop.name)

    def to_dict(self) -> JsonObject:
        """The JSON form."""
        properties = {name: form for p in self.properties for name, form in p.to_dict().items()}
        return {"type": "object", "properties": properties}

    @classmethod
    def from_json_dict(cls, **json: Any) -> Object:
        """Read the JSON form."""
        items = json["properties"].items()
        return cls([Property.from_json_dict(**{name: content}) for name, content in items])

    def __repr__(self) -> str:
        return "{" + ", ".join(map(repr, self.properties)) + "}"


class Map(Structure):
    """A dictionary with any keys, whose values are of one type."""

    def __init__(self, value_type: ValueType | str) -> None:
        self.value_type = _value_type(value_type)

    def to_dict(self) -> JsonObject:
        """The JSON form."""
        return {"type": "map", "values": self.value_type.to_dict()}

    @classmethod
    def from_json_dict(cls, **json: Any) -> Map:
        """Read the JSON form."""
        return cls(value_type_from_json(json["values"]))

    def __repr__(self) -> str:
        return f"Map(str -> {self.value_type!r})"


class AnyType(Structure):
    """Anything; values of it are not checked."""

    def to_dict(self) -> JsonObject:
        """The JSON form."""
        return {"type": "any"}

    @classmethod
    def from_json_dict(cls, **_: Any) -> AnyType:
        """Read the JSON form."""
        return cls()

    def __repr__(self) -> str:
        return "Any"


class SparkMLVector(Structure):
    """A vector column of Spark ML; kept as it is, and not checked."""

    def to_dict(self) -> JsonObject:
        """The JSON form."""
        return {"type": "sparkml_vector"}

    @classmethod
    def from_json_dict(cls, **_: Any) -> SparkMLVector:
        """Read the JSON form."""
        return cls()

    def __repr__(self) -> str:
        return "SparkML vector"


ValueType = DataType | Array | Object | Map | AnyType | SparkMLVector

_STRUCTURES: dict[str, type[Array | Object | Map | AnyType | SparkMLVector]] = {
    "array": Array,
    "object": Object,
    "map": Map,
    "any": AnyType,
    "sparkml_vector": SparkMLVector,
}


def value_type(given: ValueType | str) -> ValueType:
    """The type that was given, or that has the given name."""
    if isinstance(given, (DataType, Array, Object, Map, AnyType, SparkMLVector)):
        return given
    if not isinstance(given, str):
        raise TypeError(
            "a type is a DataType, Array, Object, Map, AnyType or the name of a scalar type, "
            f"not {given!r}"
        )
    try:
        return DataType[given]
    except KeyError:
        raise InvalidParameter(
            f"Unsupported type '{given}', expected instance of DataType or one of "
            f"{[kind.name for kind in DataType]}"
        ) from None


_value_type = value_type


def value_type_from_json(json: Mapping[str, Any]) -> ValueType:
    """Read the JSON form of a type; keys that belong to its place (name, required) are ignored."""
    name = str(json.get("type"))
    if name in DataType.__members__:
        return DataType[name]
    if name in _STRUCTURES:
        return _STRUCTURES[name].from_json_dict(**json)
    raise NotSupported(
        f"a signature names the type {name!r}; known are {[*DataType.__members__, *_STRUCTURES]}"
    )
