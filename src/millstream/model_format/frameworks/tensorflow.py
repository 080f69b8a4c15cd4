"""TensorFlow: a Keras model or a tf.Module as a model directory and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format.deserialize import load_pickle, without_pickles
from millstream.model_format.directory import inside
from millstream.model_format.frameworks.keras import (
    DATA,
    FILE,
    MODULE_NAME,
    OLD_FILE,
    KerasPredictor,
    arrays,
    read_keras,
)
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest
from millstream.model_format.serialize import pickle_by_value

SAVED_MODEL = "tf2model"
_SAVE_FORMAT = "save_format.txt"
_CUSTOM = "custom_objects.cloudpickle"
_GLOBAL = "global_custom_objects.cloudpickle"

# Operations that reach out of the model: to files, to Python, or to other machines.
_REACHING = frozenset(
    {
        "DataServiceDataset", "EagerPyFunc", "MatchingFiles", "PrintV2", "PyFunc",
        "PyFuncStateless", "ReadFile", "RpcCall", "WholeFileReader", "WholeFileReaderV2",
        "WriteFile",
    }
)  # fmt: skip


def save(
    native: Any,
    directory: Path,
    *,
    custom_objects: Mapping[str, Any] | None = None,
    saved_model_kwargs: Mapping[str, Any] | None = None,
    keras_model_kwargs: Mapping[str, Any] | None = None,
) -> Saved:
    """Write a Keras model in its format, or a tf.Module as a SavedModel.

    `custom_objects` are classes and functions that a Keras model refers to by name; they are
    pickled beside it, as are registered ones that it uses.
    """
    if isinstance(native, keras.Model):
        return _save_keras(native, directory, custom_objects, dict(keras_model_kwargs or {}))
    if not isinstance(native, tf.Module):
        raise InvalidParameter(
            f"`model` must be a Keras model or a tf.Module, not {type(native).__name__}"
        )
    tf.saved_model.save(native, str(directory / SAVED_MODEL), **(saved_model_kwargs or {}))
    return Saved(
        flavor={"saved_model_dir": SAVED_MODEL, "model_type": "tf2-module"},
        pyfunc={},
        modules={"tensorflow", "cloudpickle", "pandas"},
        predict=SavedModelPredictor(native).predict if callable(native) else None,
    )


def _save_keras(
    model: Any,
    directory: Path,
    custom_objects: Mapping[str, Any] | None,
    options: dict[str, Any],
) -> Saved:
    folder = directory / DATA
    folder.mkdir()
    kind = options.pop("save_format", "tf")
    model.save(folder / (OLD_FILE if kind == "h5" else FILE), **options)
    (folder / MODULE_NAME).write_text("tensorflow.keras")
    (folder / _SAVE_FORMAT).write_text(kind)
    for name, found in ((_CUSTOM, dict(custom_objects or {})), (_GLOBAL, _registered(model))):
        if found:
            (folder / name).write_bytes(pickle_by_value(found))
    return Saved(
        flavor={
            "data": DATA,
            "model_type": "keras",
            "keras_version": tf.__version__,
            "save_format": kind,
        },
        pyfunc={"data": DATA},
        modules={"tensorflow", "cloudpickle", "pandas"},
        predict=KerasPredictor(model).predict,
    )


def _registered(model: Any) -> dict[str, Any]:
    """The globally registered classes and functions that the model refers to."""
    try:
        content = model.to_json()
    except (NotImplementedError, TypeError, ValueError):
        return {}  # of a class with a configuration of its own, which Keras finds by import
    found = keras.saving.get_custom_objects()
    return {name: value for name, value in found.items() if json.dumps(name) in content}


def load(
    directory: Path,
    flavor: Mapping[str, Any],
    allow_pickle: bool,
    *,
    saved_model_kwargs: Mapping[str, Any] | None = None,
    keras_model_kwargs: Mapping[str, Any] | None = None,
    **_options: Any,
) -> Any:
    """The Keras model, or the object of a SavedModel; the options go to the library."""
    if "saved_model_dir" in flavor:
        folder = inside(directory, str(flavor["saved_model_dir"]))
        return read_saved_model(folder, allow_pickle, dict(saved_model_kwargs or {}))
    data = inside(directory, str(flavor.get("data") or DATA))
    if (data / "model").is_dir():
        raise NotSupported(
            "the Keras model is saved in the form of TensorFlow before 2.16 (a SavedModel), which "
            "Keras 3 cannot load as a model: save it again there as '.keras' or '.h5'"
        )
    options = dict(keras_model_kwargs or {})
    custom: dict[str, Any] = {}
    for name in (_GLOBAL, _CUSTOM):
        if (data / name).is_file():
            custom |= load_pickle(data / name, allow_pickle, "cloudpickle")
    custom |= options.pop("custom_objects", None) or {}
    return read_keras(data, allow_pickle, custom, options)


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


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> KerasPredictor | SavedModelPredictor:
    """The model of a directory, ready to predict."""
    flavor = model.flavors.get("tensorflow") or model.flavor("python_function")
    native = load(directory, flavor, allow_pickle)
    kind = SavedModelPredictor if "saved_model_dir" in flavor else KerasPredictor
    return kind(native)
