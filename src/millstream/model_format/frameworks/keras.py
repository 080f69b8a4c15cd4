"""Keras: a model in its own format, or exported, as a model directory and back."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from millstream.model_format.directory import inside
from millstream.model_format.frameworks.keras_file import DATA, FILE, MODULE_NAME, read_keras
from millstream.model_format.frameworks.keras_predictor import KerasPredictor
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

EXPORTED = "model"
_BACKENDS = ("tensorflow", "torch", "jax")


def save(
    native: Any,
    directory: Path,
    *,
    save_exported_model: bool = False,
    save_model_kwargs: Mapping[str, Any] | None = None,
) -> Saved:
    """Write the model in Keras' format, or, exported, as the operations of its prediction."""
    if not isinstance(native, keras.Model):
        raise TypeError(f"`model` must be a keras.Model, not {native!r}")
    folder = directory / DATA
    folder.mkdir()
    (folder / MODULE_NAME).write_text("keras")
    options = dict(save_model_kwargs or {})
    if save_exported_model:
        native.export(folder / EXPORTED, **{"verbose": False, **options})
    else:
        native.save(folder / FILE, **options)
    backend = keras.backend.backend()
    exported = {"tensorflow"} if save_exported_model else set()
    return Saved(
        flavor={
            "data": DATA,
            "keras_backend": backend,
            "keras_version": keras.__version__,
            "save_exported_model": save_exported_model,
        },
        pyfunc={},
        modules={"keras", "pandas", *exported, *({backend} if backend in _BACKENDS else ())},
        predict=KerasPredictor(native).predict,
    )


def load(
    directory: Path,
    flavor: Mapping[str, Any],
    allow_pickle: bool,
    *,
    custom_objects: Mapping[str, Any] | None = None,
    load_model_kwargs: Mapping[str, Any] | None = None,
    **_options: Any,
) -> Any:
    """The model; of an exported one the operations alone.

    `custom_objects` are classes and functions that it refers to, by name; `load_model_kwargs` go
    to Keras.
    """
    data = inside(directory, str(flavor.get("data") or DATA))
    options = dict(load_model_kwargs or {})
    if (data / EXPORTED).is_dir():
        reader = importlib.import_module(
            "millstream.model_format.frameworks.tensorflow_saved_model"
        )
        return reader.read_saved_model(data / EXPORTED, allow_pickle, options)
    return read_keras(data, allow_pickle, custom_objects, options)


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> KerasPredictor:
    """The model of a directory, ready to predict."""
    flavor = model.flavors.get("keras") or model.flavor("python_function")
    return KerasPredictor(load(directory, flavor, allow_pickle))
