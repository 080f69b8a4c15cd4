"""TensorFlow: a SavedModel, the operations of a model in a folder, and its predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format.deserialize import without_pickles
from millstream.model_format.frameworks.keras_predictor import arrays

# Operations that reach out of the model: to files, to Python, or to other machines.
_REACHING = frozenset(
    {
        "DataServiceDataset", "EagerPyFunc", "MatchingFiles", "PrintV2", "PyFunc",
        "PyFuncStateless", "ReadFile", "RpcCall", "WholeFileReader", "WholeFileReaderV2",
        "WriteFile",
    }
)  # fmt: skip


def read_saved_model(folder: Path, allow_pickle: bool, options: dict[str, Any]) -> Any:
    """The object of a SavedModel.

    Where a model must not run code of its own, one that reaches for files or for Python is
    refused: its operations could do so when it predicts.
    """
    if not allow_pickle:
        reaching = sorted(set(_operations(folder)) & _REACHING)
        if reaching:
            raise NotSupported(
                "Running the code of a model is disallowed, and this SavedModel has operations "
                f"that reach for files or Python: {reaching}. Set MILLSTREAM_ALLOW_PICKLE to "
                "'true' if you trust where it comes from",
                "INVALID_PARAMETER_VALUE",
            )
    with without_pickles(allow_pickle):
        return tf.saved_model.load(str(folder), **options)


def _operations(folder: Path) -> Iterator[str]:
    if not (folder / "saved_model.pb").is_file():
        raise InvalidParameter(f"there is no 'saved_model.pb' in {folder}")
    content = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    for graph in (one.graph_def for one in content.meta_graphs):
        yield from (node.op for node in graph.node)
        for function in graph.library.function:
            yield from (node.op for node in function.node_def)


class SavedModelPredictor:
    """The object of a SavedModel behind the one interface of all models."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """An array, or a dictionary of arrays, as the object or its default signature gives.

        A dictionary of arrays is passed as a whole to an object that can be called, else by name.
        """
        if isinstance(data, pd.DataFrame):
            data = data.to_numpy()
        named = isinstance(data, Mapping)
        if not named and not isinstance(data, (np.ndarray, list)):
            raise InvalidParameter(
                f"the model takes a numpy array or a list, not {type(data).__name__}"
            )
        tensors = (
            {name: tf.convert_to_tensor(value) for name, value in data.items()}
            if named
            else tf.convert_to_tensor(data)
        )
        if callable(self.model):
            return arrays(self.model(tensors, **(params or {})))
        serve = self.model.signatures["serving_default"]
        if not named:
            tensors = {next(iter(serve.structured_input_signature[1])): tensors}
        return arrays(serve(**tensors))

    def get_raw_model(self) -> Any:
        """The object."""
        return self.model
