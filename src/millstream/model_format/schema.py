"""What a model takes and gives: columns or tensors, with MLflow's JSON form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from millstream.errors import InvalidParameter
from millstream.model_format.adapters import adapter
from millstream.model_format.params import ParamSchema, ParamSpec
from millstream.model_format.value_types import (
    AnyType,
    Array,
    DataType,
    Map,
    Object,
    Property,
    SparkMLVector,
    ValueType,
    value_type,
    value_type_from_json,
)

__all__ = [
    "AnyType",
    "Array",
    "ColSpec",
    "DataType",
    "Map",
    "Object",
    "ParamSchema",
    "ParamSpec",
    "Property",
    "Schema",
    "SparkMLVector",
    "TensorSpec",
]


class ColSpec:
    """A column: type, name (None if it is known by its place only), whether it may be absent."""

    def __init__(
        self, type: ValueType | str, name: str | None = None, required: bool = True
    ) -> None:
        self.type = value_type(type)
        self.name = name
        self.required = required

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        form = self.type.to_dict()
        if self.name is not None:
            form["name"] = self.name
        return {**form, "required": self.required}

    @classmethod
    def from_json_dict(cls, **json: Any) -> ColSpec:
        """Read the JSON form; `optional` is MLflow 1.x's and 2.x's opposite of `required`."""
        required = json.get("required", not json.get("optional", False))
        return cls(value_type_from_json(json), json.get("name"), required)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ColSpec) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        form = f"{self.type!r} ({'required' if self.required else 'optional'})"
        return form if self.name is None else f"{self.name!r}: {form}"


class TensorSpec:
    """A tensor: dtype, shape (-1 where any length will do), name (None if there is only one)."""

    required = True

    def __init__(
        self, type: Any, shape: tuple[int, ...] | list[int], name: str | None = None
    ) -> None:
        if not hasattr(type, "kind") or not hasattr(type, "itemsize"):
            raise TypeError(
                f"Expected `dtype` to be instance of `<class 'numpy.dtype'>`, "
                f"received `{type.__class__}`"
            )
        if not isinstance(shape, (tuple, list)):
            raise TypeError(f"the shape of a tensor is a tuple or list, not {shape!r}")
        self._dtype_name = dtype_name(type)
        self.shape = tuple(shape)
        self.name = name

    @property
    def type(self) -> Any:
        """The NumPy dtype."""
        return adapter("arrays").numpy_dtype(self._dtype_name)

    @property
    def dtype_name(self) -> str:
        """The name of the dtype; `str` and `bytes` stand for texts of any length."""
        return self._dtype_name

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        tensor = {"dtype": self._dtype_name, "shape": list(self.shape)}
        named = {} if self.name is None else {"name": self.name}
        return {**named, "type": "tensor", "tensor-spec": tensor}

    @classmethod
    def from_json_dict(cls, **json: Any) -> TensorSpec:
        """Read the JSON form, without loading NumPy."""
        tensor = json["tensor-spec"]
        spec = cls.__new__(cls)
        spec._dtype_name = tensor["dtype"]
        spec.shape = tuple(tensor["shape"])
        spec.name = json.get("name")
        return spec

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TensorSpec) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        form = f"Tensor({self._dtype_name!r}, {self.shape!r})"
        return form if self.name is None else f"{self.name!r}: {form}"


def dtype_name(dtype: Any) -> str:
    """The name of a NumPy dtype as signatures write it."""
    if dtype.kind == "U":
        return "str"
    if dtype.kind == "S":
        return "bytes"
    return str(dtype.name)


class Schema:
    """Columns, or tensors; either all of them have names or none has."""

    def __init__(self, inputs: Sequence[ColSpec | TensorSpec]) -> None:
        if not isinstance(inputs, list):
            raise InvalidParameter(
                f"Inputs of Schema must be a list, got type {type(inputs).__name__}"
            )
        if not inputs:
            raise InvalidParameter("Creating Schema with empty inputs is not allowed.")
        names = [spec.name for spec in inputs]
        if None in names and any(name is not None for name in names):
            raise InvalidParameter(
                "Creating Schema with a combination of named and unnamed inputs is not allowed. "
                f"Got input names {names}"
            )
        if len({isinstance(spec, TensorSpec) for spec in inputs}) > 1:
            raise InvalidParameter(
                "Creating Schema with a combination of ColSpec and TensorSpec is not supported. "
                "Please choose one of the two options"
            )
        if isinstance(inputs[0], TensorSpec) and None in names and len(inputs) > 1:
            raise InvalidParameter(
                "Creating Schema with multiple unnamed TensorSpecs is not supported. "
                "Please provide names for each TensorSpec"
            )
        self.inputs: list[Any] = list(inputs)

    def is_tensor_spec(self) -> bool:
        """Whether these are tensors."""
        return isinstance(self.inputs[0], TensorSpec)

    def has_input_names(self) -> bool:
        """Whether they have names."""
        return self.inputs[0].name is not None

    def input_names(self) -> list[str | int]:
        """Names, or places counted from 0."""
        return [place if spec.name is None else spec.name for place, spec in enumerate(self)]

    def required_input_names(self) -> list[str | int]:
        """The names of what must be there."""
        return [name for name, spec in zip(self.input_names(), self, strict=True) if spec.required]

    def optional_input_names(self) -> list[str | int]:
        """The names of what may be absent."""
        return [
            name for name, spec in zip(self.input_names(), self, strict=True) if not spec.required
        ]

    def input_types(self) -> list[Any]:
        """The types, in order."""
        return [spec.type for spec in self.inputs]

    def input_types_dict(self) -> dict[str, Any]:
        """The types by name."""
        return {name: spec.type for name, spec in self.input_dict().items()}

    def input_dict(self) -> dict[str, Any]:
        """Columns or tensors by name."""
        if not self.has_input_names():
            raise InvalidParameter("Cannot get input types as a dict for schema without names.")
        return {spec.name: spec for spec in self.inputs}

    def numpy_types(self) -> list[Any]:
        """The NumPy dtypes, in order."""
        if self.is_tensor_spec():
            return [spec.type for spec in self.inputs]
        return [kind.to_numpy() for kind in self._scalars("numpy")]

    def pandas_types(self) -> list[Any]:
        """The pandas dtypes, in order."""
        return [kind.to_pandas() for kind in self._scalars("pandas")]

    def _scalars(self, library: str) -> list[DataType]:
        kinds = self.input_types()
        if all(isinstance(kind, DataType) for kind in kinds):
            return kinds
        raise InvalidParameter(
            f"Failed to get {library} types as some of the inputs types are not DataType."
        )

    def to_dict(self) -> list[dict[str, Any]]:
        """The JSON form, as a list."""
        return [spec.to_dict() for spec in self.inputs]

    def to_json(self) -> str:
        """The JSON form, as text."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, json_str: str) -> Schema:
        """Read the JSON form."""
        return cls([_spec_from_json(form) for form in json.loads(json_str)])

    def __iter__(self) -> Iterator[Any]:
        return iter(self.inputs)

    def __len__(self) -> int:
        return len(self.inputs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self.inputs == other.inputs

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return repr(self.inputs)


def _spec_from_json(form: Mapping[str, Any]) -> ColSpec | TensorSpec:
    return (TensorSpec if form["type"] == "tensor" else ColSpec).from_json_dict(**form)
