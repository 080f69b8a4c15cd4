"""Spark ML: a fitted pipeline as a model directory and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyspark
from pyspark.ml import Model, PipelineModel, Transformer
from pyspark.ml.util import JavaMLReader, MLReadable, MLWritable

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format.directory import inside
from millstream.model_format.frameworks.spark_files import (
    check_stages,
    readable,
    stage_classes,
    written,
)
from millstream.model_format.frameworks.spark_predictor import SparkPredictor
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest
from millstream.model_format.value_types import SparkMLVector

_FOLDER = "sparkml"
_PIPELINE = "pyspark.ml.pipeline.PipelineModel"


def save(native: Any, directory: Path, *, dfs_tmpdir: str | None = None) -> Saved:
    """Write a fitted pipeline; a fitted stage becomes a pipeline of one."""
    fitted = isinstance(native, (Model, Transformer)) and isinstance(native, MLWritable)
    if not fitted or not isinstance(native, MLReadable):
        raise InvalidParameter(
            "a model of Spark ML is a fitted stage or pipeline that can be written and read "
            f"(MLWritable, MLReadable), not {type(native).__name__}; an estimator must be fitted"
        )
    pipeline = native if isinstance(native, PipelineModel) else PipelineModel([native])
    with written(directory / _FOLDER, dfs_tmpdir) as uri:
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
        check_stages(folder)
    uri = readable(folder, dfs_tmpdir)
    if stage_classes(folder, "metadata/part-*")[0] == "org.apache.spark.ml.PipelineModel":
        return JavaMLReader(PipelineModel).load(uri)
    return PipelineModel.load(uri)  # with stages that are written in Python


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> SparkPredictor:
    """The pipeline of a directory, ready to predict."""
    flavor = model.flavors.get("spark") or model.flavor("python_function")
    columns = model.get_input_schema() or ()
    named = {one.name for one in columns if isinstance(one.type, SparkMLVector) and one.name}
    return SparkPredictor(load(directory, flavor, allow_pickle), frozenset(named))
