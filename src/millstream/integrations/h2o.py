"""H2O models in runs and on disk (`millstream.h2o`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.environment import default_conda_env, pin_all

FLAVOR_NAME = "h2o"


@known_options(SaveOptions)
def save_model(
    h2o_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    **options: Unpack[SaveOptions],
) -> None:
    """Fetch a model from its cluster and write it as a directory.

    `settings["init"]` are arguments of `h2o.init` for the cluster that is started when the model
    is loaded, such as `{"max_mem_size": "4g"}`.
    """
    save(FLAVOR_NAME, h2o_model, path, conda_env, code_paths, options, settings=settings)


@known_options(LogOptions)
def log_model(
    h2o_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    **options: Unpack[LogOptions],
) -> ModelInfo:
    """Log the model as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {"h2o_model": h2o_model, "settings": settings}
    this = sys.modules[__name__]
    return log(this, artifact_path, conda_env, code_paths, options, **own)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | None = None) -> Any:
    """The model at a URI or path, sent to the cluster that H2O is connected to.

    Without a connection, a cluster is started that only this machine reaches.
    """
    return load(FLAVOR_NAME, model_uri, dst_path)


def get_default_pip_requirements() -> list[str]:
    """What a model of H2O needs at least, at the versions installed here."""
    return pin_all([FLAVOR_NAME])


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env([FLAVOR_NAME])
