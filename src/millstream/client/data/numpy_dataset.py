"""Arrays of numpy as datasets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from millstream.client.data.dataset import MOST_ROWS_HASHED, Dataset, digest_of


class NumpyDataset(Dataset):
    """Arrays: features and perhaps targets, each one array or a dictionary of them."""

    def __init__(
        self,
        features: Any,
        source: Any | None = None,
        targets: Any | None = None,
        name: str | None = None,
        digest: str | None = None,
    ) -> None:
        parts = {"features": features, "targets": targets}
        given = {part: value for part, value in parts.items() if value is not None}
        if digest is None:
            arrays = [array for value in given.values() for array in _arrays(value).values()]
            shapes = [array.shape for array in arrays]
            digest = digest_of(*(array[:MOST_ROWS_HASHED].tobytes() for array in arrays), shapes)
        schema = {
            part: None if value is None else json.dumps(_tensors(value))
            for part, value in parts.items()
        }
        profile = {}
        for part, value in given.items():
            for field in ("shape", "size", "nbytes"):
                profile[f"{part}_{field}"] = _each(value, field)
        super().__init__(features, name, source, digest, {"mlflow_tensorspec": schema}, profile)
        self.features = features
        self.targets = targets


def from_numpy(
    features: Any,
    source: Any | None = None,
    targets: Any | None = None,
    name: str | None = None,
    digest: str | None = None,
) -> NumpyDataset:
    """Describe arrays of numpy as a dataset."""
    return NumpyDataset(features, source, targets, name, digest)


def _arrays(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {"": value}


def _tensors(value: Any) -> list[dict[str, Any]]:
    found = []
    for name, array in _arrays(value).items():
        spec = {"dtype": str(array.dtype), "shape": [-1, *array.shape[1:]]}
        named = {"name": name} if name else {}
        found.append({**named, "type": "tensor", "tensor-spec": spec})
    return found


def _each(value: Any, field: str) -> Any:
    found = {name: getattr(array, field) for name, array in _arrays(value).items()}
    plain = {name: list(item) if isinstance(item, tuple) else item for name, item in found.items()}
    return plain if isinstance(value, Mapping) else plain[""]
