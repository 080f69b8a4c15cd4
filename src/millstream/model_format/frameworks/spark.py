"""Spark ML: a fitted pipeline as a model directory and back."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyspark
from pyspark import SparkContext
from pyspark.ml import Model, PipelineModel, Transformer
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.ml.linalg import Vector, VectorUDT
from pyspark.ml.util import JavaMLReader, MLReadable, MLWritable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format.directory import inside
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest
from millstream.model_format.value_types import SparkMLVector

_FOLDER = "sparkml"
_PIPELINE = "pyspark.ml.pipeline.PipelineModel"
_STAGING = ".millstreamStaging"
_ROW = "__millstream_row"
_ANSWERS = ("predictionCol", "outputCol")

# Spark's own classes, but not the one that runs a statement of SQL, which may call any Java method.
_PLAIN_STAGES = ("org.apache.spark.ml.", "pyspark.ml.")
_STATEMENT = "org.apache.spark.ml.feature.SQLTransformer"

# A session of one process whose ports only this machine reaches, and without its web page.
_LOCAL = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.executor.allowSparkContext": "true",  # a pipeline may be asked by a task of Spark
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.shuffle.partitions": "1",
    "spark.ui.enabled": "false",
}


def session() -> SparkSession:
    """The session of the program; without one, a local one is started."""
    if SparkContext._active_spark_context is not None:
        return SparkSession.builder.getOrCreate()
    started = SparkSession.builder.master("local[1]").config(map=_LOCAL).getOrCreate()
    started.sparkContext.pythonExec = sys.executable  # not the first `python3` of the PATH
    return started


def save(native: Any, directory: Path, *, dfs_tmpdir: str | None = None) -> Saved:
    """Write a fitted pipeline; a fitted stage becomes a pipeline of one."""
    fitted = isinstance(native, (Model, Transformer)) and isinstance(native, MLWritable)
    if not fitted or not isinstance(native, MLReadable):
        raise InvalidParameter(
            "a model of Spark ML is a fitted stage or pipeline that can be written and read "
            f"(MLWritable, MLReadable), not {type(native).__name__}; an estimator must be fitted"
        )
    pipeline = native if isinstance(native, PipelineModel) else PipelineModel([native])
    with _written(directory / _FOLDER, dfs_tmpdir) as uri:
        pipeline.write().save(uri)
    return Saved(
        flavor={
            "pyspark_version": pyspark.__version__,
            "model_data": _FOLDER,
            "model_class": _PIPELINE,
        },
        pyfunc={"data": _FOLDER},
        modules={"pyspark", "numpy", "pandas", "pyarrow"},
        predict=SparkPredictor(pipeline).predict,
    )


def load(
    directory: Path,
    flavor: Mapping[str, Any],
    allow_pickle: bool,
    dfs_tmpdir: str | None = None,
    **_options: Any,
) -> PipelineModel:
    """The pipeline; where pickles are forbidden, only one of Spark's own stages without SQL."""
    kind = flavor.get("model_class") or _PIPELINE
    if kind != _PIPELINE:
        raise NotSupported(
            f"the model in {directory} is of the class {kind!r}; supported is {_PIPELINE!r}"
        )
    folder = inside(directory, str(flavor.get("model_data") or flavor.get("data") or _FOLDER))
    if not folder.is_dir():
        raise InvalidParameter(f"the model in {directory} lacks its folder {folder.name!r}")
    if not allow_pickle:
        _check_stages(folder)
    uri = _readable(folder, dfs_tmpdir)
    if _classes(folder, "metadata/part-*")[0] == "org.apache.spark.ml.PipelineModel":
        return JavaMLReader(PipelineModel).load(uri)
    return PipelineModel.load(uri)  # with stages that are written in Python


def _classes(folder: Path, pattern: str) -> list[str]:
    """The classes of the stages whose descriptions match the pattern, at least one."""
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise InvalidParameter(f"{folder} holds no model of Spark ML: it has no {pattern!r}")
    try:
        return [str(json.loads(path.read_text())["class"]) for path in paths]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidParameter(
            f"{folder} holds no model of Spark ML: a stage does not say its class: {error}"
        ) from error


def _check_stages(folder: Path) -> None:
    for kind in _classes(folder, "**/metadata/part-*"):
        if not kind.startswith(_PLAIN_STAGES) or kind == _STATEMENT:
            raise NotSupported(
                f"Deserializing the model is disallowed: its stage of the class {kind!r} can run "
                "any code. Set MILLSTREAM_ALLOW_PICKLE (or MLFLOW_ALLOW_PICKLE_DESERIALIZATION) to "
                "'true' if you trust where it comes from",
                "INVALID_PARAMETER_VALUE",
            )


@contextmanager
def _written(folder: Path, dfs_tmpdir: str | None) -> Iterator[str]:
    """Where Spark is to write; what it wrote is in the folder afterwards."""
    if _shares_files(dfs_tmpdir):
        yield f"file://{folder.resolve()}"
        return
    files, staged = _staged(folder, dfs_tmpdir)
    yield staged.toString()
    files.copyToLocalFile(True, staged, _hadoop().Path(f"file://{folder.resolve()}"))


def _readable(folder: Path, dfs_tmpdir: str | None) -> str:
    """Where Spark can read the folder: some models fetch their tables only when asked."""
    if _shares_files(dfs_tmpdir):
        return f"file://{folder.resolve()}"
    files, staged = _staged(folder, dfs_tmpdir)
    files.copyFromLocalFile(_hadoop().Path(f"file://{folder.resolve()}"), staged)
    return str(staged.toString())


def _shares_files(dfs_tmpdir: str | None) -> bool:
    return dfs_tmpdir is None and session().sparkContext.master.startswith("local")


def _staged(folder: Path, dfs_tmpdir: str | None) -> tuple[Any, Any]:
    """A new path on the file system of the cluster, gone when the program ends."""
    configuration = session().sparkContext._jsc.hadoopConfiguration()
    hadoop = _hadoop()
    home = hadoop.Path(dfs_tmpdir) if dfs_tmpdir else None
    files = (home.getFileSystem if home else hadoop.FileSystem.get)(configuration)
    staging = home or hadoop.Path(files.getHomeDirectory(), _STAGING)
    path = hadoop.Path(staging, f"{folder.name}-{uuid.uuid4().hex}")
    files.mkdirs(staging)
    files.deleteOnExit(path)
    return files, files.makeQualified(path)


def _hadoop() -> Any:
    return session().sparkContext._jvm.org.apache.hadoop.fs


class SparkPredictor:
    """A pipeline behind the one interface of all models; `vectors` names columns of vectors."""

    def __init__(self, pipeline: PipelineModel, vectors: frozenset[str] = frozenset()) -> None:
        self._pipeline = pipeline
        self._vectors = vectors | _taken(pipeline)

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> list[Any]:  # noqa: ARG002 - `transform` takes none
        """The values of the column of predictions, one for each row and in their order.

        A row that the pipeline drops, such as one with invalid values, has the prediction None.
        """
        rows = self._frame(data)
        if rows.empty:
            return []
        answer = self._pipeline.transform(self._sent(rows))
        column = self._answer_column(answer)
        if _ROW not in answer.columns:
            return [row[0] for row in answer.select(column).collect()]
        found = {row[0]: row[1] for row in answer.select(_ROW, column).collect()}
        return [found.get(place) for place in range(len(rows))]

    def get_raw_model(self) -> PipelineModel:
        """The pipeline."""
        return self._pipeline

    def _frame(self, data: Any) -> pd.DataFrame:
        if isinstance(data, pd.DataFrame):
            return data
        if not isinstance(data, np.ndarray):
            return pd.DataFrame(data)
        if data.ndim != 2 or len(self._vectors) != 1:
            raise InvalidParameter(
                "an array is taken by pipelines of one column of vectors, as its rows; this one "
                f"takes {sorted(self._vectors)}, and the array has shape {data.shape}"
            )
        return pd.DataFrame({next(iter(self._vectors)): list(data)})

    def _sent(self, rows: pd.DataFrame) -> DataFrame:
        """The rows in Spark, numbered, since pipelines that join do not keep their order."""
        vectors = [str(name) for name in rows if name in self._vectors and _lists(rows[name])]
        plain = {
            str(name): rows[name].map(_numbers) if str(name) in vectors else _with_none(rows[name])
            for name in rows
        }
        frame = pd.DataFrame({**plain, _ROW: np.arange(len(rows))}, index=rows.index)
        sent = session().createDataFrame(frame)
        named = {name: array_to_vector(col(f"`{name}`")) for name in vectors}
        return sent.withColumns(named) if named else sent

    def _answer_column(self, answer: DataFrame) -> Any:
        """The column `prediction`, or what the last stage puts in the place of it."""
        last = _stages(self._pipeline)[-1:]
        for name in ("prediction", *(_named(stage, _ANSWERS) for stage in last)):
            if name in answer.columns:
                vector = isinstance(answer.schema[name].dataType, VectorUDT)
                return vector_to_array(col(f"`{name}`")) if vector else col(f"`{name}`")
        raise InvalidParameter(
            "the pipeline has no column of predictions: there is no 'prediction' among "
            f"{[name for name in answer.columns if name != _ROW]}"
        )


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> SparkPredictor:
    """The pipeline of a directory, ready to predict."""
    flavor = model.flavors.get("spark") or model.flavor("python_function")
    columns = model.get_input_schema() or ()
    named = {one.name for one in columns if isinstance(one.type, SparkMLVector) and one.name}
    return SparkPredictor(load(directory, flavor, allow_pickle), frozenset(named))


def _stages(pipeline: Any) -> list[Any]:
    """The stages, those of pipelines inside in their place."""
    inner = getattr(pipeline, "bestModel", None)
    if inner is not None:
        return _stages(inner)
    if not isinstance(pipeline, PipelineModel):
        return [pipeline]
    return [stage for one in pipeline.stages for stage in _stages(one)]


def _taken(pipeline: PipelineModel) -> frozenset[str]:
    """The columns that stages take; lists of numbers in them are vectors."""
    names = [
        _named(stage, ("featuresCol",)) or _named(stage, ("inputCol",))
        for stage in _stages(pipeline)
    ]
    made = [_named(stage, _ANSWERS) for stage in _stages(pipeline)]
    return frozenset(name for name in names if name and name not in made)


def _named(stage: Any, params: tuple[str, ...]) -> str | None:
    """The column that the first of these params of a stage names."""
    for name in params:
        if stage.hasParam(name) and stage.isDefined(name):
            return str(stage.getOrDefault(name))
    return None


def _lists(values: Any) -> bool:
    """Whether these are lists, arrays or vectors of numbers; texts in lists are not."""
    first = next((value for value in values if value is not None), None)
    if not isinstance(first, (list, tuple, np.ndarray, Vector)):
        return False
    return isinstance(first, Vector) or np.asarray(first).dtype.kind in "iufb"


def _numbers(value: Any) -> list[float]:
    plain = value.toArray() if isinstance(value, Vector) else value
    return [float(one) for one in plain]


def _with_none(values: Any) -> Any:
    """A column whose missing texts are None: Spark takes NaN for a number among them."""
    if values.dtype.kind in "biufmM":
        return values
    if str(values.dtype) == "category":
        values = values.astype(values.cat.categories.dtype)
    return values.astype(object).where(values.notna(), None)
