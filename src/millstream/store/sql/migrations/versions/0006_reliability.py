"""Version 6: leases and attempts of runs, their consoles, and users' accounts at a provider."""

from __future__ import annotations

import json
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, Integer, PrimaryKeyConstraint, SmallInteger, UniqueConstraint

from millstream.store.sql.columns import MYSQL, key, number, reference, required, short_text, text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables; all but that of accounts are empty."""
    _create_run_leases()
    _create_attempts()
    _create_openid_links()
    _create_console()


def _create_run_leases() -> None:
    op.create_table(
        "run_leases",
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
        sqlite_with_rowid=False,
        **MYSQL,
    )
    op.create_index("leases_by_end", "run_leases", ["expires_at"])


def _create_attempts() -> None:
    op.add_column("runs", Column("earlier_attempts", Integer))
    op.create_table(
        "attempts",
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


class _Link(NamedTuple):
    """What the audit log says of a user, with the user's name at that time."""

    username: str | None
    issuer: str
    subject: str
    creation_time: int


_SELECT_LINKS = sa.text(
    "SELECT actor, action, timestamp, details FROM audit_events "
    "WHERE action IN ('user.link_openid', 'user.unlink_openid') ORDER BY sequence"
)
_SELECT_USERS = sa.text("SELECT user_key, username FROM users")
_INSERT_LINK = sa.text(
    "INSERT INTO openid_links (user_key, issuer, subject, creation_time) "
    "VALUES (:user_key, :issuer, :subject, :creation_time)"
)


def _create_openid_links() -> None:
    """Until now the audit log told them: the first one of a user that was not undone counts."""
    op.create_table(
        "openid_links",
        reference("user_key"),
        required("issuer", short_text(500)),
        required("subject", short_text(255)),
        required("creation_time", number),
        sa.PrimaryKeyConstraint("user_key"),
        sqlite_with_rowid=False,
        **MYSQL,
    )
    connection = op.get_bind()
    links = _links(connection)
    for user_key, username in connection.execute(_SELECT_USERS).all():
        link = links.get(str(user_key))
        if link is not None and link.username == username:
            values = link._asdict() | {"user_key": user_key}
            connection.execute(_INSERT_LINK, values)


def _links(connection: sa.Connection) -> dict[str, _Link]:
    links: dict[str, _Link] = {}
    for actor, action, moment, told in connection.execute(_SELECT_LINKS):
        details = json.loads(told)
        user_id = details.get("user_id", "")
        if action == "user.unlink_openid":
            links.pop(user_id, None)
        elif user_id not in links:
            account = (details.get("issuer", ""), details.get("subject", ""))
            links[user_id] = _Link(actor, *account, moment)
    return links


def _create_console() -> None:
    op.create_table(
        "console_processes",
        key("process_key"),
        reference("run_key"),
        required("process", short_text(100)),
        required("process_rank", Integer),
        UniqueConstraint("run_key", "process"),
        **MYSQL,
    )
    op.create_table(
        "console_lines",
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
