"""Whether other processes have written is seen in every database."""

from __future__ import annotations

from millstream.entities import runs as r
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore


def test_writes_of_others_are_seen(database_uri: str) -> None:
    ours = SqlStore(Database(database_uri), "/artifacts")
    others = SqlStore(Database(database_uri), "/artifacts")
    is_exact = database_uri.startswith("sqlite")
    ours.runs.create(r.CreateRun("0")).result()
    assert ours.news.look_elsewhere() is False
    assert not (ours.news.look_elsewhere() and is_exact)
    others.runs.create(r.CreateRun("0")).result()
    assert ours.news.look_elsewhere() is True
    ours.runs.create(r.CreateRun("0")).result()
    assert ours.news.look_elsewhere() is (False if is_exact else None)
    others.close()
    ours.close()
