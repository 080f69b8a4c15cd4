"""spaCy pipelines in runs and on disk (`millstream.spacy`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.environment import default_conda_env, pin_all

FLAVOR_NAME = "spacy"


@known_options(SaveOptions)
def save_model(
    spacy_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    **options: Unpack[SaveOptions],
) -> None:
    """Write a pipeline as a directory; it predicts behind `pyfunc` if it categorises texts."""
    save(FLAVOR_NAME, spacy_model, path, conda_env, code_paths, options)


@known_options(LogOptions)
def log_model(
    spacy_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    **options: Unpack[LogOptions],
) -> ModelInfo:
    """Log the pipeline as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    this = sys.modules[__name__]
    return log(this, artifact_path, conda_env, code_paths, options, spacy_model=spacy_model)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | None = None) -> Any:
    """The pipeline at a URI or path."""
    return load(FLAVOR_NAME, model_uri, dst_path)


def get_default_pip_requirements() -> list[str]:
    """What a pipeline of spaCy needs at least, at the versions installed here."""
    return pin_all([FLAVOR_NAME])


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env([FLAVOR_NAME])
