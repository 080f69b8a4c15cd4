"""Spark: the session of the program, or a local one."""

from __future__ import annotations

import sys

from pyspark import SparkContext
from pyspark.sql import SparkSession

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
