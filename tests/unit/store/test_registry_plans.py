"""Orders and filters of the registry that have an index are read from it, not sorted or scanned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from millstream.entities.model_versions import SearchModelVersions
from millstream.entities.registry_events import SearchRegistryEvents
from millstream.store.sql.database import Database
from millstream.store.sql.drivers.sqlite import SqliteConnection
from millstream.store.sql.store import SqlStore

Explain = Callable[[Callable[[], object]], list[str]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(Database(f"sqlite:///{tmp_path / 'test.db'}"), "/artifacts")
    yield opened
    opened.close()


@pytest.fixture
def explain(monkeypatch: pytest.MonkeyPatch) -> Explain:
    """The steps of the plan that SQLite has for the statements of a call."""
    steps: list[str] = []
    execute = SqliteConnection.execute

    def note(self: SqliteConnection, sql: str, params: tuple[object, ...] = ()) -> object:
        steps.extend(row[3] for row in execute(self, f"EXPLAIN QUERY PLAN {sql}", params))
        return execute(self, sql, params)

    def explained(call: Callable[[], object]) -> list[str]:
        steps.clear()
        monkeypatch.setattr(SqliteConnection, "execute", note)
        call()
        monkeypatch.setattr(SqliteConnection, "execute", execute)
        return list(steps)

    return explained


@pytest.mark.parametrize(
    ("order", "index"),
    [
        ("version_number ASC", "versions_by_number"),
        ("version_number DESC", "versions_by_number_last_first"),
        ("creation_timestamp DESC", "versions_by_creation"),
        ("last_updated_timestamp DESC", "versions_by_update"),
    ],
)
def test_versions_of_all_models_come_in_order(
    store: SqlStore, explain: Explain, order: str, index: str
) -> None:
    request = SearchModelVersions(order_by=[order])
    steps = explain(lambda: store.model_versions.search(request))
    assert steps[0].endswith(f" {index}")
    assert not any("ORDER BY" in step for step in steps)


@pytest.mark.parametrize("oldest_first", [True, False])
def test_what_a_user_did_is_found(store: SqlStore, explain: Explain, oldest_first: bool) -> None:
    request = SearchRegistryEvents(user_id="ada", oldest_first=oldest_first)
    steps = explain(lambda: store.registry_events.search(request))
    assert steps == ["SEARCH e USING COVERING INDEX events_of_user (user_id=?)"]
