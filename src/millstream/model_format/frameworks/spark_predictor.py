"""A pipeline of Spark behind the one interface of all models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pyspark.ml import PipelineModel
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.ml.linalg import Vector, VectorUDT
from pyspark.sql import DataFrame
from pyspark.sql.functions import col

from millstream.errors import InvalidParameter
from millstream.model_format.frameworks.spark_session import session
from millstream.model_format.frameworks.spark_stages import ANSWERS, column_named, stages, taken

_ROW = "__millstream_row"


class SparkPredictor:
    """A pipeline behind the one interface of all models; `vectors` names columns of vectors."""

    def __init__(self, pipeline: PipelineModel, vectors: frozenset[str] = frozenset()) -> None:
        self._pipeline = pipeline
        self._vectors = vectors | taken(pipeline)

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
        last = stages(self._pipeline)[-1:]
        for name in ("prediction", *(column_named(stage, ANSWERS) for stage in last)):
            if name in answer.columns:
                vector = isinstance(answer.schema[name].dataType, VectorUDT)
                return vector_to_array(col(f"`{name}`")) if vector else col(f"`{name}`")
        raise InvalidParameter(
            "the pipeline has no column of predictions: there is no 'prediction' among "
            f"{[name for name in answer.columns if name != _ROW]}"
        )


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
