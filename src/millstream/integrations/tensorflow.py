"""TensorFlow and Keras models in runs and on disk (`millstream.tensorflow`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.environment import default_conda_env, pin_all

FLAVOR_NAME = "tensorflow"


@known_options(SaveOptions)
def save_model(
    model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    custom_objects: Mapping[str, Any] | None = None,
    saved_model_kwargs: Mapping[str, Any] | None = None,
    keras_model_kwargs: Mapping[str, Any] | None = None,
    **options: Unpack[SaveOptions],
) -> None:
    """Write a Keras model, or a tf.Module, as a directory.

    `custom_objects` are classes and functions that a Keras model refers to by name, pickled
    beside it. `saved_model_kwargs` go to `tf.saved_model.save`, `keras_model_kwargs` to Keras.
    """
    own = {
        "custom_objects": custom_objects,
        "saved_model_kwargs": saved_model_kwargs,
        "keras_model_kwargs": keras_model_kwargs,
    }
    save(FLAVOR_NAME, model, path, conda_env, code_paths, options, **own)


@known_options(LogOptions)
def log_model(
    model: Any,
    artifact_path: str | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    saved_model_kwargs: Mapping[str, Any] | None = None,
    keras_model_kwargs: Mapping[str, Any] | None = None,
    **options: Unpack[LogOptions],
) -> ModelInfo:
    """Log the model as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {
        "model": model,
        "custom_objects": custom_objects,
        "saved_model_kwargs": saved_model_kwargs,
        "keras_model_kwargs": keras_model_kwargs,
    }
    this = sys.modules[__name__]
    return log(this, artifact_path, conda_env, code_paths, options, **own)


def load_model(
    model_uri: str | os.PathLike[str],
    dst_path: str | None = None,
    saved_model_kwargs: Mapping[str, Any] | None = None,
    keras_model_kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """The Keras model, or the object of a SavedModel, at a URI or path.

    The options go to `tf.saved_model.load` or to Keras.
    """
    own = {"saved_model_kwargs": saved_model_kwargs, "keras_model_kwargs": keras_model_kwargs}
    return load(FLAVOR_NAME, model_uri, dst_path, **own)


def get_default_pip_requirements(include_cloudpickle: bool = False) -> list[str]:
    """What a model of TensorFlow needs at least, at the versions installed here."""
    return pin_all([FLAVOR_NAME, *(["cloudpickle"] if include_cloudpickle else [])])


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env([FLAVOR_NAME])
