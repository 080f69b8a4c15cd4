"""Where datasets come from, and how to get them again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Self

from millstream.client.artifacts import LocalPath, download_artifacts
from millstream.client.context import context_tags
from millstream.client.extras import load
from millstream.client.session import SESSION
from millstream.entities.runs import Dataset, DatasetInput
from millstream.errors import InvalidParameter, NotSupported

CODE, HUGGING_FACE, SPARK, DELTA = "code", "hugging_face", "spark", "delta_table"
_KINDS = {"": "local", "file": "local", "http": "http", "https": "http", "hf": HUGGING_FACE}


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

    def load(self, dst_path: LocalPath | None = None) -> Any:
        """Fetch the file or folder and say where it is now, as `download_artifacts` does.

        What is read by Spark becomes a DataFrame of the session, and what is on the hub of Hugging
        Face a dataset of theirs. `NotSupported` is raised for what code made, and for a statement
        of SQL, since that may do more than read.
        """
        if self.kind == CODE:
            raise NotSupported(
                "a dataset that code made in memory cannot be fetched; give `source` when you "
                "make it, to say where its data are"
            )
        if self.kind == HUGGING_FACE and "path" in self.values:
            return _from_hub(self.values)
        if self.kind in (SPARK, DELTA):
            return _from_spark(self.kind, self.values)
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
        f"Unrecognized dataset type {type(dataset)}: expected what from_pandas and its like "
        "give, or a dataset of a run (run.inputs.dataset_inputs)"
    )


def _from_hub(values: Mapping[str, Any]) -> Any:
    datasets = load("datasets", "loading a dataset of Hugging Face")
    wanted: dict[str, Any] = {
        "name": values.get("config_name"),
        "data_dir": values.get("data_dir"),
        "data_files": values.get("data_files"),
        "split": values.get("split") if values.get("split") != "None" else None,  # MLflow's word
        "revision": values.get("revision"),
    }
    if int(datasets.__version__.partition(".")[0]) < 4:
        wanted["trust_remote_code"] = False  # later releases run no code of others at all
    return datasets.load_dataset(values["path"], **wanted)


def _from_spark(kind: str, values: Mapping[str, Any]) -> Any:
    if "sql" in values:
        raise NotSupported(
            f"a statement that a run recorded is not run unread; it is: {values['sql']}"
        )
    session = load("pyspark.sql", "loading a dataset of Spark").SparkSession.builder.getOrCreate()
    reader = session.read.format("delta") if kind == DELTA else session.read
    if kind == DELTA and "delta_table_version" in values:
        reader = reader.option("versionAsOf", values["delta_table_version"])
    table = values.get("table_name") or values.get("delta_table_name")
    return reader.load(values["path"]) if table is None else reader.table(table)
