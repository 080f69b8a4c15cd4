"""Spark: the stages of a pipeline, and the columns that they take and make."""

from __future__ import annotations

from typing import Any

from pyspark.ml import PipelineModel

ANSWERS = ("predictionCol", "outputCol")


def stages(pipeline: Any) -> list[Any]:
    """The stages, those of pipelines inside in their place."""
    inner = getattr(pipeline, "bestModel", None)
    if inner is not None:
        return stages(inner)
    if not isinstance(pipeline, PipelineModel):
        return [pipeline]
    return [stage for one in pipeline.stages for stage in stages(one)]


def taken(pipeline: PipelineModel) -> frozenset[str]:
    """The columns that stages take; lists of numbers in them are vectors."""
    names = [
        column_named(stage, ("featuresCol",)) or column_named(stage, ("inputCol",))
        for stage in stages(pipeline)
    ]
    made = [column_named(stage, ANSWERS) for stage in stages(pipeline)]
    return frozenset(name for name in names if name and name not in made)


def column_named(stage: Any, params: tuple[str, ...]) -> str | None:
    """The column that the first of these params of a stage names."""
    for name in params:
        if stage.hasParam(name) and stage.isDefined(name):
            return str(stage.getOrDefault(name))
    return None
