"""ONNX models in runs and on disk (`millstream.onnx`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.environment import default_conda_env, pin_all

FLAVOR_NAME = "onnx"


@known_options(SaveOptions)
def save_model(
    onnx_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    onnx_execution_providers: Sequence[Any] | None = None,
    onnx_session_options: Mapping[str, Any] | None = None,
    save_as_external_data: bool = True,
    **options: Unpack[SaveOptions],
) -> None:
    """Write a model in the ONNX format as a directory.

    `onnx_execution_providers` and `onnx_session_options` are what ONNX Runtime predicts with. With
    `save_as_external_data` large weights are in a file of their own, as they must be above 2 GB.
    """
    own = {
        "onnx_execution_providers": onnx_execution_providers,
        "onnx_session_options": onnx_session_options,
        "save_as_external_data": save_as_external_data,
    }
    save(FLAVOR_NAME, onnx_model, path, conda_env, code_paths, options, **own)


@known_options(LogOptions)
def log_model(
    onnx_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    *,
    onnx_execution_providers: Sequence[Any] | None = None,
    onnx_session_options: Mapping[str, Any] | None = None,
    save_as_external_data: bool = True,
    **options: Unpack[LogOptions],
) -> ModelInfo:
    """Log the model as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {
        "onnx_model": onnx_model,
        "onnx_execution_providers": onnx_execution_providers,
        "onnx_session_options": onnx_session_options,
        "save_as_external_data": save_as_external_data,
    }
    return log(sys.modules[__name__], artifact_path, conda_env, code_paths, options, **own)


def load_model(model_uri: str | os.PathLike[str], dst_path: str | None = None) -> Any:
    """The model at a URI or path, as an `onnx.ModelProto`."""
    return load(FLAVOR_NAME, model_uri, dst_path)


def get_default_pip_requirements() -> list[str]:
    """What a model of ONNX needs at least, at the versions installed here."""
    return pin_all([FLAVOR_NAME, "onnxruntime"])


def get_default_conda_env() -> dict[str, Any]:
    """The same as a conda environment."""
    return default_conda_env([FLAVOR_NAME, "onnxruntime"])
