"""Frames of Spark as datasets."""

from __future__ import annotations

import json
from typing import Any

from millstream.client.data.dataset import FrameDataset, check_columns, digest_of
from millstream.client.data.sources import DELTA, SPARK, DatasetSource
from millstream.errors import InvalidParameter

_COUNT_MILLISECONDS = 5_000
_TYPES = {
    "boolean": "boolean",
    **dict.fromkeys(("byte", "short", "integer"), "integer"),
    "long": "long",
    "float": "float",
    "double": "double",
    "string": "string",
    "binary": "binary",
    **dict.fromkeys(("date", "timestamp", "timestamp_ntz"), "datetime"),
}
"""Spark's names of types in the JSON of a schema, and MLflow's."""


class SparkDataset(FrameDataset):
    """A DataFrame of Spark; `targets` and `predictions` name columns of it.

    Rows are counted for at most 5 seconds, after which the number is an estimate. The digest is
    over the plan that makes the rows, and not over the rows.
    """

    def __init__(
        self,
        df: Any,
        source: Any | None = None,
        targets: str | None = None,
        name: str | None = None,
        digest: str | None = None,
        predictions: str | None = None,
    ) -> None:
        check_columns("Spark dataset", df.columns, targets=targets, predictions=predictions)
        fields = df.schema.jsonValue()["fields"]
        columns = [
            {**_type(field["type"]), "name": field["name"], "required": not field["nullable"]}
            for field in fields
        ]
        super().__init__(
            df,
            name,
            source,
            digest or digest_of(json.dumps(fields), df.semanticHash()),
            columns,
            _profile(df),
            targets=targets,
            predictions=predictions,
        )


def from_spark(
    df: Any,
    path: str | None = None,
    table_name: str | None = None,
    version: str | None = None,
    sql: str | None = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> SparkDataset:
    """Describe a DataFrame of Spark as a dataset.

    It comes from a path, a table or a statement of SQL, of which at most one is named, or else from
    the script. `version` makes a path or a table one of Delta, at that version. What is no frame of
    Spark raises `InvalidParameter`.
    """
    if all(kind.__module__.partition(".")[0] != "pyspark" for kind in type(df).__mro__):
        raise InvalidParameter(f"'df' must be a DataFrame of Spark, but it is a {type(df)}.")
    places = {"path": path, "table_name": table_name, "sql": sql}
    given = {key: value for key, value in places.items() if value is not None}
    if len(given) > 1:
        raise InvalidParameter(
            f"Must specify at most one of `path`, `table_name`, or `sql`, not {', '.join(given)}."
        )
    source = DatasetSource(SPARK, given) if given else None
    if version is not None and given.keys() & {"path", "table_name"}:
        source = _delta(path, table_name, version)
    return SparkDataset(df, source, targets, name, digest, predictions)


def load_delta(
    path: str | None = None,
    table_name: str | None = None,
    version: str | None = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
) -> SparkDataset:
    """Read a Delta table, by its path or its name, perhaps at a version; the session can do so."""
    source = _delta(path, table_name, version)
    return SparkDataset(source.load(), source, targets, name, digest)


def _delta(path: str | None, table_name: str | None, version: str | None) -> DatasetSource:
    if (path is None) == (table_name is None):
        raise InvalidParameter("Must specify exactly one of `table_name` or `path`.")
    number = None if version is None else _number(version)
    values = {"path": path, "delta_table_name": table_name, "delta_table_version": number}
    return DatasetSource(DELTA, {k: value for k, value in values.items() if value is not None})


def _number(version: str) -> int:
    if not str(version).isdecimal():
        raise InvalidParameter(f"A version of a Delta table is a number, not {version!r}.")
    return int(version)


def _profile(df: Any) -> dict[str, Any]:
    """How many rows there are, about; nothing over Spark Connect, which could only count all.

    None is what Spark says, too, when no part of them was counted in time: then nothing is told.
    """
    if type(df).__module__.startswith("pyspark.sql.connect"):
        return {}
    count = df.rdd.countApprox(timeout=_COUNT_MILLISECONDS, confidence=0.9)
    return {"approx_count": int(count)} if count else {}


def _type(kind: Any) -> dict[str, Any]:
    """What MLflow calls a type in the JSON of a schema of Spark; `any` where it has no name."""
    if isinstance(kind, str):
        return {"type": "double" if kind.startswith("decimal") else _TYPES.get(kind, "any")}
    match kind["type"]:
        case "array":
            return {"type": "array", "items": _type(kind["elementType"])}
        case "map":
            return {"type": "map", "values": _type(kind["valueType"])}
        case "struct":
            inner = {
                field["name"]: {**_type(field["type"]), "required": not field["nullable"]}
                for field in kind["fields"]
            }
            return {"type": "object", "properties": inner}
    return {"type": "any"}
