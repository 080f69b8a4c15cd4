"""CatBoost models in runs and on disk (`millstream.catboost`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from millstream.integrations.autologging.frameworks import turn_on
from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.environment import default_conda_env, pin_all

FLAVOR_NAME = "catboost"


@known_options(SaveOptions)
def save_model(
    cb_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    format: str = "cbm",
    export_parameters: Mapping[str, Any] | None = None,
    pool: Any = None,
    **options: Unpack[SaveOptions],
) -> None:
    """Write a model of CatBoost as a directory.

    `format` is that of the file: `cbm`, `json`, `onnx` or `coreml`; `export_parameters` and `pool`
    are the arguments of CatBoost's own `save_model`, of which `json` needs `pool` if there are
    categorical features.
    """
    own = {"format": format, "export_parameters": export_parameters, "pool": pool}
    save(FLAVOR_NAME, cb_model, path, conda_env, code_paths, options, **own)


@known_options(LogOptions)
def log_model(
    cb_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    format: str = "cbm",
    export_parameters: Mapping[str, Any] | None = None,
    pool: Any = None,
    **options: Unpack[LogOptions],
) -> ModelInfo:
    """Log the model as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {
        "cb_model": cb_model,
        "format": format,
        "export_parameters": export_parameters,
        "pool": pool,
    }
    return log(sys.modules[__name__], artifact_path, conda_env, code_paths, options, **own)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | None = None) -> Any:
    """The model at a URI or path, of the class that was saved."""
    return load(FLAVOR_NAME, model_uri, dst_path)


def get_default_pip_requirements() -> list[str]:
    """What a model of CatBoost needs at least, at the versions installed here."""
    return pin_all([FLAVOR_NAME])


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env([FLAVOR_NAME])


def autolog(
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    registered_model_name: str | None = None,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log each `fit` of a model of CatBoost; MLflow itself has nothing of the kind.

    Logged are the params, each metric on the training data and on each data set to evaluate on
    after every iteration, where it was best, the importance of the features as JSON and as a
    figure, the data sets, and the model.
    """
    turn_on(FLAVOR_NAME, locals())
