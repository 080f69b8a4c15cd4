"""Models as functions of Spark: one pandas UDF, whose workers load the model once each."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Union

import msgspec
import pandas as pd
import pyspark
from pyspark.sql.functions import col, pandas_udf
from pyspark.sql.types import DataType as SparkType
from pyspark.sql.types import StructType

from millstream.environments.specification import EnvManager
from millstream.errors import InvalidParameter, NotSupported
from millstream.integrations.batch_frames import model_input
from millstream.integrations.scoring_process import Elsewhere, elsewhere, predict_elsewhere
from millstream.integrations.spark_inputs import batch_of
from millstream.integrations.spark_results import answers, empty_answers, result_type_of
from millstream.integrations.worker_model import WorkerModel, packed, worker_model
from millstream.model_format.schema import Schema


class Shipped(msgspec.Struct, frozen=True):
    """Where workers find the model: a folder, or an archive that Spark sends to them."""

    name: str
    is_archive: bool

    def directory(self) -> Path:
        """The folder, on the machine of the worker."""
        return Path(pyspark.SparkFiles.get(self.name) if self.is_archive else self.name)


def spark_udf(
    spark: Any,
    model_uri: str | os.PathLike[str],
    result_type: SparkType | str | None = None,
    env_manager: str | None = None,
    params: Mapping[str, Any] | None = None,
    extra_env: Mapping[str, str] | None = None,
    prebuilt_env_uri: str | None = None,
    model_config: Mapping[str, Any] | None = None,
) -> Callable[..., Any]:
    """The function described in `millstream.integrations.batches`."""
    manager = _manager(env_manager, prebuilt_env_uri)
    directory, manifest, model = worker_model(model_uri, params, model_config, extra_env)
    inputs = manifest.get_input_schema()
    wanted = result_type_of(result_type, manifest.get_output_schema())
    place = _ship(spark, directory, model)
    other = None
    if manager is not EnvManager.LOCAL:
        other = elsewhere(directory, manager, shares_files=not place.is_archive)
    predict = _function(model, place, inputs, wanted, other)

    @functools.wraps(predict)
    def udf(*columns: Any) -> Any:
        return predict(*(columns or _columns_of(inputs)))

    udf.metadata = manifest  # type: ignore[attr-defined]  # as MLflow's has it
    return udf


def _function(
    model: WorkerModel,
    place: Shipped,
    inputs: Schema | None,
    wanted: SparkType,
    other: Elsewhere | None,
) -> Callable[..., Any]:
    """The UDF: each worker is given batches, a tuple of columns each, and gives their answers."""
    kind = pd.DataFrame if isinstance(wanted, StructType) else pd.Series

    def predict(batches: Iterator[Any]) -> Iterator[Any]:
        for given in batches:
            columns = given if isinstance(given, tuple) else (given,)  # Spark unpacks a single one
            rows = len(columns[0])
            if rows == 0:
                yield empty_answers(wanted)
                continue
            frame = batch_of(columns, inputs)
            if other is None:
                found = model.predict(place.directory(), model_input(frame, inputs))
            else:
                found = predict_elsewhere(other, place.directory(), model, frame)
            yield answers(found, wanted, rows)

    predict.__annotations__ = {
        "batches": Iterator[tuple[Union[pd.Series, pd.DataFrame], ...]],  # noqa: UP007 - for Spark
        "return": Iterator[kind],  # type: ignore[valid-type]  # Spark reads it at run time
    }
    return pandas_udf(predict, returnType=wanted)  # type: ignore[no-any-return]  # untyped


def _columns_of(inputs: Schema | None) -> list[Any]:
    if inputs is None or not inputs.has_input_names():
        raise InvalidParameter(
            "the function was called without columns, and the model has no signature that names "
            "them: call it with the columns, as in `predict('a', 'b')`"
        )
    return [col(f"`{name}`") for name in inputs.input_names()]


def _ship(spark: Any, directory: Path, model: WorkerModel) -> Shipped:
    """Send the model to the machines of the cluster, unless they are this one."""
    context = getattr(spark, "sparkContext", None)
    if context is None:
        raise InvalidParameter(f"`spark` must be a SparkSession, not {spark!r}")
    if _shares_files(context):
        return Shipped(str(directory.resolve()), is_archive=False)
    name = f"millstream-{model.content[:32]}"
    folder = Path(tempfile.mkdtemp(prefix="millstream-spark-"))
    archive = folder / f"{name}.zip"
    archive.write_bytes(packed(directory))
    context.addArchive(f"{archive.as_uri()}#{name}")
    return Shipped(name, is_archive=True)


def _shares_files(context: Any) -> bool:
    return bool(context.master.startswith("local"))


def _manager(env_manager: str | None, prebuilt_env_uri: str | None) -> EnvManager:
    if prebuilt_env_uri is not None:
        raise NotSupported(
            f"prebuilt_env_uri={prebuilt_env_uri!r} is not supported: it is a feature of Databricks"
        )
    try:
        return EnvManager(env_manager or EnvManager.LOCAL)
    except ValueError as error:
        raise InvalidParameter(
            f"env_manager must be one of {[str(one) for one in EnvManager]}, not {env_manager!r}"
        ) from error
