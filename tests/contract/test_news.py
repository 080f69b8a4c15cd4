"""Whether other processes have written is seen in every database."""

from __future__ import annotations

from collections.abc import Collection

from millstream.entities import runs as r
from millstream.store.news import Change
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.reaping import Seen
from millstream.testing.run_leases import beat, lease, run_with_lease


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


def test_reaping_and_reviving_are_news_and_heartbeats_are_none(database_uri: str) -> None:
    store = SqlStore(Database(database_uri), "/artifacts")
    run_id = run_with_lease(store, "0", lease(7))
    told: list[str] = []

    def tell(changes: Collection[Change]) -> None:
        told.extend(change.name for change in changes)

    store.news.when_changed(tell)
    beat(store, run_id, of=lease(7))
    assert told == []
    assert store.reaping.reap(Seen(7)) == [run_id]
    assert told == [run_id]
    beat(store, run_id, of=lease(7))
    assert told == [run_id] * 2
    store.close()
