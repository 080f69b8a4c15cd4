"""Heartbeats: together for all runs of a store, in time, and silent where nobody listens."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from millstream.client.heartbeats import Heartbeats
from millstream.entities.run_leases import HeartbeatRuns
from millstream.errors import (
    EndpointNotFound,
    InvalidParameter,
    MillstreamError,
    NotFound,
    PermissionDenied,
    Unavailable,
)
from millstream.settings import Settings
from millstream.store.pending import Pending

PLACE = "http://ada:secret@host"


class FakeStore:
    """Notes heartbeats, and refuses those of some runs."""

    def __init__(self) -> None:
        self.run_leases: Any = self
        self.beats: list[HeartbeatRuns] = []
        self.refused: dict[str, Exception] = {}
        self.news = threading.Condition()

    def heartbeat(self, request: HeartbeatRuns) -> Pending[None]:
        with self.news:
            self.beats.append(request)
            self.news.notify_all()
        answer: Pending[None] = Pending()
        for run_id in request.run_ids:
            if run_id in self.refused:
                error = self.refused[run_id]
                if not isinstance(error, MillstreamError):
                    raise error
                answer.fail(error)
                return answer
        answer.succeed(None)
        return answer

    def wait(self, condition: Callable[[list[list[str]]], bool]) -> None:
        with self.news:
            found = self.news.wait_for(
                lambda: condition([beat.run_ids for beat in self.beats]), timeout=60
            )
        assert found, [beat.run_ids for beat in self.beats]


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def settings() -> Settings:
    return Settings(heartbeat_interval=0.005, run_lease=7.0)


@pytest.fixture
def beating(store: FakeStore, settings: Settings) -> Iterator[Heartbeats]:
    made = Heartbeats(lambda _: store, lambda: settings)  # type: ignore[arg-type,return-value]  # a part of a store
    yield made
    for place, run_ids in list(made.open_runs.items()):
        for run_id in list(run_ids):
            made.end(place, run_id)


def test_all_open_runs_of_a_store_beat_together(store: FakeStore, beating: Heartbeats) -> None:
    for name in ("a", "b", "c"):
        beating.begin(PLACE, name, at_once=False)
    store.wait(lambda beats: beats.count(["a", "b", "c"]) >= 3)
    beating.end(PLACE, "b")
    store.wait(lambda beats: beats[-1] == ["a", "c"])
    (holder,) = {beat.lease.holder.process_id for beat in store.beats}
    assert holder == os.getpid()
    assert len({beat.lease.lease_id for beat in store.beats}) == 1
    assert {beat.lease.lease_seconds for beat in store.beats} == {7.0}


def test_nothing_is_sent_of_runs_that_are_over(store: FakeStore, beating: Heartbeats) -> None:
    beating.begin(PLACE, "a", at_once=True)
    store.wait(lambda beats: len(beats) >= 1)
    beating.end(PLACE, "a")
    beating.begin(PLACE, "b", at_once=True)
    store.wait(lambda beats: ["b"] in beats)
    assert ["a", "b"] not in [beat.run_ids for beat in store.beats]


def test_a_run_without_a_lease_does_not_wait(store: FakeStore) -> None:
    hourly = Settings(heartbeat_interval=3_600.0)
    slow = Heartbeats(lambda _: store, lambda: hourly)  # type: ignore[arg-type,return-value]  # a part of a store
    slow.begin(PLACE, "has one", at_once=False)
    slow.begin(PLACE, "has none", at_once=True)
    store.wait(lambda beats: beats == [["has one", "has none"]])


def test_a_lease_outlasts_a_heartbeat_that_is_late() -> None:
    made = Heartbeats(pytest.fail, lambda: Settings(heartbeat_interval=50.0, run_lease=60.0))
    lease = made.lease()
    assert lease is not None
    assert lease.lease_seconds == 100.0
    assert lease.holder.process_start is not None or not Path("/proc").exists()


def test_without_an_interval_there_is_no_lease_and_no_thread() -> None:
    made = Heartbeats(pytest.fail, lambda: Settings(heartbeat_interval=0.0))
    assert made.lease() is None
    made.begin(PLACE, "a", at_once=True)
    assert made.open_runs == {}


@pytest.mark.parametrize("error", [EndpointNotFound("no such path"), AttributeError("heartbeat")])
def test_a_store_that_knows_no_leases_is_left_in_peace(
    store: FakeStore, beating: Heartbeats, error: Exception
) -> None:
    store.refused["a"] = error
    with warnings.catch_warnings(action="error"):
        beating.begin(PLACE, "a", at_once=True)
        store.wait(lambda beats: len(beats) == 1)
        _until(lambda: beating.open_runs == {})
        beating.begin(PLACE, "b", at_once=True)
    assert beating.open_runs == {}


def test_a_store_that_is_away_is_asked_again_in_silence(
    store: FakeStore, beating: Heartbeats
) -> None:
    store.refused["a"] = Unavailable("away")
    beating.begin(PLACE, "a", at_once=True)
    store.wait(lambda beats: len(beats) >= 3)
    store.refused.clear()
    store.wait(lambda beats: len(beats) >= 5)


def test_a_run_that_is_refused_holds_no_other_up(
    store: FakeStore, beating: Heartbeats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millstream.client.heartbeats.warn", lambda _: None)
    store.refused["b"] = PermissionDenied("not yours")
    beating.begin(PLACE, "a", at_once=False)
    beating.begin(PLACE, "b", at_once=False)
    _until(lambda: beating.open_runs == {PLACE: {"a": None}})
    before = len(store.beats)
    store.wait(lambda beats: len(beats) >= before + 3)
    assert all(beat.run_ids == ["a"] for beat in store.beats[before:])


def test_a_run_that_is_still_on_its_way_is_not_given_up(
    store: FakeStore, beating: Heartbeats
) -> None:
    store.refused["a"] = NotFound("no such run")
    beating.begin(PLACE, "a", at_once=True)
    store.wait(lambda beats: len(beats) >= 3)
    assert beating.open_runs == {PLACE: {"a": None}}


def test_who_is_refused_is_told_once_without_the_password(
    store: FakeStore, beating: Heartbeats, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("millstream.client.heartbeats.warn", told.append)
    store.refused["a"] = InvalidParameter("The run a must be in the 'active' state.")
    beating.begin(PLACE, "a", at_once=True)
    _until(lambda: beating.open_runs == {})
    (message,) = told
    assert "secret" not in message
    assert "does not take heartbeats of run a" in message


def test_more_runs_than_a_request_takes_are_sent_in_parts(
    store: FakeStore, beating: Heartbeats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millstream.client.heartbeats.MOST_RUNS", 2)
    for name in "abcde":
        beating.begin(PLACE, name, at_once=False)
    store.wait(lambda beats: beats[-3:] == [["a", "b"], ["c", "d"], ["e"]])


def test_a_process_of_its_own_has_a_lease_of_its_own(beating: Heartbeats) -> None:
    first = beating.lease()
    beating.forget()
    second = beating.lease()
    assert first is not None
    assert second is not None
    assert first.lease_id != second.lease_id


def _until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.001)
