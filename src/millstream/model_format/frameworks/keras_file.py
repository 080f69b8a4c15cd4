"""Keras: the file of a model, in Keras' own format, read without running code of the model's."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format.deserialize import without_pickles

DATA = "data"
MODULE_NAME = "keras_module.txt"
FILE = "model.keras"
OLD_FILE = "model.h5"
_SAFE_SINCE = (3, 11, 3)  # before it, a file may import modules, and .h5 run the code of Lambda


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
