"""PaddlePaddle models in runs and on disk (`millstream.paddle`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, cast

from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.environment import default_conda_env, pin_all

FLAVOR_NAME = "paddle"

# What `paddle.jit.save` takes.
_FURTHER = (
    "clip_extra",
    "combine_params",
    "input_names_after_prune",
    "output_spec",
    "separate_parameters",
    "skip_forward",
    "skip_prune_program",
    "with_hook",
)


@known_options(SaveOptions, *_FURTHER)
def save_model(
    pd_model: Any,
    path: str | os.PathLike[str],
    training: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    **options: Any,
) -> None:
    """Write a layer, made static with an `input_spec`, or a paddle.Model as a directory.

    A paddle.Model for `training` is kept as its parameters and the state of its optimiser. Options
    of `paddle.jit.save` may follow those of all frameworks.
    """
    own = {name: options.pop(name) for name in _FURTHER if name in options}
    shared = cast("SaveOptions", options)
    save(FLAVOR_NAME, pd_model, path, conda_env, code_paths, shared, training=training, **own)


@known_options(LogOptions, *_FURTHER)
def log_model(
    pd_model: Any,
    artifact_path: str | None = None,
    training: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    **options: Any,
) -> ModelInfo:
    """Log the model as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {"pd_model": pd_model, "training": training}
    this = sys.modules[__name__]
    shared = cast("LogOptions", options)
    return log(this, artifact_path, conda_env, code_paths, shared, **own)


def load_model(
    model_uri: str | os.PathLike[str],
    model: Any = None,
    dst_path: str | None = None,
    **options: Any,
) -> Any:
    """The layer at a URI or path; or `model`, a paddle.Model, with the state kept for training.

    The other options go to Paddle.
    """
    return load(FLAVOR_NAME, model_uri, dst_path, model=model, **options)


def get_default_pip_requirements() -> list[str]:
    """What a model of Paddle needs at least, at the versions installed here."""
    return pin_all([FLAVOR_NAME])


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env([FLAVOR_NAME])
