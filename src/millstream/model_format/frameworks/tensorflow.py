"""TensorFlow: a Keras model or a tf.Module as a model directory and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format.deserialize import load_pickle
from millstream.model_format.directory import inside
from millstream.model_format.frameworks.keras_file import (
    DATA,
    FILE,
    MODULE_NAME,
    OLD_FILE,
    read_keras,
)
from millstream.model_format.frameworks.keras_predictor import KerasPredictor
from millstream.model_format.frameworks.tensorflow_saved_model import (
    SavedModelPredictor,
    read_saved_model,
)
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest
from millstream.model_format.serialize import pickle_by_value

SAVED_MODEL = "tf2model"
_SAVE_FORMAT = "save_format.txt"
_CUSTOM = "custom_objects.cloudpickle"
_GLOBAL = "global_custom_objects.cloudpickle"


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


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> KerasPredictor | SavedModelPredictor:
    """The model of a directory, ready to predict."""
    flavor = model.flavors.get("tensorflow") or model.flavor("python_function")
    native = load(directory, flavor, allow_pickle)
    kind = SavedModelPredictor if "saved_model_dir" in flavor else KerasPredictor
    return kind(native)
