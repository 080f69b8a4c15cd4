"""The reaper: looks until it is closed, whatever the database does."""

from __future__ import annotations

import logging
import threading

import pytest

from millstream.errors import Unavailable
from millstream.server import recurring
from millstream.server.reaper import Reaper
from millstream.store.reaping import Witness
from millstream.testing.reaping import Seen


class Leases:
    """Gives what it was told to, one after the other, and counts the looks."""

    def __init__(self, *answers: list[str] | Exception) -> None:
        self._answers = [*answers]
        self._looks = threading.Semaphore(0)
        self.witnesses: set[int] = set()

    def reap(self, witness: Witness) -> list[str]:
        self.witnesses.add(id(witness))
        self._looks.release()
        answer = self._answers.pop(0) if self._answers else []
        if isinstance(answer, Exception):
            raise answer
        return answer

    def wait(self, looks: int) -> None:
        for _ in range(looks):
            assert self._looks.acquire(timeout=60), "it does not look any more"


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recurring, "LOOK_SECONDS", 0.001)


def test_it_looks_until_it_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    witness = Seen()
    leases = Leases([], ["one", "two"], [])
    looking = Reaper(leases, witness)
    with caplog.at_level(logging.INFO, "millstream.runs"):
        looking.start()
        leases.wait(5)
        looking.close()
    assert [record.message for record in caplog.records] == [
        "run one ended, because its process is gone",
        "run two ended, because its process is gone",
    ]
    assert leases.witnesses == {id(witness)}
    assert "reaper" not in [thread.name for thread in threading.enumerate()]


def test_a_database_that_is_away_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    leases = Leases(Unavailable("away"), Unavailable("away"))
    looking = Reaper(leases)
    looking.start()
    leases.wait(3)
    looking.close()
    assert [record.message for record in caplog.records] == [
        "runs whose processes are gone have to wait: away"
    ] * 2


def test_one_that_never_began_can_be_closed() -> None:
    Reaper(Leases()).close()
