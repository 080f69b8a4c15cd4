"""What of training data is recorded: a dataset, a digest and an example, at a bounded cost.

However large the data are, only a sample of them is read.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from typing import Any

from millstream.client.data.dataset import Dataset
from millstream.client.data.numpy_dataset import NumpyDataset
from millstream.client.data.pandas_dataset import PandasDataset
from millstream.client.datasets import CONTEXT, describe
from millstream.client.runs import RunMethods
from millstream.entities.runs import DatasetInput, InputTag

MOST_VALUES_HASHED = 200_000
MOST_VALUES_SCANNED = 10_000_000
ROWS_OF_EXAMPLE = 5


def dataset_of(
    features: Any, targets: Any = None, name: str | None = None, source: Any | None = None
) -> Dataset | None:
    """Describe features and targets; None for what has no rows and columns to describe.

    Arrays, frames, series, sparse matrices, and lists that are not long are described. The digest
    is over rows from the whole length, as many as make 200,000 values.
    """
    features, targets = plain_data(features), plain_data(targets)
    kind = kind_of(features)
    if kind is None:
        return None
    digest = digest_of(features, *(() if targets is None else (targets,)))
    if kind == "frame" and _size(features) <= MOST_VALUES_SCANNED:
        return PandasDataset(_joined(features, targets), source, None, name, digest)
    if kind == "sparse" or kind == "frame":
        return _outlined(features, name, source, digest)
    return NumpyDataset(features, source, targets if kind_of(targets) == "array" else None,
                        name, digest)  # fmt: skip


def log_dataset(client: RunMethods, run_id: str, dataset: Dataset, context: str = "train") -> None:
    """Record that a run reads a dataset, for training or for `context`."""
    client.log_inputs(run_id, [DatasetInput(describe(dataset), [InputTag(CONTEXT, context)])])


def example_of(data: Any, rows: int = ROWS_OF_EXAMPLE) -> Any:
    """The first rows, as what they are; a copy, so that nothing done to it reaches the data."""
    kind = kind_of(data)
    if kind in ("frame", "series"):
        return data.iloc[:rows].copy()
    if kind in ("array", "sparse"):
        return data[:rows].copy()
    return data[:rows] if isinstance(data, list) else None


def sample_of(data: Any, rows: int) -> Any:
    """So many rows from the whole length, evenly; all of them if there are no more."""
    count = rows_of(data)
    if count is None or count <= rows:
        return data
    step = -(-count // rows)
    kind = kind_of(data)
    if kind in ("frame", "series"):
        return data.iloc[::step]
    return data[::step]


def rows_of(data: Any) -> int | None:
    """How many rows there are; None for what has none."""
    shape = getattr(data, "shape", None)
    if shape:
        return int(shape[0])
    return len(data) if isinstance(data, list | tuple) else None


def kind_of(data: Any) -> str | None:
    """What these data are, without importing a library: array, frame, series or sparse."""
    modules = {kind.__module__.partition(".")[0] for kind in type(data).__mro__}
    if "pandas" in modules and hasattr(data, "columns"):
        return "frame"
    if "pandas" in modules and hasattr(data, "iloc"):
        return "series"
    if "numpy" in modules and getattr(data, "ndim", 0) > 0:
        return "array"
    if "scipy" in modules and hasattr(data, "tocsr"):
        return "sparse"
    return None


def plain_data(data: Any) -> Any:
    """Lists of numbers that are not long as arrays; all else as it is."""
    if isinstance(data, list | tuple) and data and len(data) <= MOST_VALUES_HASHED:
        numpy = sys.modules.get("numpy")
        width = len(data[0]) if isinstance(data[0], list | tuple) else 1
        if numpy is not None and len(data) * width <= MOST_VALUES_SCANNED:
            try:
                found = numpy.asarray(data)
            except ValueError:  # rows of different lengths
                return data
            return data if found.dtype.kind == "O" else found
    return data


def digest_of(*parts: Any) -> str:
    """Eight hexadecimal digits over shapes, names and a sample of the values."""
    found = hashlib.sha256()
    for part in parts:
        shape = getattr(part, "shape", None) or (rows_of(part),)
        width = _size(part) // max(int(shape[0] or 1), 1)
        sample = sample_of(part, max(1, MOST_VALUES_HASHED // max(width, 1)))
        found.update(repr((shape, _bytes_of(sample, found.update))).encode())
    return found.hexdigest()[:8]


def _bytes_of(sample: Any, update: Any) -> str:
    """Feed the values of a sample; gives the names and types that go with them."""
    kind = kind_of(sample)
    if kind == "frame":
        update(sample.to_csv(index=False).encode())
        return repr([(str(name), str(dtype)) for name, dtype in sample.dtypes.items()])
    if kind == "series":
        update(sample.to_csv(index=False, header=False).encode())
        return str(sample.name)
    if kind == "sparse":
        rows = sample.tocsr()
        for array in (rows.data, rows.indices, rows.indptr):
            update(array.tobytes())
        return str(rows.dtype)
    if kind == "array" and sample.dtype.kind != "O":
        update(sample.tobytes())
        return str(sample.dtype)
    update(repr(sample.tolist() if kind == "array" else sample).encode())
    return type(sample).__name__


def _size(data: Any) -> int:
    size = 1
    for length in getattr(data, "shape", None) or (rows_of(data) or 0,):
        size *= int(length)
    return size


def _joined(features: Any, targets: Any) -> Any:
    """Frame and targets as one frame, when they are of one length and no name is twice there."""
    if kind_of(targets) not in ("series", "array") or getattr(targets, "ndim", 0) != 1:
        return features
    name = getattr(targets, "name", None) or "target"
    if len(targets) != len(features) or name in features.columns:
        return features
    return features.assign(**{str(name): getattr(targets, "values", targets)})


def _outlined(features: Any, name: str | None, source: Any, digest: str) -> Dataset:
    """What is too large or too sparse to be looked at: shape, size and types."""
    rows, width = features.shape
    if kind_of(features) == "sparse":
        spec = {"dtype": str(features.dtype), "shape": [-1, int(width)]}
        schema: Mapping[str, Any] = {
            "mlflow_tensorspec": {"features": [{"type": "tensor", "tensor-spec": spec}]}
        }
        profile = {"features_shape": [int(rows), int(width)], "features_size": int(features.nnz)}
        return Dataset(features, name, source, digest, schema, profile)
    outlined = PandasDataset(sample_of(features, 1_000), source, None, name, digest)
    outlined.data = features
    outlined.profile = {"num_rows": int(rows), "num_elements": _size(features)}
    return outlined
