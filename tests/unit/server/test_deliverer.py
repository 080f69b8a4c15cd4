"""The deliverer: awake at once, in order, again after failures, and never two at a time."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from millstream.entities import registered_models as rm
from millstream.entities import webhooks as w
from millstream.errors import Unavailable
from millstream.outbound import backoff
from millstream.outbound.letters import Letter, Outcome
from millstream.server import deliverer
from millstream.server.deliverer import Deliverer
from millstream.settings import Settings
from millstream.store.outbox import Claim, Due, Settlement
from millstream.store.sql.database import Database
from millstream.store.sql.outbox.deliveries import SqlOutbox
from millstream.store.sql.store import SqlStore
from millstream.testing.databases import KINDS, empty_database
from millstream.testing.fixtures import unique
from millstream.testing.webhooks import log_of, new_webhook

DELIVERED = Outcome(True, False, 200, "thanks")
BUSY = Outcome(False, True, 503, "later", "The receiver answered 503.")
GONE = Outcome(False, False, 410, "", "The receiver answered 410.")
Send = Callable[[Letter], Outcome]
Start = Callable[..., Deliverer]
MINUTE = 60_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(Database(f"sqlite:///{tmp_path / 'test.db'}"), "/artifacts")
    yield opened
    opened.close()


@pytest.fixture
def start(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts deliverers that look by themselves so seldom that news has to wake them."""
    monkeypatch.setattr(deliverer, "LOOK_SECONDS", 3_600.0)
    started: list[Deliverer] = []

    def begin(send: Send, outbox: SqlOutbox = store.outbox, **given: Any) -> Deliverer:
        started.append(Deliverer(outbox, Settings(**given), send))
        started[-1].start()
        return started[-1]

    yield begin
    for each in started:
        each.close()


class Sent:
    """Keeps what is sent, and gives the outcomes one after the other, the last for ever."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.letters: list[Letter] = []
        self._outcomes = [*outcomes] or [DELIVERED]
        self._arrived = threading.Semaphore(0)

    def __call__(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        self._arrived.release()
        return self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]

    def wait(self, count: int) -> None:
        for _ in range(count):
            assert self._arrived.acquire(timeout=60), "nothing was sent"


def happen(store: SqlStore, count: int = 1) -> None:
    for _ in range(count):
        store.registered_models.create(rm.CreateRegisteredModel(unique("model"))).result()


def settled(
    store: SqlStore, webhook: w.Webhook, *statuses: str, attempts: int | None = None
) -> list[w.WebhookDelivery]:
    """The log, as soon as it has these statuses."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        log = log_of(store, webhook)
        if [item.status for item in log] == [*statuses] and (
            attempts is None or log[-1].attempts == attempts
        ):
            return log
        time.sleep(0.01)
    raise AssertionError(log_of(store, webhook))


def test_news_wakes_it_and_events_arrive_in_order(store: SqlStore, start: Start) -> None:
    sent = Sent()
    start(sent)
    webhook = new_webhook(store, "registered_model.created")
    happen(store, 120)
    sent.wait(120)
    log = settled(store, webhook, *["DELIVERED"] * 120)
    assert [letter.delivery_id for letter in sent.letters] == [item.delivery_id for item in log]
    assert [letter.body.decode() for letter in sent.letters] == [item.payload for item in log]
    assert {(item.attempts, item.response_status, item.response_body) for item in log} == {
        (1, 200, "thanks")
    }
    assert log[0].due_timestamp is None


def test_what_was_written_before_it_began_is_sent(store: SqlStore, start: Start) -> None:
    webhook = new_webhook(store, "registered_model.created")
    happen(store)
    sent = Sent()
    start(sent)
    settled(store, webhook, "DELIVERED")


def test_a_failure_is_tried_again_until_it_is_dead_and_replayed_under_its_id(
    store: SqlStore, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.001)
    sent = Sent(BUSY, BUSY, BUSY, DELIVERED)
    start(sent, webhook_request_max_retries=2)
    webhook = new_webhook(store, "registered_model.created")
    happen(store)
    (dead,) = settled(store, webhook, "DEAD")
    assert (dead.attempts, dead.response_status, dead.response_body) == (3, 503, "later")
    assert dead.error_message == "The receiver answered 503."
    assert dead.last_attempt_timestamp is not None
    replayed = store.webhooks.replay(w.ReplayWebhookDeliveries(webhook.webhook_id)).result()
    assert replayed.count == 1
    (delivered,) = settled(store, webhook, "DELIVERED")
    assert (delivered.attempts, delivered.error_message) == (1, None)
    assert {letter.delivery_id for letter in sent.letters} == {dead.delivery_id}
    assert len({letter.body for letter in sent.letters}) == 1


def test_a_clear_no_is_not_asked_again(store: SqlStore, start: Start) -> None:
    sent = Sent(GONE)
    start(sent)
    webhook = new_webhook(store, "registered_model.created")
    happen(store)
    settled(store, webhook, "DEAD", attempts=1)
    assert len(sent.letters) == 1


def test_what_waits_to_be_tried_again_lets_others_pass(store: SqlStore, start: Start) -> None:
    sent = Sent(BUSY._replace(retry_after=100.0), DELIVERED)
    start(sent)
    webhook = new_webhook(store, "registered_model.created")
    happen(store)
    settled(store, webhook, "PENDING", attempts=1)
    happen(store)
    waiting, _ = settled(store, webhook, "PENDING", "DELIVERED")
    assert waiting.due_timestamp is not None
    assert waiting.last_attempt_timestamp is not None
    assert waiting.due_timestamp - waiting.last_attempt_timestamp > 99_000


def test_a_disabled_webhook_waits(store: SqlStore, start: Start) -> None:
    webhook = new_webhook(store, "registered_model.created")
    happen(store)
    request = w.UpdateWebhook(webhook.webhook_id, status="DISABLED")
    store.webhooks.update(request).result()
    sent = Sent()
    start(sent)
    other = new_webhook(store, "registered_model.created")
    happen(store)
    settled(store, other, "DELIVERED")
    assert [item.attempts for item in log_of(store, webhook)] == [0]
    store.webhooks.update(w.UpdateWebhook(webhook.webhook_id, status="ACTIVE")).result()
    settled(store, webhook, "DELIVERED")


@pytest.mark.parametrize("kind", KINDS)
def test_two_servers_do_not_send_twice(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as uri:
        stores = [SqlStore(Database(uri), "/artifacts") for _ in range(3)]
        webhooks = [new_webhook(stores[0], "registered_model.created") for _ in range(4)]
        sent = Sent()
        others = [Deliverer(each.outbox, Settings(), sent) for each in stores[1:]]
        for each in others:
            each.start()
        for place in range(25):
            happen(stores[place % 3])
        expected = {item.delivery_id for hook in webhooks for item in log_of(stores[0], hook)}
        sent.wait(100)
        for hook in webhooks:
            settled(stores[0], hook, *["DELIVERED"] * 25)
        for each in others:
            each.close()
        for opened in stores:
            opened.close()
        assert Counter(letter.delivery_id for letter in sent.letters) == dict.fromkeys(expected, 1)


def test_a_claim_that_ran_out_goes_to_somebody_else(store: SqlStore) -> None:
    webhook = new_webhook(store, "registered_model.created")
    happen(store)
    outbox = store.outbox
    (first,) = outbox.claim(10, lease=MINUTE)
    assert outbox.claim(10, lease=MINUTE) == []
    due = outbox.next_due(first, lease=-1)  # it ends at once
    assert due is not None
    (second,) = outbox.claim(10, lease=MINUTE)
    again = outbox.next_due(second, lease=MINUTE)
    assert again == due
    assert outbox.next_due(first, lease=MINUTE) is None
    outbox.settle(first, due, Settlement("DEAD", 0, GONE), MINUTE)
    assert [item.status for item in log_of(store, webhook)] == ["PENDING"]
    outbox.settle(first, due, Settlement("DELIVERED", 0, DELIVERED), MINUTE)
    assert [item.status for item in log_of(store, webhook)] == ["DELIVERED"]
    outbox.settle(second, due, Settlement("PENDING", 0, BUSY), MINUTE)
    assert [item.attempts for item in log_of(store, webhook)] == [1]
    outbox.release(first)
    assert outbox.next_due(second, lease=MINUTE) is None
    outbox.release(second)


def test_finished_deliveries_leave_the_log_after_some_days(store: SqlStore) -> None:
    webhook = new_webhook(store, "registered_model.created")
    happen(store, 3)
    outbox = store.outbox
    (claim,) = outbox.claim(1, MINUTE)
    for outcome, status in ((DELIVERED, "DELIVERED"), (GONE, "DEAD")):
        due = outbox.next_due(claim, MINUTE)
        assert due is not None
        outbox.settle(claim, due, Settlement(status, 0, outcome), MINUTE)  # type: ignore[arg-type]  # one of the statuses
    now = time.time_ns() // 1_000_000
    assert outbox.remove_before(now - MINUTE) == 0
    assert outbox.remove_before(now + MINUTE) == 2
    assert [item.status for item in log_of(store, webhook)] == ["PENDING"]


def test_a_database_that_is_away_for_a_moment_is_asked_again(
    store: SqlStore, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = ["claim", "next_due", "settle"]

    class Shaky(SqlOutbox):
        def claim(self, most: int, lease: int) -> list[Claim]:
            self._fail("claim")
            return super().claim(most, min(lease, -1))  # as if each ended at once

        def next_due(self, claim: Claim, lease: int) -> Due | None:
            self._fail("next_due")
            return super().next_due(claim, min(lease, -1))

        def settle(self, claim: Claim, due: Due, settlement: Settlement, lease: int) -> Due | None:
            self._fail("settle")
            return super().settle(claim, due, settlement, lease)

        def _fail(self, name: str) -> None:
            if name in failures:
                failures.remove(name)
                raise Unavailable("away")

    monkeypatch.setattr(deliverer, "LOOK_SECONDS", 0.05)
    sent = Sent()
    webhook = new_webhook(store, "registered_model.created")
    happen(store)
    start(sent, Shaky(store.database))
    settled(store, webhook, "DELIVERED")
    assert failures == []
    assert len({letter.delivery_id for letter in sent.letters}) == 1


def test_its_end_does_not_wait_for_a_receiver_that_hangs(
    store: SqlStore, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliverer, "_ENDING_SECONDS", 0.1)
    hanging, released = threading.Event(), threading.Event()

    def hang(letter: Letter) -> Outcome:
        hanging.set()
        assert released.wait(60)
        return DELIVERED

    begun = start(hang)
    webhook = new_webhook(store, "registered_model.created")
    happen(store)
    assert hanging.wait(60)
    begun.close()
    assert not released.is_set()
    released.set()
    settled(store, webhook, "DELIVERED")  # the store is still open: it counts after all
