"""What all shapes have in common: MLflow's iteration, dictionaries and text form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

import msgspec

from millstream.entities.decoding import json_decoder

_HASHED = (str, int, float, msgspec.Struct)


class Entity(msgspec.Struct, omit_defaults=True):
    """A shape that exists in the store, on the wire and in scripts, under MLflow's field names.

    Iterating yields (name, value) pairs by name, so that `dict(run.info)` works, and makes columns
    in the same order, as in MLflow. Two are equal if all their values are.
    """

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for name in sorted(self._shown()):
            yield name, getattr(self, name)

    def __hash__(self) -> int:
        # Scripts put runs and params in sets and dictionaries. Whatever is equal hashes alike.
        values = [getattr(self, name) for name in self.__struct_fields__]
        return hash((type(self), *[value for value in values if isinstance(value, _HASHED)]))

    @classmethod
    def from_dictionary(cls, values: Mapping[str, Any]) -> Self:
        """Build the entity from its dictionary form; unknown keys are ignored."""
        json_decoder(cls)
        return msgspec.convert(dict(values), cls, strict=False)

    def to_dictionary(self) -> dict[str, Any]:
        """The entity as plain dictionaries and lists."""
        return {name: _plain(getattr(self, name)) for name in self._shown()}

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self)
        return f"<{type(self).__name__}: {fields}>"

    def _shown(self) -> Iterable[str]:
        """The names that MLflow shows.

        A list on the wire that MLflow shows as a dictionary has a property under the wire's name.
        """
        return self.__struct_encode_fields__


def _plain(value: Any) -> Any:
    if isinstance(value, Entity):
        return value.to_dictionary()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
