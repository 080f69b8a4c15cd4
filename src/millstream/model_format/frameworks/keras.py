"""Keras: a model in its own format, or exported, as a model directory and back."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format.deserialize import without_pickles
from millstream.model_format.directory import inside
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

DATA = "data"
FILE = "model.keras"
OLD_FILE = "model.h5"
EXPORTED = "model"
MODULE_NAME = "keras_module.txt"
_SAFE_SINCE = (3, 11, 3)  # before it, a file may import modules, and .h5 run the code of Lambda
_ONE_BATCH = 32  # rows, as many as `predict` takes at once


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


_BACKENDS = ("tensorflow", "torch", "jax")


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
        reader = importlib.import_module("millstream.model_format.frameworks.tensorflow")
        return reader.read_saved_model(data / EXPORTED, allow_pickle, options)
    return read_keras(data, allow_pickle, custom_objects, options)


def read_keras(
    folder: Path,
    allow_pickle: bool,
    custom_objects: Mapping[str, Any] | None,
    options: dict[str, Any],
) -> Any:
    """The model in the Keras file of a folder; Lambda layers only with `safe_mode=False`."""
    file = next((folder / name for name in (FILE, OLD_FILE) if (folder / name).is_file()), None)
    if file is None:
        raise InvalidParameter(f"the model lacks its file {FILE!r} or {OLD_FILE!r} in {folder}")
    with without_pickles(allow_pickle), _safely(allow_pickle, options):
        return keras.saving.load_model(
            file, custom_objects=dict(custom_objects or {}) or None, **options
        )


@contextlib.contextmanager
def _safely(allow_pickle: bool, options: dict[str, Any]) -> Iterator[None]:
    """Where a model must not run code of its own, let Keras refuse it, whatever was enabled."""
    if allow_pickle:
        yield
        return
    _check_safe(options)
    # What `keras.config.enable_unsafe_deserialization()` sets is stronger than `safe_mode=True`.
    library = importlib.import_module("keras.src.saving.serialization_lib")
    with library.SafeModeScope(True):
        yield


def _check_safe(options: dict[str, Any]) -> None:
    found = tuple(int(part) for part in keras.__version__.split(".")[:3] if part.isdigit())
    if found < _SAFE_SINCE:
        raise NotSupported(
            f"Running the code of a model is disallowed, and Keras {keras.__version__} runs code "
            f"that it finds in one: install Keras {'.'.join(map(str, _SAFE_SINCE))} or newer"
        )
    if not options.setdefault("safe_mode", True):
        raise NotSupported(
            "Running the code of a model is disallowed, and safe_mode=False asks for it. Set "
            "MILLSTREAM_ALLOW_PICKLE to 'true' if you trust where the model comes from",
            "INVALID_PARAMETER_VALUE",
        )


class KerasPredictor:
    """A model of Keras behind the one interface of all models."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """An array or a dictionary of arrays; a DataFrame for a DataFrame with one output.

        `params` are keyword arguments of `predict`.
        """
        frame = isinstance(data, pd.DataFrame)
        inputs = data.to_numpy() if frame else data
        found = self._answer(np.asarray(inputs) if isinstance(inputs, list) else inputs, params)
        if frame and isinstance(found, np.ndarray) and found.ndim <= 2:
            return pd.DataFrame(found, index=data.index)
        return found

    def _answer(self, inputs: Any, params: dict[str, Any] | None) -> Any:
        if not isinstance(self.model, keras.Model):
            return arrays(self.model.serve(inputs))
        # `predict` of Keras sets up a pipeline of batches, which costs more than a small model.
        ordinary = type(self.model).predict is keras.Model.predict
        if (
            ordinary
            and not params
            and isinstance(inputs, np.ndarray)
            and 0 < len(inputs) <= _ONE_BATCH
        ):
            return self.model.predict_on_batch(inputs)
        return self.model.predict(inputs, **{"verbose": 0, **(params or {})})

    def get_raw_model(self) -> Any:
        """The model."""
        return self.model


def arrays(output: Any) -> Any:
    """Tensors as arrays, alone or in a dictionary or list."""
    if isinstance(output, Mapping):
        return {name: arrays(value) for name, value in output.items()}
    if isinstance(output, (list, tuple)):
        return [arrays(value) for value in output]
    return np.asarray(output)


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> KerasPredictor:
    """The model of a directory, ready to predict."""
    flavor = model.flavors.get("keras") or model.flavor("python_function")
    return KerasPredictor(load(directory, flavor, allow_pickle))
