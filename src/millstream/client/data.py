"""Datasets made of what is in memory, described by name, digest, source, schema and profile."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from millstream.client.data_sources import DatasetSource, get_source
from millstream.errors import InvalidParameter

__all__ = [
    "Dataset",
    "DatasetSource",
    "NumpyDataset",
    "PandasDataset",
    "from_numpy",
    "from_pandas",
    "get_source",
]

DIGEST_LENGTH = 8
MOST_ROWS_HASHED = 10_000


class Dataset:
    """A dataset that a run can log with `log_input`.

    `source` says where it comes from: a URI or path (see `DatasetSource`), or else the code that
    made it.
    """

    def __init__(
        self,
        data: Any,
        name: str | None,
        source: Any | None,
        digest: str,
        schema: Mapping[str, Any],
        profile: Mapping[str, Any],
    ) -> None:
        self.data = data
        self.name = name or "dataset"
        self.digest = digest
        self.source = DatasetSource.of(source)
        self.schema = dict(schema)
        self.profile = dict(profile)

    def to_dict(self) -> dict[str, str]:
        """What the store keeps of it; source, schema and profile are JSON."""
        return {
            "name": self.name,
            "digest": self.digest,
            "source": self.source.to_json(),
            "source_type": self.source.kind,
            "schema": json.dumps(self.schema),
            "profile": json.dumps(self.profile),
        }

    def to_json(self) -> str:
        """The same as JSON."""
        return json.dumps(self.to_dict())


class PandasDataset(Dataset):
    """A DataFrame; `targets` and `predictions` name columns of it."""

    def __init__(
        self,
        df: Any,
        source: Any | None = None,
        targets: str | None = None,
        name: str | None = None,
        digest: str | None = None,
        predictions: str | None = None,
    ) -> None:
        for role, column in (("targets", targets), ("predictions", predictions)):
            if column is not None and column not in df.columns:
                raise InvalidParameter(
                    f"The specified pandas DataFrame does not contain the specified {role} column "
                    f"'{column}'."
                )
        columns = [
            {"type": _type(kind), "name": str(column), "required": not bool(df[column].hasnans)}
            for column, kind in df.dtypes.items()
        ]
        super().__init__(
            df,
            name,
            source,
            digest or _digest(df.head(MOST_ROWS_HASHED).to_csv(index=True), df.shape),
            {"mlflow_colspec": columns},
            {"num_rows": len(df), "num_elements": int(df.size)},
        )
        self.targets = targets
        self.predictions = predictions

    @property
    def df(self) -> Any:
        """The DataFrame."""
        return self.data


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
            digest = _digest(*(array[:MOST_ROWS_HASHED].tobytes() for array in arrays), shapes)
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


def from_pandas(
    df: Any,
    source: Any | None = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PandasDataset:
    """Describe a DataFrame as a dataset."""
    return PandasDataset(df, source, targets, name, digest, predictions)


def from_numpy(
    features: Any,
    source: Any | None = None,
    targets: Any | None = None,
    name: str | None = None,
    digest: str | None = None,
) -> NumpyDataset:
    """Describe arrays of numpy as a dataset."""
    return NumpyDataset(features, source, targets, name, digest)


def _digest(*parts: Any) -> str:
    """Eight hexadecimal digits; over at most the first rows, so that it costs little."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else str(part).encode())
    return found.hexdigest()[:DIGEST_LENGTH]


def _type(kind: Any) -> str:
    """MLflow's name of a column's type."""
    name = str(kind)
    if name.startswith("datetime"):
        return "datetime"
    if kind.kind == "b":
        return "boolean"
    if kind.kind in "iu":
        return "long" if kind.itemsize > 4 else "integer"
    if kind.kind == "f":
        return "double" if kind.itemsize > 4 else "float"
    return "string"


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
