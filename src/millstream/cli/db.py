"""Commands about the database of a store."""

from __future__ import annotations

from pathlib import Path

import click

from millstream import connect, settings
from millstream.cli.options import environment_names, example, json_option
from millstream.cli.output import report
from millstream.errors import NotFound
from millstream.masking import shown
from millstream.store.sql.upgrade import upgrade as upgrade_database


@example("millstream db upgrade postgresql://user@host/database")
@click.group()
def db() -> None:
    """Look after the database of a store."""


@example("millstream db upgrade ./mlruns")
@db.command()
@click.argument("url", envvar=environment_names("BACKEND_STORE_URI"))
@json_option
def upgrade(url: str, as_json: bool) -> None:
    """Bring a database, or the one in a folder, to this version's schema; make a backup first.

    A database that has this schema already stays as it is; an empty one gets its tables. Without
    URL it is the one that MILLSTREAM_BACKEND_STORE_URI names, as for the server.
    """
    before, after = upgrade_database(_database_in(url))
    place = shown(url)
    sentence = f"{place} is brought from schema version {before} to {after}."
    if before == after:
        sentence = f"{place} has schema version {after} already."
    report(sentence, {"url": place, "before": before, "after": after}, as_json=as_json)


def _database_in(url: str) -> str:
    folder = connect.local_folder(url)
    if folder is None:
        return connect.with_password(url, settings.load())
    file = Path(folder, connect.DATABASE)
    if not file.exists():
        raise NotFound(f"There is no database in '{shown(url)}': '{file}' does not exist.")
    return f"sqlite:///{file}"
