"""Spark: the folder of a pipeline where Spark can write and read it, and whose stages are in it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format.frameworks.spark_session import session

_STAGING = ".millstreamStaging"
# Spark's own classes, but not the one that runs a statement of SQL, which may call any Java method.
_PLAIN_STAGES = ("org.apache.spark.ml.", "pyspark.ml.")
_STATEMENT = "org.apache.spark.ml.feature.SQLTransformer"


def stage_classes(folder: Path, pattern: str) -> list[str]:
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


def check_stages(folder: Path) -> None:
    """Refuse a pipeline with a stage that may run code of its own."""
    for kind in stage_classes(folder, "**/metadata/part-*"):
        if not kind.startswith(_PLAIN_STAGES) or kind == _STATEMENT:
            raise NotSupported(
                f"Deserializing the model is disallowed: its stage of the class {kind!r} can run "
                "any code. Set MILLSTREAM_ALLOW_PICKLE (or MLFLOW_ALLOW_PICKLE_DESERIALIZATION) to "
                "'true' if you trust where it comes from",
                "INVALID_PARAMETER_VALUE",
            )


@contextmanager
def written(folder: Path, dfs_tmpdir: str | None) -> Iterator[str]:
    """Where Spark is to write; what it wrote is in the folder afterwards."""
    if _shares_files(dfs_tmpdir):
        yield f"file://{folder.resolve()}"
        return
    files, staged = _staged(folder, dfs_tmpdir)
    yield staged.toString()
    files.copyToLocalFile(True, staged, _hadoop().Path(f"file://{folder.resolve()}"))


def readable(folder: Path, dfs_tmpdir: str | None) -> str:
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
