"""The tables of the model registry, as SQLAlchemy describes them; see `schema`."""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from millstream.store.sql.columns import (
    MYSQL,
    key,
    number,
    reference,
    required,
    short_text,
    text,
    workspace,
)
from millstream.store.sql.columns import metadata as metadata

registered_models = Table(
    "registered_models",
    metadata,
    key("registered_model_key"),
    required("name", short_text(500)),
    Column("description", text),
    required("creation_timestamp", number),
    required("last_updated_timestamp", number),
    required("last_version", number),
    workspace(),
    UniqueConstraint("workspace", "name"),
    Index("registered_models_by_update", "last_updated_timestamp", "name"),
    sqlite_autoincrement=True,  # a key used again would inherit a history
    **MYSQL,
)

registered_model_tags = Table(
    "registered_model_tags",
    metadata,
    reference("registered_model_key"),
    required("key", short_text(250)),
    required("value", text),
    required("head", short_text(64)),
    PrimaryKeyConstraint("registered_model_key", "key"),
    Index("registered_model_tags_by_head", "key", "head"),
    sqlite_with_rowid=False,
    **MYSQL,
)

registered_model_aliases = Table(
    "registered_model_aliases",
    metadata,
    reference("registered_model_key"),
    required("alias", short_text(255)),
    required("version", number),
    PrimaryKeyConstraint("registered_model_key", "alias"),
    Index("aliases_of_version", "registered_model_key", "version"),
    sqlite_with_rowid=False,
    **MYSQL,
)

model_versions = Table(
    "model_versions",
    metadata,
    key("version_key"),
    reference("registered_model_key"),
    required("name", short_text(500)),
    required("version", number),
    required("creation_timestamp", number),
    required("last_updated_timestamp", number),
    required("current_stage", short_text(64)),
    required("status", short_text(32)),
    required("source", text),
    required("source_head", short_text(64)),
    required("storage_location", text),
    Column("storage_head", short_text(64), nullable=False, server_default=""),
    required("description", text),
    required("run_link", text),
    Column("run_id", short_text(256)),
    Column("model_id", short_text(64)),
    Column("user_id", text),
    Column("status_message", text),
    workspace(),
    UniqueConstraint("registered_model_key", "version"),
    Index("versions_in_stage", "registered_model_key", "current_stage", "version"),
    Index("versions_of_run", "run_id"),
    Index("versions_of_model", "model_id"),
    Index("versions_by_source", "source_head"),
    Index("versions_by_storage", "current_stage", "storage_head"),
    **MYSQL,
)
_last_updated_first = (
    model_versions.c.last_updated_timestamp.desc(),
    model_versions.c.name,
    model_versions.c.version.desc(),
)
Index("versions_by_update", *_last_updated_first)
Index("versions_by_creation", model_versions.c.creation_timestamp.desc(), *_last_updated_first)
Index("versions_by_name", model_versions.c.name, *_last_updated_first[::2])
Index("versions_by_number", model_versions.c.version, *_last_updated_first[:2])
Index("versions_by_number_last_first", model_versions.c.version.desc(), *_last_updated_first[:2])

model_version_tags = Table(
    "model_version_tags",
    metadata,
    reference("version_key"),
    required("key", short_text(250)),
    required("value", text),
    required("head", short_text(64)),
    PrimaryKeyConstraint("version_key", "key"),
    Index("model_version_tags_by_head", "key", "head"),
    sqlite_with_rowid=False,
    **MYSQL,
)

# Events outlive the models they are about, so nothing here refers to another table.
registry_events = Table(
    "registry_events",
    metadata,
    key("event_key"),
    required("change_id", short_text(32)),
    required("timestamp", number),
    required("registered_model_key", number),
    required("name", short_text(500)),
    Column("version", number),
    required("kind", short_text(32)),
    Column("subject", short_text(255)),
    Column("from_value", text),
    Column("to_value", text),
    Column("user_id", short_text(256)),
    Column("comment", text),
    workspace(),
    Index("events_of_model", "registered_model_key", "event_key"),
    Index("events_by_name", "name", "registered_model_key"),
    Index("events_of_user", "user_id", "event_key"),
    **MYSQL,
)

webhooks = Table(
    "webhooks",
    metadata,
    key("webhook_key"),
    required("webhook_id", short_text(36)),
    required("name", short_text(256)),
    required("url", text),
    Column("description", text),
    required("status", short_text(16)),
    Column("secret", text),
    required("creation_timestamp", number),
    required("last_updated_timestamp", number),
    Column("claim_id", short_text(32)),
    required("claimed_until", number),
    workspace(),
    UniqueConstraint("webhook_id"),
    sqlite_autoincrement=True,  # a key used again would inherit deliveries
    **MYSQL,
)

webhook_subscriptions = Table(
    "webhook_subscriptions",
    metadata,
    reference("webhook_key"),
    required("entity", short_text(32)),
    required("action", short_text(16)),
    PrimaryKeyConstraint("webhook_key", "entity", "action"),
    Index("subscriptions_to_event", "entity", "action"),
    sqlite_with_rowid=False,
    **MYSQL,
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    key("delivery_key"),
    required("delivery_id", short_text(36)),
    required("webhook_key", number),
    required("entity", short_text(32)),
    required("action", short_text(16)),
    required("payload", text),
    required("creation_timestamp", number),
    required("status", short_text(16)),
    required("attempts", number),
    required("due_timestamp", number),
    Column("last_attempt_timestamp", number),
    Column("response_status", number),
    Column("response_body", text),
    Column("error_message", text),
    UniqueConstraint("delivery_id"),
    Index("deliveries_of_webhook", "webhook_key", "status", "delivery_key"),
    Index("deliveries_by_due_time", "status", "due_timestamp"),
    **MYSQL,
)

# One row, which moves share and a change of the stages takes for itself.
stage_policies = Table(
    "stage_policies",
    metadata,
    key("policy_key"),
    Column("policy", text),
    **MYSQL,
)

# Requests outlive the models they are about.
transition_requests = Table(
    "transition_requests",
    metadata,
    key("request_key"),
    required("registered_model_key", number),
    required("name", short_text(500)),
    Column("version", number),
    Column("from_stage", short_text(64)),
    Column("stage", short_text(64)),
    required("archive_existing_versions", number),
    Column("alias", short_text(255)),
    Column("from_version", number),
    required("status", short_text(16)),
    required("creation_timestamp", number),
    Column("user_id", short_text(256)),
    Column("comment", text),
    Column("decided_by", short_text(256)),
    Column("decision_comment", text),
    Column("decision_timestamp", number),
    workspace(),
    Index("requests_of_model", "registered_model_key", "status", "request_key"),
    Index("requests_by_name", "name", "request_key"),
    Index("requests_by_status", "status", "request_key"),
    sqlite_autoincrement=True,
    **MYSQL,
)

gates = Table(
    "gates",
    metadata,
    reference("registered_model_key"),
    required("gate", short_text(64)),
    required("rule", text),
    PrimaryKeyConstraint("registered_model_key", "gate"),
    sqlite_with_rowid=False,
    **MYSQL,
)

# Where deployments take each other's place, one at a time; `digest` is of the three that follow it.
deployment_slots = Table(
    "deployment_slots",
    metadata,
    key("slot_key"),
    required("digest", short_text(64)),
    required("target", text),
    required("name", short_text(250)),
    required("endpoint", short_text(250)),
    required("last_revision", number),
    workspace(),
    UniqueConstraint("workspace", "digest"),
    Index("slots_by_name", "name"),
    **MYSQL,
)

# They outlive what they are about, so of other tables only that of slots is referred to.
deployments = Table(
    "deployments",
    metadata,
    key("deployment_key"),
    required("deployment_id", short_text(32)),
    reference("slot_key"),
    required("revision", number),
    required("state", short_text(16)),
    required("creation_time", number),
    Column("end_time", number),
    required("registered_model_key", number),
    required("experiment_key", number),
    required("model_uri", text),
    Column("model_name", short_text(500)),
    Column("model_version", number),
    Column("run_id", short_text(256)),
    Column("model_id", short_text(64)),
    Column("flavor", short_text(100)),
    Column("image", text),
    Column("image_digest", short_text(140)),
    Column("address", text),
    required("config", text),
    Column("user_id", short_text(256)),
    UniqueConstraint("deployment_id"),
    UniqueConstraint("slot_key", "revision"),
    Index("deployments_of_model", "registered_model_key", "model_version", "deployment_key"),
    Index("deployments_in_slot", "slot_key", "state"),
    Index("deployments_by_state", "state", "deployment_key"),
    **MYSQL,
)
