"""The kinds of columns that all tables are made of, the same in SQLite, PostgreSQL and MySQL.

Read by the descriptions of the tables and by migrations, never by the running store.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Text,
)
from sqlalchemy.dialects.mysql import MEDIUMTEXT

COLLATION = "utf8mb4_bin"
MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": COLLATION,
}

metadata = MetaData()

number = BigInteger().with_variant(Integer(), "sqlite")
text = Text().with_variant(MEDIUMTEXT(), "mysql").with_variant(Text(collation="C"), "postgresql")


def short_text(length: int) -> String:
    """Text that is compared and sorted by its characters' numbers, in every database."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def key(name: str) -> Column[int]:
    """The number that the database gives to each row."""
    return Column(name, number, Identity(), primary_key=True)


# Names in `keys` are never removed, so their numbers need no foreign key.
_HOMES = {
    "experiment_key": "experiments",
    "run_key": "runs",
    "dataset_key": "datasets",
    "model_key": "logged_models",
    "registered_model_key": "registered_models",
    "version_key": "model_versions",
    "webhook_key": "webhooks",
    "slot_key": "deployment_slots",
    "user_key": "users",
    "group_key": "user_groups",
    "role_key": "roles",
    "token_key": "tokens",
}


def reference(name: str) -> Column[int]:
    """The number of a row of the table that such a column is the key of."""
    return Column(name, number, ForeignKey(f"{_HOMES[name]}.{name}"), nullable=False)


def corner(name: str, *, may_lack: bool = False) -> list[Column[Any]]:
    """The columns of one of the points that a block of a metric is known by."""
    kinds = {"step": number, "timestamp": number, "value": Double, "special": SmallInteger}
    return [
        Column(f"{name}_{part}", kind, nullable=may_lack)  # type: ignore[arg-type]  # SQL types
        for part, kind in kinds.items()
    ]


def workspace() -> Column[str]:
    """The name of the workspace that a row belongs to."""
    return Column("workspace", short_text(64), nullable=False, server_default="default")


def required(name: str, kind: object) -> Column[object]:
    """A column that is never NULL."""
    return Column(name, kind, nullable=False)  # type: ignore[arg-type]  # any SQL type
