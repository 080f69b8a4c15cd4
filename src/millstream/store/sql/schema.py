"""The tables, as SQLAlchemy describes them: read by migrations and by the generator of `ddl/`.

The running store does not import this file (SQLAlchemy takes longer to load than a training
script may); a new database is made by the statements that the generator wrote.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.mysql import MEDIUMTEXT

COLLATION = "utf8mb4_bin"

metadata = MetaData()

_number = BigInteger().with_variant(Integer(), "sqlite")
_text = Text().with_variant(MEDIUMTEXT(), "mysql").with_variant(Text(collation="C"), "postgresql")
_mysql: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": COLLATION,
}


def _short(length: int) -> String:
    """Text that is compared and sorted by its characters' numbers, in every database."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def _key(name: str) -> Column[int]:
    return Column(name, _number, Identity(), primary_key=True)


def _reference(name: str) -> Column[int]:
    return Column(name, _number, ForeignKey(f"{_HOMES[name]}.{name}"), nullable=False)


def _required(name: str, kind: object) -> Column[object]:
    return Column(name, kind, nullable=False)  # type: ignore[arg-type]  # any SQL type


# Names in `keys` are never removed, so their numbers need no foreign key.
_HOMES = {
    "experiment_key": "experiments",
    "run_key": "runs",
    "dataset_key": "datasets",
    "model_key": "logged_models",
}

experiments = Table(
    "experiments",
    metadata,
    _key("experiment_key"),
    _required("name", _short(500)),
    Column("artifact_location", _text),
    _required("lifecycle_stage", _short(10)),
    Column("creation_time", _number),
    Column("last_update_time", _number),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
    **_mysql,
)

experiment_tags = Table(
    "experiment_tags",
    metadata,
    _reference("experiment_key"),
    _required("key", _short(250)),
    _required("value", _text),
    PrimaryKeyConstraint("experiment_key", "key"),
    sqlite_with_rowid=False,
    **_mysql,
)

keys = Table(
    "keys",
    metadata,
    _key("key_id"),
    _required("name", _short(250)),
    UniqueConstraint("name"),
    **_mysql,
)

runs = Table(
    "runs",
    metadata,
    _key("run_key"),
    _required("run_id", _short(256)),
    _reference("experiment_key"),
    _required("name", _text),
    _required("user_id", _text),
    _required("status", _short(10)),
    Column("start_time", _number),
    Column("end_time", _number),
    _required("lifecycle_stage", _short(10)),
    Column("deleted_time", _number),
    _required("artifact_uri", _text),
    UniqueConstraint("run_id"),
    **_mysql,
)
_newest_first = (runs.c.lifecycle_stage, runs.c.start_time.desc(), runs.c.run_id)
Index("runs_of_experiment", runs.c.experiment_key, *_newest_first)
Index("runs_by_start", *_newest_first)

params = Table(
    "params",
    metadata,
    _reference("run_key"),
    _required("key_id", _number),
    _required("experiment_key", _number),
    _required("value", _text),
    _required("head", _short(64)),
    Column("number", Double),
    PrimaryKeyConstraint("run_key", "key_id"),
    Index("params_by_head", "experiment_key", "key_id", "head"),
    Index("params_by_number", "experiment_key", "key_id", "number"),
    sqlite_with_rowid=False,
    **_mysql,
)

tags = Table(
    "tags",
    metadata,
    _reference("run_key"),
    _required("key_id", _number),
    _required("experiment_key", _number),
    _required("value", _text),
    _required("head", _short(64)),
    PrimaryKeyConstraint("run_key", "key_id"),
    Index("tags_by_head", "experiment_key", "key_id", "head"),
    sqlite_with_rowid=False,
    **_mysql,
)

metrics = Table(
    "metrics",
    metadata,
    _required("run_key", _number),
    _required("key_id", _number),
    _required("step", _number),
    _required("timestamp", _number),
    _required("value", Double),
    _required("special", SmallInteger),
    PrimaryKeyConstraint("run_key", "key_id", "step", "timestamp", "value", "special"),
    sqlite_with_rowid=False,
    **_mysql,
)

latest_metrics = Table(
    "latest_metrics",
    metadata,
    _reference("run_key"),
    _required("key_id", _number),
    _required("experiment_key", _number),
    _required("step", _number),
    _required("timestamp", _number),
    _required("value", Double),
    _required("special", SmallInteger),
    Column("min_value", Double),
    Column("min_step", _number),
    Column("max_value", Double),
    Column("max_step", _number),
    _required("in_order", SmallInteger),
    PrimaryKeyConstraint("run_key", "key_id"),
    Index("latest_by_value", "experiment_key", "key_id", "value", "special", "run_key"),
    sqlite_with_rowid=False,
    **_mysql,
)

datasets = Table(
    "datasets",
    metadata,
    _key("dataset_key"),
    _reference("experiment_key"),
    _required("name", _short(500)),
    _required("digest", _short(36)),
    _required("source_type", _text),
    _required("source", _text),
    Column("schema", _text),
    Column("profile", _text),
    UniqueConstraint("experiment_key", "name", "digest"),
    **_mysql,
)

dataset_inputs = Table(
    "dataset_inputs",
    metadata,
    _reference("run_key"),
    _reference("dataset_key"),
    PrimaryKeyConstraint("run_key", "dataset_key"),
    Index("inputs_of_dataset", "dataset_key"),
    sqlite_with_rowid=False,
    **_mysql,
)

dataset_input_tags = Table(
    "dataset_input_tags",
    metadata,
    _reference("run_key"),
    _required("dataset_key", _number),
    _required("key", _short(255)),
    _required("value", _short(500)),
    PrimaryKeyConstraint("run_key", "dataset_key", "key"),
    sqlite_with_rowid=False,
    **_mysql,
)

model_links = Table(
    "model_links",
    metadata,
    _reference("run_key"),
    _required("model_id", _short(64)),
    _required("direction", _short(6)),
    _required("step", _number),
    PrimaryKeyConstraint("run_key", "model_id", "direction"),
    sqlite_with_rowid=False,
    **_mysql,
)

logged_models = Table(
    "logged_models",
    metadata,
    _key("model_key"),
    _required("model_id", _short(64)),
    _reference("experiment_key"),
    _required("name", _short(500)),
    _required("artifact_location", _text),
    _required("creation_timestamp_ms", _number),
    _required("last_updated_timestamp_ms", _number),
    _required("status", _short(32)),
    _required("lifecycle_stage", _short(10)),
    Column("model_type", _text),
    Column("source_run_id", _short(256)),
    Column("status_message", _text),
    UniqueConstraint("model_id"),
    Index("models_of_experiment", "experiment_key", "lifecycle_stage", "creation_timestamp_ms"),
    **_mysql,
)

logged_model_params = Table(
    "logged_model_params",
    metadata,
    _reference("model_key"),
    _required("key", _short(250)),
    _required("value", _text),
    Column("number", Double),
    PrimaryKeyConstraint("model_key", "key"),
    sqlite_with_rowid=False,
    **_mysql,
)

logged_model_tags = Table(
    "logged_model_tags",
    metadata,
    _reference("model_key"),
    _required("key", _short(250)),
    _required("value", _text),
    PrimaryKeyConstraint("model_key", "key"),
    sqlite_with_rowid=False,
    **_mysql,
)

logged_model_metrics = Table(
    "logged_model_metrics",
    metadata,
    _reference("model_key"),
    _reference("run_key"),
    _required("key", _short(250)),
    _required("step", _number),
    _required("timestamp", _number),
    _required("value", Double),
    _required("special", SmallInteger),
    _required("dataset_name", _short(500)),
    _required("dataset_digest", _short(36)),
    PrimaryKeyConstraint(
        "model_key", "run_key", "key", "dataset_digest", "step", "timestamp", "value", "special"
    ),
    Index("model_metrics_of_run", "run_key"),
    sqlite_with_rowid=False,
    **_mysql,
)

millstream_schema = Table("millstream_schema", metadata, _required("version", Integer), **_mysql)
