"""LightGBM models in runs and on disk (`millstream.lightgbm`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, cast

from millstream.integrations.autologging.frameworks import turn_on
from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.environment import default_conda_env, pin_all

FLAVOR_NAME = "lightgbm"

# What the `save_model` of a Booster takes.
_FURTHER = ("importance_type", "num_iteration", "start_iteration")


@known_options(SaveOptions, *_FURTHER)
def save_model(
    lgb_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    serialization_format: str | None = None,
    skops_trusted_types: Sequence[str] | None = None,
    **options: Any,
) -> None:
    """Write a Booster, or a model of LightGBM's scikit-learn interface, as a directory.

    A Booster is always written in LightGBM's own format. For the others `serialization_format` is
    `skops`, `pickle` or `cloudpickle`; without it, skops where the types permit, to which those
    in `skops_trusted_types` are added. Options of a Booster's own `save_model` may follow those of
    all frameworks, and count for Boosters.
    """
    own = {name: options.pop(name) for name in _FURTHER if name in options}
    own |= {"serialization_format": serialization_format, "trusted_types": skops_trusted_types}
    shared = cast("SaveOptions", options)
    save(FLAVOR_NAME, lgb_model, path, conda_env, code_paths, shared, **own)


@known_options(LogOptions, *_FURTHER)
def log_model(
    lgb_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    serialization_format: str | None = None,
    skops_trusted_types: Sequence[str] | None = None,
    **options: Any,
) -> ModelInfo:
    """Log the model as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {
        "lgb_model": lgb_model,
        "serialization_format": serialization_format,
        "skops_trusted_types": skops_trusted_types,
    }
    shared = cast("LogOptions", options)
    return log(sys.modules[__name__], artifact_path, conda_env, code_paths, shared, **own)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | None = None) -> Any:
    """The Booster or model at a URI or path, of the class that was saved."""
    return load(FLAVOR_NAME, model_uri, dst_path)


def get_default_pip_requirements(
    include_cloudpickle: bool = False, include_skops: bool = False
) -> list[str]:
    """What a model of LightGBM needs at least, at the versions installed here."""
    return pin_all(_modules(include_cloudpickle, include_skops))


def get_default_conda_env(
    include_cloudpickle: bool = False, include_skops: bool = False
) -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env(_modules(include_cloudpickle, include_skops))


def _modules(include_cloudpickle: bool, include_skops: bool) -> list[str]:
    cloudpickle = ["cloudpickle"] if include_cloudpickle else []
    return [FLAVOR_NAME, *cloudpickle, *(["skops"] if include_skops else [])]


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
    """Log each `lightgbm.train`, and each `fit` of a model of the scikit-learn interface.

    Logged are the params, each metric on each data set to evaluate on after every iteration, where
    the training stopped and was best if it may stop early, the importance of the features by
    splits and by gain as JSON and as figures, the data sets, and the model.
    """
    turn_on(FLAVOR_NAME, locals())
