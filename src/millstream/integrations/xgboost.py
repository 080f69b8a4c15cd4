"""XGBoost models in runs and on disk (`millstream.xgboost`)."""

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

FLAVOR_NAME = "xgboost"


@known_options(SaveOptions)
def save_model(
    xgb_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    model_format: str = "ubj",
    **options: Unpack[SaveOptions],
) -> None:
    """Write a Booster, or a model of XGBoost's scikit-learn interface, as a directory.

    `model_format` is the form of the file: `ubj`, `json`, or the older `deprecated` and `xgb`.
    """
    own = {"model_format": model_format}
    save(FLAVOR_NAME, xgb_model, path, conda_env, code_paths, options, **own)


@known_options(LogOptions)
def log_model(
    xgb_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    model_format: str = "ubj",
    **options: Unpack[LogOptions],
) -> ModelInfo:
    """Log the model as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {"xgb_model": xgb_model, "model_format": model_format}
    this = sys.modules[__name__]
    return log(this, artifact_path, conda_env, code_paths, options, **own)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | None = None) -> Any:
    """The Booster or model at a URI or path, of the class that was saved."""
    return load(FLAVOR_NAME, model_uri, dst_path)


def get_default_pip_requirements() -> list[str]:
    """What a model of XGBoost needs at least, at the versions installed here."""
    return pin_all([FLAVOR_NAME])


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env([FLAVOR_NAME])


def autolog(
    importance_types: Sequence[str] | None = None,
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    registered_model_name: str | None = None,
    model_format: str = "ubj",
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log each `xgboost.train`, and each `fit` of a model of the scikit-learn interface.

    Logged are the params, each metric on each data set to evaluate on after every iteration, where
    the training stopped and was best if it may stop early, the importance of the features by each
    of the `importance_types` (`["weight"]`) as JSON and as a figure, the data sets, and the model
    in `model_format`.
    """
    turn_on(FLAVOR_NAME, locals())
