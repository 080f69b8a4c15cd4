"""Inputs of several requests as one, and its predictions cut up again."""

from __future__ import annotations

import importlib
from collections.abc import Hashable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

import msgspec
import numpy as np

from millstream.errors import MillstreamError
from millstream.serving.request import Request


class Unsplittable(MillstreamError):
    """The predictions of a model do not belong to the rows of its input one by one."""


def kind_of(request: Request) -> Hashable | None:
    """What requests must have in common to be joined; None if this one cannot be joined at all."""
    if request.kind is None or not request.params:
        return request.kind  # type: ignore[no-any-return]  # hashable, as the struct says
    return request.kind, msgspec.json.encode(request.params, enc_hook=repr, order="sorted")


def join(inputs: Sequence[Any]) -> Any:
    """Inputs of the same kind, one below the other."""
    first = inputs[0]
    if isinstance(first, np.ndarray):
        return np.concatenate(inputs)
    if isinstance(first, Mapping):
        return {name: np.concatenate([data[name] for data in inputs]) for name in first}
    if isinstance(first, list):
        return [item for data in inputs for item in data]
    return importlib.import_module("millstream.serving.frames").join(inputs)


def split(predictions: Any, rows: Sequence[int]) -> list[Any]:
    """The predictions for each of the inputs, which had so many rows.

    Raises `Unsplittable` if there is not exactly one prediction for each row.
    """
    _check(predictions, sum(rows))
    bounds = pairwise(accumulate(rows, initial=0))
    return [_part(predictions, start, end) for start, end in bounds]


def _check(predictions: Any, rows: int) -> None:
    if isinstance(predictions, Mapping):
        if not predictions:
            raise Unsplittable("The model answers with an empty dictionary.")
        for part in predictions.values():
            _check(part, rows)
        return
    shape = getattr(predictions, "shape", None)
    if shape is None and isinstance(predictions, (list, tuple)):
        shape = (len(predictions),)
    if not shape or shape[0] != rows:
        found = f"{shape[0]} predictions" if shape else f"a {type(predictions).__name__}"
        raise Unsplittable(f"The model answers {rows} rows with {found}.")


def _part(predictions: Any, start: int, end: int) -> Any:
    if isinstance(predictions, Mapping):
        return {name: _part(part, start, end) for name, part in predictions.items()}
    if hasattr(predictions, "iloc"):
        return predictions.iloc[start:end].reset_index(drop=True)
    return predictions[start:end]
