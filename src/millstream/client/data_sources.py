"""Where datasets come from, and how to get them again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Self

from millstream.client.artifacts import LocalPath, download_artifacts
from millstream.client.context import context_tags
from millstream.client.session import SESSION
from millstream.entities.runs import Dataset, DatasetInput
from millstream.errors import InvalidParameter, NotSupported

CODE = "code"
_KINDS = {"": "local", "file": "local", "http": "http", "https": "http", "hf": "hugging_face"}


class DatasetSource:
    """The source of a dataset: a place, or the code that made it.

    `kind` is MLflow's name of the sort of source, such as local, s3, http or code; `values` is
    what the store keeps of it.
    """

    def __init__(self, kind: str, values: Mapping[str, Any]) -> None:
        self.kind = kind
        self.values = dict(values)

    @classmethod
    def of(cls, source: Any | None) -> DatasetSource:
        """The source that a script means: a URI or path, such an object, or else its own code."""
        if isinstance(source, DatasetSource):
            return source
        if source is None:
            return cls(CODE, {"tags": context_tags(SESSION.settings())})
        uri = os.fspath(source) if isinstance(source, os.PathLike) else str(source)
        scheme = uri.partition("://")[0] if "://" in uri else ""
        kind = _KINDS.get(scheme, scheme)
        return cls(kind, {"url" if kind == "http" else "uri": uri})

    @property
    def uri(self) -> str:
        """The place; code has none, which raises `AttributeError`."""
        for name in ("uri", "url", "path"):
            if name in self.values:
                return str(self.values[name])
        raise AttributeError(f"a dataset from {self.kind} has no URI, but {sorted(self.values)}")

    url = uri

    @property
    def tags(self) -> dict[str, str]:
        """What is known about the code that made it; empty for places."""
        return dict(self.values.get("tags", {}))

    def load(self, dst_path: LocalPath | None = None) -> str:
        """Fetch the file or folder and say where it is now, as `download_artifacts` does."""
        if self.kind == CODE:
            raise NotSupported(
                "a dataset that code made in memory cannot be fetched; give `source` when you "
                "make it, to say where its data are"
            )
        return download_artifacts(self.uri, dst_path=dst_path)

    def to_dict(self) -> dict[str, Any]:
        """What the store keeps of it."""
        return dict(self.values)

    def to_json(self) -> str:
        """The same as JSON."""
        return json.dumps(self.values)

    @classmethod
    def from_json(cls, source_json: str, kind: str = "local") -> Self:
        """The source of that kind, of what the store keeps."""
        return cls(kind, json.loads(source_json))

    def _get_source_type(self) -> str:
        return self.kind

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DatasetSource):
            return NotImplemented
        return (self.kind, self.values) == (other.kind, other.values)

    def __hash__(self) -> int:
        return hash((self.kind, self.to_json()))

    def __repr__(self) -> str:
        return f"<DatasetSource: kind={self.kind!r}, {self.to_json()}>"


def get_source(dataset: Any) -> DatasetSource:
    """The source of a dataset: one that was made here, or one that a run says it read."""
    if isinstance(dataset, DatasetInput):
        dataset = dataset.dataset
    if isinstance(dataset, Dataset):
        return DatasetSource.from_json(dataset.source, dataset.source_type)
    source = getattr(dataset, "source", None)
    if isinstance(source, DatasetSource):
        return source
    raise InvalidParameter(
        f"Unrecognized dataset type {type(dataset)}: expected what from_pandas or from_numpy "
        "gives, or a dataset of a run (run.inputs.dataset_inputs)"
    )
