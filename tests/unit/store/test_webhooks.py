"""What webhooks cost those who have none, how secrets are kept, and how many tests run at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import webhook_validation as rules
from millstream.entities import webhooks as w
from millstream.errors import LimitExceeded, NotSupported
from millstream.outbound.letters import Letter, Outcome
from millstream.outbound.secrets import SecretBox
from millstream.outbound.sending import Sender
from millstream.settings import Settings
from millstream.store.sql.database import Database
from millstream.store.sql.drivers.sqlite import SqliteConnection
from millstream.store.sql.outbox import payloads
from millstream.store.sql.store import SqlStore
from millstream.testing.webhooks import log_of, new_webhook

KEY = Fernet.generate_key().decode()
SECRET = "s3cret-of-a-test"  # noqa: S105  # of a test


def opened(folder: Path, key: str | None = None) -> SqlStore:
    settings = Settings(webhook_secret_encryption_key=key)
    return SqlStore(Database(f"sqlite:///{folder / 'test.db'}"), "/artifacts", settings=settings)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    found = opened(tmp_path)
    yield found
    found.close()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that is executed, in order."""
    executed: list[str] = []
    for name in ("execute", "run", "run_many", "insert"):
        whole = getattr(SqliteConnection, name)

        def note(self: SqliteConnection, sql: str, *given: object, whole: Any = whole) -> object:
            executed.append(sql)
            return whole(self, sql, *given)

        monkeypatch.setattr(SqliteConnection, name, note)
    return executed


def live(store: SqlStore) -> None:
    tags = [rm.RegisteredModelTag(f"t{n}", "x") for n in range(10)]
    store.registered_models.create(rm.CreateRegisteredModel("forecast", tags)).result()
    store.model_versions.create(mv.CreateModelVersion("forecast", "s3://b/1")).result()


def test_without_webhooks_an_event_costs_one_look_into_an_index(
    store: SqlStore, statements: list[str]
) -> None:
    live(store)
    assert sum("FROM webhook_subscriptions" in sql for sql in statements) == 2
    assert sum("webhook" in sql for sql in statements) == 2
    (looked,) = {sql for sql in statements if "FROM webhook_subscriptions" in sql}
    plan = store.database.read(
        lambda reader: reader.execute(f"EXPLAIN QUERY PLAN {looked}", ("A", "B", "C"))
    )
    told = [str(row[3]) for row in plan]
    assert "USING COVERING INDEX subscriptions_to_event (entity=? AND action=?)" in told[0]
    assert all(line.startswith(("SEARCH", "USE TEMP B-TREE")) for line in told)


def test_events_and_their_deliveries_are_one_transaction(
    store: SqlStore, statements: list[str]
) -> None:
    webhook = new_webhook(store, "registered_model.created")
    statements.clear()
    live(store)
    written = [sql for sql in statements if sql.startswith(("INSERT", "COMMIT", "BEGIN"))]
    event = next(n for n, sql in enumerate(written) if '"registry_events"' in sql)
    assert '"webhook_deliveries"' in written[event + 1]
    assert len(log_of(store, webhook)) == 1


def test_what_can_be_asked_for_is_what_happens() -> None:
    asked = {
        w.WebhookEvent(entity, action)
        for entity, actions in rules.ACTIONS.items()
        for action in actions
    }
    assert asked == set(payloads.EVENTS.values())


def test_secrets_in_the_file(tmp_path: Path) -> None:
    for key, readable in ((None, True), (KEY, False)):
        folder = tmp_path / str(readable)
        folder.mkdir()
        store = opened(folder, key)
        new_webhook(store, "model_version.created", secret=SECRET)
        store.close()
        content = b"".join(path.read_bytes() for path in folder.iterdir())
        assert (SECRET.encode() in content) == readable


def test_a_secret_is_opened_only_to_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Letter] = []

    def keep(self: Sender, letter: Letter, timeout: float | None = None) -> Outcome:
        sent.append(letter)
        return Outcome(True, False, 204)

    monkeypatch.setattr(Sender, "send", keep)
    store = opened(tmp_path, KEY)
    webhook = new_webhook(store, "model_version.created", secret=SECRET)
    assert store.webhooks.test(w.TestWebhook(webhook.webhook_id)).response_status == 204
    store.close()
    assert sent[0].secret is not None
    assert SECRET not in repr(sent[0])
    assert SecretBox(KEY).open(sent[0].secret) == SECRET


def test_only_a_few_tests_at_once(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = threading.Semaphore(0), threading.Event()

    def hang(self: Sender, letter: Letter, timeout: float | None = None) -> Outcome:
        begun.release()
        assert ended.wait(60)
        assert timeout is not None
        assert timeout <= 10
        return Outcome(True, False, 200)

    monkeypatch.setattr(Sender, "send", hang)
    request = w.TestWebhook(new_webhook(store, "model_version.created").webhook_id)
    results: list[w.WebhookTestResult] = []
    threads = [
        threading.Thread(target=lambda: results.append(store.webhooks.test(request)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
        assert begun.acquire(timeout=60)
    with pytest.raises(LimitExceeded, match="2 tests of webhooks are under way"):
        store.webhooks.test(request)
    ended.set()
    for thread in threads:
        thread.join()
    assert [result.success for result in results] == [True, True]
    assert store.webhooks.test(request).success


def test_a_key_without_its_library_is_refused_when_a_secret_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(key: str) -> object:
        raise NotSupported("needs the Python package cryptography")

    monkeypatch.setattr("millstream.outbound.secrets._fernet", absent)
    store = opened(tmp_path, KEY)
    new_webhook(store, "model_version.created")
    with pytest.raises(NotSupported, match="cryptography"):
        new_webhook(store, "model_version.created", secret=SECRET)
    store.close()
