"""Models over data that is too big for one process: by Spark, and by Ray (`millstream.pyfunc`)."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from millstream.errors import NotSupported


def spark_udf(
    spark: Any,
    model_uri: str | os.PathLike[str],
    result_type: Any = None,
    env_manager: str | None = None,
    params: Mapping[str, Any] | None = None,
    extra_env: Mapping[str, str] | None = None,
    prebuilt_env_uri: str | None = None,
    model_config: Mapping[str, Any] | None = None,
) -> Callable[..., Any]:
    """A function of Spark that predicts with the model, which each worker loads once.

    It is given columns by name or as one struct, or, with names in the signature, none at all.
    `result_type` is a type of Spark or its name; without it, it is that of the signature's
    outputs, else double. `extra_env` are variables for the workers. The model runs in the
    environment of the workers (`env_manager="local"`, the default); or, with "uv", "virtualenv" or
    "conda", in one made from its requirements, where each worker has a process of its own, and
    with "auto" in one where the present one does not meet them. `params` that the signature does
    not allow raise `InvalidParameter`.
    """
    make: Callable[..., Callable[..., Any]] = _engine("spark_udf", "pyspark").spark_udf
    return make(
        spark,
        model_uri,
        result_type=result_type,
        env_manager=env_manager,
        params=params,
        extra_env=extra_env,
        prebuilt_env_uri=prebuilt_env_uri,
        model_config=model_config,
    )


def ray_map(
    dataset: Any,
    model_uri: str | os.PathLike[str],
    *,
    params: Mapping[str, Any] | None = None,
    batch_size: int = 1024,
    concurrency: int | tuple[int, int] = 1,
    num_cpus: float | None = None,
    num_gpus: float | None = None,
    model_config: Mapping[str, Any] | None = None,
    output_column: str = "prediction",
    keep_columns: bool | Sequence[str] = True,
) -> Any:
    """A dataset of Ray with the model's predictions beside its columns.

    The predictions are made by `concurrency` actors (or between two numbers of them), each of
    which loads the model once and is given `batch_size` rows at a time. They are in
    `output_column`, or, where the model gives several columns, in `<output_column>_<name>` each.
    `keep_columns` are the columns of the dataset to keep: all, none, or those named.
    """
    return _engine("ray_map", "ray[data]").ray_map(
        dataset,
        model_uri,
        params=params,
        batch_size=batch_size,
        concurrency=concurrency,
        num_cpus=num_cpus,
        num_gpus=num_gpus,
        model_config=model_config,
        output_column=output_column,
        keep_columns=keep_columns,
    )


def _engine(name: str, install: str) -> ModuleType:
    try:
        return importlib.import_module(f"millstream.integrations.{name}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("millstream"):
            raise
        raise NotSupported(
            f"this needs {install}, and the module {error.name!r} cannot be imported: "
            f"run `pip install {install!r}`"
        ) from error
