"""Keras models in runs and on disk (`millstream.keras`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from millstream.integrations.autologging.checkpoints import check_frequency
from millstream.integrations.autologging.frameworks import turn_on
from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.environment import default_conda_env, pin_all

FLAVOR_NAME = "keras"


@known_options(SaveOptions)
def save_model(
    model: Any,
    path: str | os.PathLike[str],
    save_exported_model: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    *,
    code_paths: Sequence[str] | None = None,
    save_model_kwargs: Mapping[str, Any] | None = None,
    **options: Unpack[SaveOptions],
) -> None:
    """Write a model as a directory: in Keras' format, or, exported, as its operations alone.

    `save_model_kwargs` go to `save` or `export` of the model.
    """
    own = {"save_exported_model": save_exported_model, "save_model_kwargs": save_model_kwargs}
    save(FLAVOR_NAME, model, path, conda_env, code_paths, options, **own)


@known_options(LogOptions)
def log_model(
    model: Any,
    artifact_path: str | None = None,
    save_exported_model: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    *,
    code_paths: Sequence[str] | None = None,
    save_model_kwargs: Mapping[str, Any] | None = None,
    **options: Unpack[LogOptions],
) -> ModelInfo:
    """Log the model as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {
        "model": model,
        "save_exported_model": save_exported_model,
        "save_model_kwargs": save_model_kwargs,
    }
    this = sys.modules[__name__]
    return log(this, artifact_path, conda_env, code_paths, options, **own)


def load_model(
    model_uri: str | os.PathLike[str],
    dst_path: str | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    load_model_kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """The model at a URI or path; one that was exported as its operations.

    `custom_objects` are classes and functions that it refers to, by name; `load_model_kwargs` go
    to Keras, which loads Lambda layers only with `{"safe_mode": False}`.
    """
    own = {"custom_objects": custom_objects, "load_model_kwargs": load_model_kwargs}
    return load(FLAVOR_NAME, model_uri, dst_path, **own)


def get_default_pip_requirements() -> list[str]:
    """What a model of Keras needs at least, at the versions installed here."""
    return pin_all([FLAVOR_NAME])


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env([FLAVOR_NAME])


def autolog(
    log_every_epoch: bool = True,
    log_every_n_steps: int | None = None,
    log_models: bool = True,
    log_model_signatures: bool = True,
    save_exported_model: bool = False,
    log_datasets: bool = True,
    log_input_examples: bool = False,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    registered_model_name: str | None = None,
    save_model_kwargs: Mapping[str, Any] | None = None,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log each `fit` of a Keras model, on whatever backend.

    Logged are what `fit` was told, the optimizer, what each epoch measured (or, with
    `log_every_epoch=False`, what was measured every `log_every_n_steps` steps), early stopping, a
    summary of the layers, the data sets, and the model.
    """
    check_frequency(log_every_epoch, log_every_n_steps)
    turn_on(FLAVOR_NAME, locals())
