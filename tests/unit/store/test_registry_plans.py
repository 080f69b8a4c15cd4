"""Orders and filters of the registry that have an index are read from it, not sorted or scanned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from millstream.entities.model_versions import SearchModelVersions
from millstream.entities.registered_models import SearchRegisteredModels
from millstream.entities.registry_events import SearchRegistryEvents
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import insert
from millstream.store.sql.drivers.sqlite import SqliteConnection
from millstream.store.sql.store import SqlStore
from millstream.store.sql.transaction import Transaction
from millstream.testing.databases import KINDS, empty_database

TIMES = "creation_timestamp last_updated_timestamp"
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


@pytest.mark.parametrize(
    ("models", "versions", "page", "order"),
    [(500, 30, 50, []), (5_000, 1, 10, ["last_updated_timestamp DESC"])],
)
def test_mysql_reads_no_more_for_a_page_than_is_on_it(
    tmp_path: Path, models: int, versions: int, page: int, order: list[str]
) -> None:
    """Each model is read with its tags, its aliases, and a version in each of three stages.

    Pages of the default order and of the last changed models would else read every version of
    their models, and every model.
    """
    with empty_database("mysql", tmp_path) as uri:
        database = Database(uri)
        store = SqlStore(database, "/artifacts")
        database.write(_fill, models, versions).result()
        with database.reader() as reader:
            reader.execute("ANALYZE TABLE registered_models, model_versions")
            reader.execute("FLUSH STATUS")
        request = SearchRegisteredModels(max_results=page, order_by=order)
        found = store.registered_models.search(request).registered_models
        with database.reader() as reader:
            counts = reader.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        store.close()
    assert [len(model.latest_versions) for model in found] == [min(versions, 3)] * page
    assert page < sum(int(count) for _, count in counts) < 30 * page


@pytest.mark.parametrize("kind", KINDS)
def test_models_updated_at_once_come_by_name(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as uri:
        store = SqlStore(Database(uri), "/artifacts")
        store.database.write(_fill, 100, 1).result()
        token: str | None = None
        found: list[tuple[int | None, str]] = []
        while token is not None or not found:
            page = store.registered_models.search(
                SearchRegisteredModels(
                    "name != 'm00050'", 7, ["last_updated_timestamp DESC"], page_token=token
                )
            )
            found += [
                (model.last_updated_timestamp, model.name) for model in page.registered_models
            ]
            token = page.next_page_token
        store.close()
    assert found == sorted(found, key=lambda each: (-(each[0] or 0), each[1]))
    assert len(set(found)) == 99
    assert len({when for when, _ in found}) < 20


def _fill(transaction: Transaction, models: int, versions: int) -> None:
    """Some models at a time are updated; all versions but the last two of each are archived."""
    stages = ("Production", "Staging", *["Archived"] * versions)
    named = [(key, f"m{key:05}", key * 7 % models // 6) for key in range(1, models + 1)]
    transaction.run_many(
        insert("registered_models", f"registered_model_key name {TIMES} last_version"),
        [(key, name, when, when, versions) for key, name, when in named],
    )
    columns = (
        f"registered_model_key name version {TIMES} current_stage status source source_head "
        "storage_location description run_link"
    )
    said = ("READY", "s3://b", "s3://b", "", "", "")
    transaction.run_many(
        insert("model_versions", columns),
        [
            (key, name, number, when, when, stages[versions - number], *said)
            for key, name, when in named
            for number in range(1, versions + 1)
        ],
    )
