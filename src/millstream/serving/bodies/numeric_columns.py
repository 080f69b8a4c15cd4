"""Columns that are all numbers, from one array and in one step."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from millstream.model_format.value_types import DataType, ValueType
from millstream.serving.bodies.scalars import DTYPES, Array

_NUMBERS = (DataType.double, DataType.float, DataType.long, DataType.integer)
_EXACT = 2**53  # float64 holds all whole numbers up to here


class NumericColumns:
    """The dtypes of columns that are numbers."""

    def __init__(self, dtypes: Sequence[str]) -> None:
        self._dtypes = [np.dtype(dtype) for dtype in dtypes]
        self._alike = self._dtypes[0] if len(set(self._dtypes)) == 1 else None
        self._whole = np.array([dtype.kind == "i" for dtype in self._dtypes])
        most = [np.iinfo(d).max if d.kind == "i" else np.finfo(d).max for d in self._dtypes]
        exact = [min(float(limit), float(_EXACT)) for limit in most]
        self._most = np.where(self._whole, exact, np.array(most, dtype=np.float64))
        self._doubles = self._alike == np.float64

    @classmethod
    def of(cls, kinds: Sequence[ValueType]) -> NumericColumns | None:
        """For these types; None if they are not all numbers."""
        numbers = all(isinstance(kind, DataType) and kind in _NUMBERS for kind in kinds)
        return (
            cls([DTYPES[kind] for kind in kinds if isinstance(kind, DataType)]) if numbers else None
        )

    def frame(self, array: Array, labels: Any, frames: ModuleType) -> Any:
        """The DataFrame of an array of float64; None if a number does not fit its column."""
        if self._doubles:
            return frames.frame_of_block(array, labels)
        if not self._fit(array):
            return None
        if self._alike is not None:
            return frames.frame_of_block(array.astype(self._alike), labels)
        names = range(array.shape[1]) if labels is None else labels
        pairs = zip(names, self._dtypes, array.T, strict=True)
        columns = {name: values.astype(dtype) for name, dtype, values in pairs}
        return frames.frame_of_columns(columns, len(array))

    def _fit(self, array: Array) -> bool:
        """Whether no number would change; missing ones and infinities fit only where float is."""
        sizes = np.abs(array)
        within = (sizes <= self._most) | (~self._whole & ~np.isfinite(array))
        whole = ~self._whole | (np.floor(array) == array)
        return bool((within & whole).all())
