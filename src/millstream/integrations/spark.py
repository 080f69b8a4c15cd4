"""Models of Spark ML in runs and on disk (`millstream.spark`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from millstream.errors import NotSupported
from millstream.integrations.flavor import LogOptions, SaveOptions, load, log, save
from millstream.integrations.models import ModelInfo
from millstream.integrations.option_names import known_options
from millstream.model_format.environment import default_conda_env, pin_all
from millstream.model_format.manifest import Manifest
from millstream.model_format.signature import ModelSignature

FLAVOR_NAME = "spark"


@known_options()
def save_model(
    spark_model: Any,
    path: str | os.PathLike[str],
    mlflow_model: Manifest | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    dfs_tmpdir: str | None = None,
    signature: ModelSignature | None = None,
    input_example: Any = None,
    pip_requirements: Sequence[str] | str | None = None,
    extra_pip_requirements: Sequence[str] | str | None = None,
    metadata: dict[str, Any] | None = None,
    extra_files: Sequence[str] | None = None,
) -> None:
    """Write a fitted pipeline, or a fitted stage of one, as a directory.

    `dfs_tmpdir` is a folder on the file system that all machines of the cluster share, to write to
    on the way here. Without it, a local session writes here at once, and a cluster below the
    user's home on its default file system.
    """
    options = SaveOptions(
        mlflow_model=mlflow_model,
        signature=signature,
        input_example=input_example,
        pip_requirements=pip_requirements,
        extra_pip_requirements=extra_pip_requirements,
        metadata=metadata,
        extra_files=extra_files,
    )
    save(FLAVOR_NAME, spark_model, path, conda_env, code_paths, options, dfs_tmpdir=dfs_tmpdir)


@known_options(LogOptions)
def log_model(
    spark_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    dfs_tmpdir: str | None = None,
    **options: Unpack[LogOptions],
) -> ModelInfo:
    """Log a fitted pipeline as a logged model, an output of the active run if there is one.

    `artifact_path` is an older name of `name`. The other options are those of `save_model`.
    """
    own = {"spark_model": spark_model, "dfs_tmpdir": dfs_tmpdir}
    this = sys.modules[__name__]
    return log(this, artifact_path, conda_env, code_paths, options, **own)


def load_model(
    model_uri: str | os.PathLike[str], dfs_tmpdir: str | None = None, dst_path: str | None = None
) -> Any:
    """The PipelineModel at a URI or path, in the session of the program or a new local one.

    `dfs_tmpdir` is where machines of a cluster read it from, as in `save_model`.
    """
    return load(FLAVOR_NAME, model_uri, dst_path, dfs_tmpdir=dfs_tmpdir)


def get_default_pip_requirements(is_spark_connect_model: bool = False) -> list[str]:
    """What a model of Spark ML needs at least, at the versions installed here."""
    _refuse_connect(is_spark_connect_model)
    return pin_all(["pyspark"])


def get_default_conda_env(is_spark_connect_model: bool = False) -> dict[str, Any]:
    """The same as a conda environment."""
    _refuse_connect(is_spark_connect_model)
    return default_conda_env(["pyspark"])


def _refuse_connect(is_spark_connect_model: bool) -> None:
    if is_spark_connect_model:
        raise NotSupported(
            "models of pyspark.ml.connect are not supported, those of pyspark.ml are"
        )
