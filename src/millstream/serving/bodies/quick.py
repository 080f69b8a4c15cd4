"""The bodies that nearly all requests have, read by a decoder that was made for the model."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from millstream.serving.request import Request

_ROW_FIELDS = ("inputs", "instances", "data")


class QuickInputs(Protocol):
    """What can make a request of rows of numbers, and knows their type."""

    @property
    def rows_type(self) -> Any:
        """The type of rows, as msgspec takes it; None if there is no quick way."""

    @property
    def data_columns(self) -> list[str] | None:
        """The names that rows under `data` get, if it is not for `quick` to know them."""

    def quick(self, rows: list[Any], columns: list[str] | None = None) -> Request | None:
        """The request of rows; None if anything about them is unusual."""


class QuickBodies:
    """Reads rows of numbers straight into their types.

    Whatever is unusual, wrong above all, is left to the way that can say what is wrong.
    """

    def __init__(self, inputs: QuickInputs, rows_type: Any) -> None:
        rows = rows_type | UnsetType
        split = msgspec.defstruct(
            "Split", [("columns", list[str]), ("data", rows_type)], forbid_unknown_fields=True
        )
        body = msgspec.defstruct(
            "Body",
            [
                *((name, rows, UNSET) for name in _ROW_FIELDS),
                ("dataframe_split", split | UnsetType, UNSET),
                ("params", dict[str, Any] | None, None),
            ],
            forbid_unknown_fields=True,
        )
        self._decoder = msgspec.json.Decoder(body)
        self._quick = inputs.quick
        self._data_columns = inputs.data_columns

    @classmethod
    def of(cls, inputs: QuickInputs) -> QuickBodies | None:
        """For these inputs; None if their values are not all numbers."""
        return None if inputs.rows_type is None else cls(inputs, inputs.rows_type)

    def decode(self, body: bytes) -> Request | None:
        """The request of a body; None if it is not of the usual kind."""
        try:
            content: Any = self._decoder.decode(body)
        except (ValueError, RecursionError):  # DecodeError, UnicodeDecodeError
            return None
        split = content.dataframe_split
        given = [
            rows for rows in (content.inputs, content.instances, content.data) if rows is not UNSET
        ]
        if len(given) + (split is not UNSET) != 1:
            return None
        if given:
            columns = None if content.data is UNSET else self._data_columns
            request = self._quick(given[0], columns)
        else:
            request = self._quick(split.data, split.columns)
        if request is not None:
            request.params = content.params
        return request
