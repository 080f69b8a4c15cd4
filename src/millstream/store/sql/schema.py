"""The tables, as SQLAlchemy describes them: read by migrations and by the generator of `ddl/`.

The running store does not import this file (SQLAlchemy takes longer to load than a training
script may); a new database is made by the statements that the generator wrote. The tables of the
model registry are in `registry_schema`, those of access in `access_schema`.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Double,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    UniqueConstraint,
)

from millstream.store.sql.access_schema import metadata as metadata  # with all tables but these
from millstream.store.sql.columns import (
    MYSQL,
    corner,
    key,
    number,
    reference,
    required,
    short_text,
    text,
    workspace,
)

experiments = Table(
    "experiments",
    metadata,
    key("experiment_key"),
    required("name", short_text(500)),
    Column("artifact_location", text),
    required("lifecycle_stage", short_text(10)),
    Column("creation_time", number),
    Column("last_update_time", number),
    workspace(),
    UniqueConstraint("workspace", "name"),
    sqlite_autoincrement=True,
    **MYSQL,
)

experiment_tags = Table(
    "experiment_tags",
    metadata,
    reference("experiment_key"),
    required("key", short_text(250)),
    required("value", text),
    PrimaryKeyConstraint("experiment_key", "key"),
    sqlite_with_rowid=False,
    **MYSQL,
)

keys = Table(
    "keys",
    metadata,
    key("key_id"),
    required("name", short_text(250)),
    UniqueConstraint("name"),
    **MYSQL,
)

runs = Table(
    "runs",
    metadata,
    key("run_key"),
    required("run_id", short_text(256)),
    reference("experiment_key"),
    required("name", text),
    required("user_id", text),
    required("status", short_text(10)),
    Column("start_time", number),
    Column("end_time", number),
    required("lifecycle_stage", short_text(10)),
    Column("deleted_time", number),
    required("artifact_uri", text),
    Column("earlier_attempts", Integer),
    UniqueConstraint("run_id"),
    **MYSQL,
)
_newest_first = (runs.c.lifecycle_stage, runs.c.start_time.desc(), runs.c.run_id)
Index("runs_of_experiment", runs.c.experiment_key, *_newest_first)
Index("runs_by_start", *_newest_first)

# A lease that has lapsed has a reason instead of an end.
run_leases = Table(
    "run_leases",
    metadata,
    reference("run_key"),
    required("lease_id", short_text(64)),
    required("host", short_text(255)),
    required("process_id", number),
    Column("boot_id", short_text(200)),
    Column("process_start", number),
    Column("memory_counter", text),
    Column("memory_kills", number),
    required("heartbeat_time", number),
    Column("expires_at", number),
    Column("reason", text),
    PrimaryKeyConstraint("run_key", "lease_id"),
    Index("leases_by_end", "expires_at"),
    sqlite_with_rowid=False,
    **MYSQL,
)

params = Table(
    "params",
    metadata,
    reference("run_key"),
    required("key_id", number),
    required("experiment_key", number),
    required("value", text),
    required("head", short_text(64)),
    Column("number", Double),
    PrimaryKeyConstraint("run_key", "key_id"),
    Index("params_by_head", "experiment_key", "key_id", "head"),
    Index("params_by_number", "experiment_key", "key_id", "number"),
    sqlite_with_rowid=False,
    **MYSQL,
)

tags = Table(
    "tags",
    metadata,
    reference("run_key"),
    required("key_id", number),
    required("experiment_key", number),
    required("value", text),
    required("head", short_text(64)),
    PrimaryKeyConstraint("run_key", "key_id"),
    Index("tags_by_head", "experiment_key", "key_id", "head"),
    sqlite_with_rowid=False,
    **MYSQL,
)

# What was left of an attempt when the next one went on after `kept_step`.
attempts = Table(
    "attempts",
    metadata,
    key("attempt_key"),
    reference("run_key"),
    required("attempt", Integer),
    required("kept_step", number),
    required("start_time", number),
    required("end_time", number),
    UniqueConstraint("run_key", "attempt"),
    sqlite_autoincrement=True,  # points are kept under it, and go after it
    **MYSQL,
)

# Points that were left behind have the negative of their `attempt_key` in the place of `run_key`.
metrics = Table(
    "metrics",
    metadata,
    required("run_key", number),
    required("key_id", number),
    required("step", number),
    required("timestamp", number),
    required("value", Double),
    required("special", SmallInteger),
    PrimaryKeyConstraint("run_key", "key_id", "step", "timestamp", "value", "special"),
    sqlite_with_rowid=False,
    **MYSQL,
)

metric_blocks = Table(
    "metric_blocks",
    metadata,
    required("run_key", number),
    required("key_id", number),
    required("points", Integer),
    *corner("first"),
    *corner("last"),
    *corner("least", may_lack=True),
    *corner("greatest", may_lack=True),
    PrimaryKeyConstraint("run_key", "key_id", "last_step"),
    sqlite_with_rowid=False,
    **MYSQL,
)

latest_metrics = Table(
    "latest_metrics",
    metadata,
    reference("run_key"),
    required("key_id", number),
    required("experiment_key", number),
    required("step", number),
    required("timestamp", number),
    required("value", Double),
    required("special", SmallInteger),
    Column("min_value", Double),
    Column("min_step", number),
    Column("max_value", Double),
    Column("max_step", number),
    required("in_order", SmallInteger),
    Column("late_step", number),
    PrimaryKeyConstraint("run_key", "key_id"),
    Index("latest_by_value", "experiment_key", "key_id", "value", "special", "run_key"),
    sqlite_with_rowid=False,
    **MYSQL,
)

console_processes = Table(
    "console_processes",
    metadata,
    key("process_key"),
    reference("run_key"),
    required("process", short_text(100)),
    required("process_rank", Integer),
    UniqueConstraint("run_key", "process"),
    **MYSQL,
)

console_lines = Table(
    "console_lines",
    metadata,
    required("run_key", number),
    required("position", Integer),
    required("process_key", number),
    required("number", Integer),
    required("revision", Integer),
    required("stream", SmallInteger),
    required("timestamp", number),
    required("text", text),
    PrimaryKeyConstraint("run_key", "position"),
    UniqueConstraint("process_key", "number"),
    sqlite_with_rowid=False,
    **MYSQL,
)

datasets = Table(
    "datasets",
    metadata,
    key("dataset_key"),
    reference("experiment_key"),
    required("name", short_text(500)),
    required("digest", short_text(36)),
    required("source_type", text),
    required("source", text),
    Column("schema", text),
    Column("profile", text),
    UniqueConstraint("experiment_key", "name", "digest"),
    **MYSQL,
)

dataset_inputs = Table(
    "dataset_inputs",
    metadata,
    reference("run_key"),
    reference("dataset_key"),
    PrimaryKeyConstraint("run_key", "dataset_key"),
    Index("inputs_of_dataset", "dataset_key"),
    sqlite_with_rowid=False,
    **MYSQL,
)

dataset_input_tags = Table(
    "dataset_input_tags",
    metadata,
    reference("run_key"),
    required("dataset_key", number),
    required("key", short_text(255)),
    required("value", short_text(500)),
    PrimaryKeyConstraint("run_key", "dataset_key", "key"),
    sqlite_with_rowid=False,
    **MYSQL,
)

model_links = Table(
    "model_links",
    metadata,
    reference("run_key"),
    required("model_id", short_text(64)),
    required("direction", short_text(6)),
    required("step", number),
    PrimaryKeyConstraint("run_key", "model_id", "direction"),
    sqlite_with_rowid=False,
    **MYSQL,
)

logged_models = Table(
    "logged_models",
    metadata,
    key("model_key"),
    required("model_id", short_text(64)),
    reference("experiment_key"),
    required("name", short_text(500)),
    required("artifact_location", text),
    required("creation_timestamp_ms", number),
    required("last_updated_timestamp_ms", number),
    required("status", short_text(32)),
    required("lifecycle_stage", short_text(10)),
    Column("model_type", text),
    Column("source_run_id", short_text(256)),
    Column("status_message", text),
    UniqueConstraint("model_id"),
    Index("models_of_experiment", "experiment_key", "lifecycle_stage", "creation_timestamp_ms"),
    Index("models_of_run", "source_run_id"),
    **MYSQL,
)

logged_model_params = Table(
    "logged_model_params",
    metadata,
    reference("model_key"),
    required("key", short_text(250)),
    required("value", text),
    Column("number", Double),
    PrimaryKeyConstraint("model_key", "key"),
    sqlite_with_rowid=False,
    **MYSQL,
)

logged_model_tags = Table(
    "logged_model_tags",
    metadata,
    reference("model_key"),
    required("key", short_text(250)),
    required("value", text),
    PrimaryKeyConstraint("model_key", "key"),
    sqlite_with_rowid=False,
    **MYSQL,
)

logged_model_metrics = Table(
    "logged_model_metrics",
    metadata,
    reference("model_key"),
    reference("run_key"),
    required("key", short_text(250)),
    required("step", number),
    required("timestamp", number),
    required("value", Double),
    required("special", SmallInteger),
    required("dataset_name", short_text(500)),
    required("dataset_digest", short_text(36)),
    PrimaryKeyConstraint(
        "model_key", "run_key", "key", "dataset_digest", "step", "timestamp", "value", "special"
    ),
    Index("model_metrics_of_run", "run_key"),
    sqlite_with_rowid=False,
    **MYSQL,
)

# A view of no experiment has the key -1.
views = Table(
    "views",
    metadata,
    key("view_key"),
    required("view_id", short_text(32)),
    required("experiment_key", number),
    required("name", short_text(250)),
    required("address", text),
    required("is_default", SmallInteger),
    required("creation_time", number),
    required("last_update_time", number),
    Column("created_by", short_text(256)),
    workspace(),
    UniqueConstraint("view_id"),
    UniqueConstraint("workspace", "experiment_key", "name"),
    **MYSQL,
)

workspaces = Table(
    "workspaces",
    metadata,
    key("workspace_key"),
    required("name", short_text(64)),
    Column("description", text),
    Column("default_artifact_root", text),
    required("creation_time", number),
    required("last_update_time", number),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,  # a key used again would take what another process remembers
    **MYSQL,
)

millstream_schema = Table("millstream_schema", metadata, required("version", Integer), **MYSQL)
