"""TensorFlow and Keras models in runs and on disk (`millstream.tensorflow`)."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from millstream.client.extras import load as load_library
from millstream.client.session import SESSION
from millstream.errors import InvalidParameter
from millstream.integrations.autologging.checkpoints import (
    check_frequency,
    check_options,
    download_checkpoint,
)
from millstream.integrations.autologging.frameworks import turn_on
from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.deserialize import without_pickles
from millstream.model_format.environment import default_conda_env, pin_all

FLAVOR_NAME = "tensorflow"
WEIGHTS_OF_KERAS = ".weights.h5"


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


def load_checkpoint(
    model: Any = None,
    run_id: str | None = None,
    epoch: int | None = None,
    global_step: int | None = None,
) -> Any:
    """The Keras model of a checkpoint that automatic logging left in a run.

    The run is the active one if none is named, and the checkpoint its latest unless `epoch` or
    `global_step` says which. If it holds weights alone, `model` is what they are put into.
    """
    keras = load_library("keras", "a checkpoint of Keras")
    with tempfile.TemporaryDirectory(prefix="millstream-checkpoint-") as folder:
        path = download_checkpoint(run_id, epoch, global_step, folder)
        with without_pickles(SESSION.settings().allow_pickle):
            if not path.endswith(WEIGHTS_OF_KERAS):
                return keras.saving.load_model(path)
            if model is None:
                raise InvalidParameter(
                    "the checkpoint holds weights alone: give `model`, what they are put into"
                )
            model.load_weights(path)
            return model


def autolog(
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    registered_model_name: str | None = None,
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    saved_model_kwargs: Mapping[str, Any] | None = None,
    keras_model_kwargs: Mapping[str, Any] | None = None,
    extra_tags: dict[str, str] | None = None,
    log_every_epoch: bool = True,
    log_every_n_steps: int | None = None,
    checkpoint: bool = True,
    checkpoint_monitor: str = "val_loss",
    checkpoint_mode: str = "min",
    checkpoint_save_best_only: bool = True,
    checkpoint_save_weights_only: bool = False,
    checkpoint_save_freq: str | int = "epoch",
) -> None:
    """Log each `fit` of a Keras model as `millstream.keras.autolog` does, and checkpoints of it.

    The params of the optimizer begin with `opt_` here. A checkpoint is written after each epoch
    (or every `checkpoint_save_freq` steps) that `checkpoint_monitor` calls the best so far, by
    `checkpoint_mode`; with `checkpoint_save_best_only=False`, after each one. See
    `load_checkpoint`.
    """
    check_frequency(log_every_epoch, log_every_n_steps)
    check_options(locals())
    turn_on(FLAVOR_NAME, locals())
