"""SHAP explanations and explainers in runs and on disk (`millstream.shap`)."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

from millstream.client.artifacts import get_artifact_uri, log_artifacts
from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.adapters import adapter
from millstream.model_format.environment import default_conda_env, pin_all

FLAVOR_NAME = "shap"

_FOLDER = "model_explanations_shap"
_MOST_ROWS = 100


def log_explanation(
    predict_function: Callable[[Any], Any], features: Any, artifact_path: str | None = None
) -> str:
    """Explain a function for features and log the result to the active run; answers with its URI.

    In the folder `artifact_path` are `base_values.npy`, `shap_values.npy` and the picture
    `summary_bar_plot.png`. `features` are a DataFrame or an array of rows by features, with which
    the function is called many times; pass a sample of the data.
    """
    folder = artifact_path or _FOLDER
    framework = adapter("shap_explanation")
    base_values, values = framework.explain(predict_function, features, _MOST_ROWS)
    with tempfile.TemporaryDirectory(prefix="millstream-shap-") as name:
        directory = Path(name)
        framework.write_explanation(directory, base_values, values, features)
        log_artifacts(directory, folder)
    return get_artifact_uri(folder)


@known_options(SaveOptions)
def save_explainer(
    explainer: Any,
    path: str | os.PathLike[str],
    serialize_model_using_mlflow: bool = True,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    **options: Unpack[SaveOptions],
) -> None:
    """Write an explainer as a directory; the format holds pickles.

    With `serialize_model_using_mlflow` a model of scikit-learn that it explains is a model of its
    own in there.
    """
    own = {"serialize_model": serialize_model_using_mlflow}
    save(FLAVOR_NAME, explainer, path, conda_env, code_paths, options, **own)


save_model = save_explainer


@known_options(LogOptions)
def log_explainer(
    explainer: Any,
    artifact_path: str | None = None,
    serialize_model_using_mlflow: bool = True,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    **options: Unpack[LogOptions],
) -> ModelInfo:
    """Log an explainer as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_explainer`.
    """
    own = {
        "explainer": explainer,
        "serialize_model_using_mlflow": serialize_model_using_mlflow,
    }
    return log(sys.modules[__name__], artifact_path, conda_env, code_paths, options, **own)


def load_explainer(model_uri: str | os.PathLike[str]) -> Any:
    """The explainer at a URI or path, with the model that it explains."""
    return load(FLAVOR_NAME, model_uri)


def get_default_pip_requirements() -> list[str]:
    """What an explainer needs at least, at the versions installed here."""
    return pin_all([FLAVOR_NAME])


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env([FLAVOR_NAME])
