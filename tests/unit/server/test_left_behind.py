"""The collector: takes what scripts left behind until it is closed, whatever the folder holds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.client.left_behind import LeftBehind
from millstream.client.sending import Outcome
from millstream.errors import MillstreamError, Unavailable
from millstream.server import recurring
from millstream.server.left_behind import Collector
from millstream.settings import Settings


class Journals:
    """Gives what it was told to, one after the other, and counts the looks."""

    def __init__(self, *answers: list[Outcome] | MillstreamError) -> None:
        self._answers = [*answers]
        self._looks = threading.Semaphore(0)

    def take(self, _: LeftBehind) -> Iterator[Outcome]:
        self._looks.release()
        answer = self._answers.pop(0) if self._answers else []
        if isinstance(answer, MillstreamError):
            raise answer
        yield from answer

    def wait(self, looks: int) -> None:
        for _ in range(looks):
            assert self._looks.acquire(timeout=60), "it does not look any more"


def test_it_looks_until_it_is_closed_and_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    journals = Journals(
        [Outcome("a.journal", "sent 3 records", failed=False, run_id="r1")],
        Unavailable("away"),
        [Outcome("b.journal", "not sent: no run", failed=True)],
    )
    monkeypatch.setattr(LeftBehind, "take", lambda self: journals.take(self))
    monkeypatch.setattr(recurring, "LOOK_SECONDS", 0.001)
    collector = Collector(str(tmp_path), Settings())
    with caplog.at_level(logging.INFO, "millstream.runs"):
        collector.start()
        journals.wait(5)
        collector.close()
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("INFO", "the journal a.journal of run r1: sent 3 records"),
        ("WARNING", "what scripts left in their journals has to wait: away"),
        ("WARNING", "the journal b.journal: not sent: no run"),
    ]
    assert "collector" not in [thread.name for thread in threading.enumerate()]


def test_one_that_never_began_can_be_closed(tmp_path: Path) -> None:
    Collector(str(tmp_path), Settings()).close()
