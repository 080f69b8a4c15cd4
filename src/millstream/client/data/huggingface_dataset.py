"""Datasets of the library `datasets` (Hugging Face), as datasets of runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millstream.client.data.dataset import MOST_ROWS_HASHED, Dataset, check_columns, digest_of
from millstream.client.data.sources import HUGGING_FACE, DatasetSource
from millstream.client.extras import load
from millstream.errors import InvalidParameter

MOST_BYTES_HASHED = 1 << 24
_SCALARS = (
    ("is_boolean", "boolean"),
    ("is_int8", "integer"),
    ("is_int16", "integer"),
    ("is_int32", "integer"),
    ("is_uint8", "integer"),
    ("is_uint16", "integer"),
    ("is_integer", "long"),
    ("is_float64", "double"),
    ("is_floating", "float"),
    ("is_decimal", "double"),
    ("is_date", "datetime"),
    ("is_timestamp", "datetime"),
    ("is_string", "string"),
    ("is_large_string", "string"),
    ("is_binary", "binary"),
    ("is_large_binary", "binary"),
    ("is_fixed_size_binary", "binary"),
)
"""Tests of `pyarrow.types`, the narrower ones first, and MLflow's names of the types."""
_LISTS = ("is_list", "is_large_list", "is_fixed_size_list")


class HuggingFaceDataset(Dataset):
    """One split; `targets` names a column of it.

    `source` says where it comes from, as of other datasets, or is that of the hub.
    """

    def __init__(
        self,
        ds: Any,
        source: Any | None = None,
        targets: str | None = None,
        name: str | None = None,
        digest: str | None = None,
    ) -> None:
        check_columns("Hugging Face dataset", ds.column_names, targets=targets)
        table = ds.data.table
        kinds = load("pyarrow.types", "describing a Hugging Face dataset")
        columns = [
            {**_type(column.type, kinds), "name": title, "required": not column.null_count}
            for title, column in zip(table.column_names, table.columns, strict=True)
        ]
        super().__init__(
            ds,
            name,
            source,
            digest or _digest(ds),
            {"mlflow_colspec": columns},
            {
                "num_rows": ds.num_rows,
                "dataset_size": ds.dataset_size,
                "size_in_bytes": ds.size_in_bytes,
            },
        )
        self.targets = targets

    @property
    def ds(self) -> Any:
        """The split."""
        return self.data


def from_huggingface(
    ds: Any,
    path: str | None = None,
    targets: str | None = None,
    data_dir: str | None = None,
    data_files: Any | None = None,
    revision: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    trust_remote_code: bool | None = None,  # noqa: ARG001  # MLflow's signature
    source: Any | None = None,
) -> HuggingFaceDataset:
    """Describe a `datasets.Dataset` as a dataset.

    `path`, `data_dir`, `data_files` and `revision` are what `datasets.load_dataset` was told, and
    then the source loads it again; `source` is any other place, and goes before them.
    `trust_remote_code` has no effect: code of others is never run. Anything but one split raises
    `InvalidParameter`.
    """
    kind = load("datasets", "describing a Hugging Face dataset").Dataset
    if not isinstance(ds, kind):
        raise InvalidParameter(
            "The specified Hugging Face dataset must be an instance of `datasets.Dataset`, but it "
            f"is a {type(ds).__name__}. Of several splits choose one, such as ds['train']."
        )
    if source is None and path is not None:
        files: Any = dict(data_files) if isinstance(data_files, Mapping) else data_files
        values = {
            "path": path,
            "config_name": ds.config_name,
            "data_dir": data_dir,
            "data_files": files,
            "split": None if ds.split is None else str(ds.split),
            "revision": None if revision is None else str(revision),
        }
        source = DatasetSource(HUGGING_FACE, values)
    return HuggingFaceDataset(ds, source, targets, name, digest)


def _digest(ds: Any) -> str:
    """Over the first rows, of images and sounds only so many that they are read soon."""
    table = ds.data.table
    each = table.nbytes // max(1, table.num_rows)
    rows = min(ds.num_rows, MOST_ROWS_HASHED, max(1, MOST_BYTES_HASHED // max(1, each)))
    return digest_of(ds.with_format("arrow")[:rows].to_pylist(), ds.num_rows)


def _type(kind: Any, kinds: Any) -> dict[str, Any]:
    """What MLflow calls a type of Arrow; `any` where it has no name."""
    if any(getattr(kinds, test)(kind) for test in _LISTS):
        return {"type": "array", "items": _type(kind.value_type, kinds)}
    if kinds.is_struct(kind):
        inner = {field.name: {**_type(field.type, kinds), "required": False} for field in kind}
        return {"type": "object", "properties": inner}
    if kinds.is_map(kind):
        return {"type": "map", "values": _type(kind.item_type, kinds)}
    if kinds.is_dictionary(kind):
        return _type(kind.value_type, kinds)
    if hasattr(kind, "storage_type"):  # a type of a library's own, kept as one of Arrow's
        return _type(kind.storage_type, kinds)
    return {"type": next((name for test, name in _SCALARS if getattr(kinds, test)(kind)), "any")}
