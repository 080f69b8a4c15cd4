"""pmdarima models in runs and on disk (`millstream.pmdarima`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.environment import default_conda_env, pin_all

FLAVOR_NAME = "pmdarima"


@known_options(SaveOptions)
def save_model(
    pmdarima_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    **options: Unpack[SaveOptions],
) -> None:
    """Write an ARIMA, or a pipeline that ends in one, as a directory.

    The format is a pickle. Behind the interface of pyfunc it takes one row with `n_periods` and, if
    wanted, `X`, `return_conf_int` and `alpha`.
    """
    save(FLAVOR_NAME, pmdarima_model, path, conda_env, code_paths, options)


@known_options(LogOptions)
def log_model(
    pmdarima_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    **options: Unpack[LogOptions],
) -> ModelInfo:
    """Log the model as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {"pmdarima_model": pmdarima_model}
    return log(sys.modules[__name__], artifact_path, conda_env, code_paths, options, **own)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | None = None) -> Any:
    """The model at a URI or path."""
    return load(FLAVOR_NAME, model_uri, dst_path)


def get_default_pip_requirements() -> list[str]:
    """What a model of pmdarima needs at least, at the versions installed here."""
    return pin_all([FLAVOR_NAME])


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env([FLAVOR_NAME])
