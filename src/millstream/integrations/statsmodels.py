"""statsmodels models in runs and on disk (`millstream.statsmodels`)."""

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

FLAVOR_NAME = "statsmodels"


@known_options(SaveOptions)
def save_model(
    statsmodels_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    remove_data: bool = False,
    **options: Unpack[SaveOptions],
) -> None:
    """Write the results of a fit as a directory.

    With `remove_data` the directory is without the data of the fit, where statsmodels can tell
    them apart. The format is a pickle.
    """
    own = {"remove_data": remove_data}
    save(FLAVOR_NAME, statsmodels_model, path, conda_env, code_paths, options, **own)


@known_options(LogOptions)
def log_model(
    statsmodels_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    remove_data: bool = False,
    **options: Unpack[LogOptions],
) -> ModelInfo:
    """Log the results of a fit as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {"statsmodels_model": statsmodels_model, "remove_data": remove_data}
    return log(sys.modules[__name__], artifact_path, conda_env, code_paths, options, **own)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | None = None) -> Any:
    """The results of a fit at a URI or path."""
    return load(FLAVOR_NAME, model_uri, dst_path)


def get_default_pip_requirements() -> list[str]:
    """What a model of statsmodels needs at least, at the versions installed here."""
    return pin_all([FLAVOR_NAME])


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env([FLAVOR_NAME])


def autolog(
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    registered_model_name: str | None = None,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log each fit of a model: arguments, statistics of the fit, its summary and the results."""
    turn_on(FLAVOR_NAME, locals())
