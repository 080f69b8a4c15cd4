"""Sending what the outbox holds: a thread that wakes on news and on due times, and a few that send.

However many servers share a database, one of them at a time sends to a webhook: whoever holds its
claim. What is sent is sent at least once, in the order of the events as long as nothing fails.
"""

from __future__ import annotations

import functools
import importlib
import logging
import random
import threading
import time
from collections.abc import Callable

from millstream.errors import MillstreamError
from millstream.outbound import backoff
from millstream.outbound.letters import Letter, Outcome
from millstream.settings import Settings
from millstream.store.outbox import Claim, Due, Outbox, Settlement

_LOG = logging.getLogger("millstream.webhooks")

LOOK_SECONDS = 5.0
_LEASE_BEYOND_TIMEOUT_SECONDS = 30.0  # for finding the host, which has no limit of its own
_MOST_IN_A_ROW = 50
_CLEANING_SECONDS = 3_600.0
_ENDING_SECONDS = 5.0
_DAY_MILLISECONDS = 86_400_000


class Deliverer:
    """Sends what is due, from `start` to `close`.

    Commits of this process wake it at once; what other processes wrote it finds within
    `LOOK_SECONDS`. `send` replaces the request over the network.
    """

    def __init__(
        self,
        outbox: Outbox,
        settings: Settings,
        send: Callable[[Letter], Outcome] | None = None,
    ) -> None:
        self._outbox = outbox
        self._settings = settings
        self._given_send = send
        lease = settings.webhook_request_timeout + _LEASE_BEYOND_TIMEOUT_SECONDS
        self._lease = int(lease * 1_000)
        self._news = threading.Event()
        self._ended = False
        self._cleaned = -_CLEANING_SECONDS
        self._sending: set[threading.Thread] = set()
        self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)

    @functools.cached_property
    def _send(self) -> Callable[[Letter], Outcome]:
        """Loaded when there is something to send, so that other servers do without."""
        if self._given_send is not None:
            return self._given_send
        sending = importlib.import_module("millstream.outbound.sending")
        send: Callable[[Letter], Outcome] = sending.Sender(self._settings).send
        return send

    def start(self) -> None:
        """Begin."""
        self._outbox.when_posted(self._news.set)
        self._thread.start()

    def close(self) -> None:
        """End; what is being sent has five seconds, and is sent again by somebody else after."""
        self._ended = True
        self._news.set()
        ends = time.monotonic() + _ENDING_SECONDS
        if self._thread.ident is not None:
            self._thread.join(_ENDING_SECONDS)
        for thread in list(self._sending):
            thread.join(max(ends - time.monotonic(), 0))

    def _work(self) -> None:
        while not self._ended:
            self._news.clear()
            try:
                pause = self._look()
            except MillstreamError as error:
                _LOG.warning("webhooks have to wait: %s", error)
                pause = LOOK_SECONDS
            if not self._ended:
                self._news.wait(pause)

    def _look(self) -> float:
        """Begin to send what is due, and say in how many seconds to look again."""
        self._clean()
        free = self._settings.webhook_delivery_max_workers - len(self._sending)
        for claim in self._outbox.claim(free, self._lease) if free > 0 else ():
            thread = threading.Thread(target=self._serve, args=(claim,), daemon=True)
            self._sending.add(thread)
            thread.start()
        due = self._outbox.next_timestamp()
        if due is None:
            return LOOK_SECONDS
        return min(max(due / 1_000 - time.time(), 0.0), LOOK_SECONDS)

    def _serve(self, claim: Claim) -> None:
        """On a thread of its own: send what is due for one webhook, one after the other."""
        try:
            due = self._outbox.next_due(claim, self._lease)
            for _ in range(_MOST_IN_A_ROW):
                if due is None or self._ended:
                    break
                due = self._outbox.settle(claim, due, self._attempt(due), self._lease)
            self._outbox.release(claim)
            self._news.set()
        except MillstreamError as error:
            if not self._ended:
                _LOG.warning("a webhook has to wait until its claim ends: %s", error)
        finally:
            self._sending.discard(threading.current_thread())

    def _attempt(self, due: Due) -> Settlement:
        outcome = self._send(due.letter)
        chance = random.random()  # noqa: S311  # spreads retries, and keeps no secret
        found = settlement(due, outcome, self._settings.webhook_request_max_retries, chance)
        if found.status == "DEAD":
            _LOG.warning("delivery %s is given up: %s", due.letter.delivery_id, _why(outcome))
        return found

    def _clean(self) -> None:
        if time.monotonic() - self._cleaned >= _CLEANING_SECONDS:
            oldest = _now() - self._settings.webhook_log_days * _DAY_MILLISECONDS
            while self._outbox.remove_before(oldest):
                pass
            self._cleaned = time.monotonic()


def settlement(due: Due, outcome: Outcome, max_retries: int, chance: float) -> Settlement:
    """What an attempt leads to; `chance`, from 0 to 1, spreads what is tried again."""
    if outcome.delivered:
        return Settlement("DELIVERED", _now(), outcome)
    if not outcome.again or due.attempts >= max_retries:
        return Settlement("DEAD", _now(), outcome)
    pause = backoff.pause(due.attempts + 1, chance, outcome.retry_after)
    return Settlement("PENDING", _now() + int(pause * 1_000), outcome)


def _why(outcome: Outcome) -> str:
    return outcome.error_message or f"status {outcome.response_status}"


def _now() -> int:
    return time.time_ns() // 1_000_000
