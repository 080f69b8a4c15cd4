from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from millstream.client.delivery import Delivery, Lane
from millstream.client.journal import Journal, read
from millstream.entities.metrics import Metric
from millstream.entities.runs import LogBatch, SetTag, UpdateRun
from millstream.errors import InvalidParameter, MillstreamError, NotFound, Unavailable
from millstream.store.pending import Pending


class FakeStore:
    """Takes batches, unless it is told to be away or to dislike a key."""

    def __init__(self) -> None:
        self.runs = self
        self.batches: list[LogBatch] = []
        self.ends: list[UpdateRun] = []
        self.tags: list[SetTag] = []
        self.away: MillstreamError | None = None
        self.dislikes: set[str] = set()
        self.attempts = 0

    def log_batch(self, request: LogBatch) -> Pending[None]:
        self.attempts += 1
        answer: Pending[None] = Pending()
        bad = [m.key for m in request.metrics if m.key in self.dislikes]
        if self.away is not None:
            answer.fail(self.away)
        elif bad:
            answer.fail(InvalidParameter(f"bad keys {bad}"))
        else:
            self.batches.append(request)
            answer.succeed(None)
        return answer

    def set_tag(self, request: SetTag) -> Pending[None]:
        answer: Pending[None] = Pending()
        if self.away is not None:
            answer.fail(self.away)
        else:
            self.tags.append(request)
            answer.succeed(None)
        return answer

    def update(self, request: UpdateRun) -> Pending[None]:
        answer: Pending[None] = Pending()
        if self.away is not None:
            answer.fail(self.away)
        elif request.run_id == "gone":
            answer.fail(NotFound("no such run"))
        else:
            self.ends.append(request)
            answer.succeed(None)
        return answer

    @property
    def steps(self) -> list[int]:
        return [metric.step for batch in self.batches for metric in batch.metrics]


def no_artifacts(_: str) -> Any:
    def refuse(uri: str) -> Any:
        raise NotFound(uri)

    return refuse


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def delivery(store: FakeStore, tmp_path: Path) -> Iterator[Delivery]:
    def open_store(_: str) -> Any:
        return store

    made = Delivery(open_store, lambda _: tmp_path, no_artifacts, lambda _: None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield made
        store.away = None
        made.stop(time.monotonic() + 5)


def point(step: int, key: str = "loss") -> Metric:
    return Metric(key, 1.0, 1, step)


def deliver(delivery: Delivery, points: list[Metric], uri: str = "uri") -> list[Lane]:
    """Append and flush in one go: what goes wrong is told as soon as it is tried, unasked too."""
    delivery.append(uri, "run", points)
    return delivery.flush(uri, timeout=10)


def journals(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.journal"))


def test_points_arrive_in_order_and_in_batches_within_the_limit(
    delivery: Delivery, store: FakeStore
) -> None:
    for step in range(2_500):
        delivery.append("uri", "run", [point(step)])
    assert delivery.flush(timeout=10) == []
    assert store.steps == list(range(2_500))
    assert max(len(batch.metrics) for batch in store.batches) <= 1_000


def test_points_arrive_without_a_flush(delivery: Delivery, store: FakeStore) -> None:
    delivery.append("uri", "run", [point(1)])
    until = time.monotonic() + 10
    while not store.steps and time.monotonic() < until:
        time.sleep(0.01)
    assert store.steps == [1]


def test_the_end_comes_after_all_points_and_removes_the_journal(
    delivery: Delivery, store: FakeStore, tmp_path: Path
) -> None:
    delivery.append("uri", "run", [point(1), point(2)])
    assert len(journals(tmp_path)) == 1
    lane = delivery.append_end("uri", UpdateRun("run", "FINISHED", 7))
    delivery.flush(timeout=10)
    assert store.ends == [UpdateRun("run", "FINISHED", 7)]
    assert store.steps == [1, 2]
    assert not lane.failed
    assert journals(tmp_path) == []
    assert delivery.idle


def test_a_store_that_is_away_costs_one_warning_and_nothing_is_lost(
    delivery: Delivery, store: FakeStore, tmp_path: Path
) -> None:
    store.away = Unavailable("nobody answers")

    def log_three() -> None:
        for step in range(3):
            delivery.append("uri", "run", [point(step)])
            (lane,) = delivery.flush(timeout=10)
            assert lane.pending
        time.sleep(0.3)

    with pytest.warns(RuntimeWarning, match="cannot be reached") as told:
        log_three()
    assert len(told) == 1
    assert [m.step for m in read(journals(tmp_path)[0]).records if isinstance(m, Metric)] == [
        0,
        1,
        2,
    ]
    store.away = None
    assert delivery.flush(timeout=10) == []
    assert store.steps == [0, 1, 2]


def test_a_store_that_comes_back_gets_the_rest_unasked(
    delivery: Delivery, store: FakeStore
) -> None:
    store.away = Unavailable("nobody answers")
    delivery.append("uri", "run", [point(1)])
    delivery.flush(timeout=10)
    store.away = None
    until = time.monotonic() + 10
    while not store.steps and time.monotonic() < until:
        time.sleep(0.01)
    assert store.steps == [1]


def test_one_refused_point_does_not_take_its_neighbours_along(
    delivery: Delivery, store: FakeStore, tmp_path: Path
) -> None:
    store.dislikes = {"bad"}
    points = [point(step, "bad" if step == 37 else "good") for step in range(100)]
    with pytest.warns(RuntimeWarning, match="refused what was logged"):
        (lane,) = deliver(delivery, points)
    assert isinstance(lane.refusal, InvalidParameter)
    assert store.steps == [step for step in range(100) if step != 37]
    delivery.append_end("uri", UpdateRun("run", "FINISHED", 7))
    delivery.flush(timeout=10)
    assert store.ends == [UpdateRun("run", "FINISHED", 7)]
    assert len(journals(tmp_path)) == 1, "what was refused can still be read there"


def test_a_run_whose_points_are_all_refused_costs_few_requests(
    delivery: Delivery, store: FakeStore
) -> None:
    store.dislikes = {"bad"}
    with pytest.warns(RuntimeWarning, match="refused"):
        deliver(delivery, [point(step, "bad") for step in range(1_000)])
    assert store.attempts < 150


def test_a_refused_end_is_told_to_whoever_ended_the_run(delivery: Delivery) -> None:
    lane = delivery.append_end("uri", UpdateRun("gone", "FINISHED", 7))
    delivery.flush(timeout=10)
    assert isinstance(lane.end_refusal, NotFound)


def test_one_store_being_away_does_not_hold_up_another(tmp_path: Path) -> None:
    stores = {"a": FakeStore(), "b": FakeStore()}
    stores["a"].away = Unavailable("nobody answers")

    def open_store(uri: str) -> Any:
        return stores[uri]

    delivery = Delivery(open_store, lambda _: tmp_path, no_artifacts, lambda _: None)
    with pytest.warns(RuntimeWarning, match="cannot be reached"):
        failed = deliver(delivery, [point(1)], "a")
    assert [lane.tracking_uri for lane in failed] == ["a"]
    assert deliver(delivery, [point(1)], "b") == []
    assert stores["b"].steps == [1]
    stores["a"].away = None
    assert delivery.stop(time.monotonic() + 10) == []


def test_stopping_keeps_to_its_deadline_and_says_what_is_left(
    delivery: Delivery, store: FakeStore, tmp_path: Path
) -> None:
    store.away = Unavailable("nobody answers")
    with pytest.warns(RuntimeWarning, match="cannot be reached"):
        deliver(delivery, [point(1)])
    (lane,) = delivery.stop(time.monotonic() + 0.5)
    assert lane.pending
    assert lane.journal.path.exists()


def test_warnings_that_are_errors_do_not_stop_the_delivery(
    delivery: Delivery, store: FakeStore, capsys: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store.away = Unavailable("nobody answers")
        delivery.append("uri", "run", [point(1)])
        delivery.flush(timeout=10)
        store.away = None
        assert delivery.flush(timeout=10) == []
    assert store.steps == [1]
    assert "cannot be reached" in capsys.readouterr().err


def test_a_long_run_does_not_keep_what_was_delivered(
    delivery: Delivery, store: FakeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millstream.client.delivery.LARGEST", 1_000)
    for start in range(0, 200, 50):
        for step in range(start, start + 50):
            delivery.append("uri", "run", [point(step)])
        assert delivery.flush(timeout=10) == []
    assert store.steps == list(range(200))
    assert journals(tmp_path) == []
    assert delivery.idle


def test_runs_that_nobody_logs_to_any_more_cost_no_file(
    delivery: Delivery, store: FakeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        delivery.append("uri", f"run{number}", [point(number)])
    delivery.flush(timeout=10)
    assert len(journals(tmp_path)) == 20
    monkeypatch.setattr("millstream.client.delivery.IDLE", -1.0)
    delivery.append("uri", "run0", [point(99)])
    delivery.flush(timeout=10)
    assert journals(tmp_path) == []


def test_appending_while_journals_retire_loses_nothing(
    delivery: Delivery, store: FakeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millstream.client.delivery.LARGEST", 1)
    monkeypatch.setattr("millstream.client.delivery.GATHER", 0.0)

    def work(number: int) -> None:
        for step in range(400):
            delivery.append("uri", "run", [point(number * 1_000 + step)])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    delivery.flush(timeout=10)
    assert sorted(store.steps) == [n * 1_000 + step for n in range(4) for step in range(400)]


def test_what_is_queued_is_marked_once_it_has_arrived(
    delivery: Delivery, store: FakeStore, tmp_path: Path
) -> None:
    store.away = Unavailable("nobody answers")
    delivery.record("uri", "run", SetTag("run", "k", "1"))
    delivery.append("uri", "run", [point(1)])
    delivery.flush(timeout=10)
    assert delivery.has_queue("uri", "run")
    assert delivery.places.error("uri") is store.away
    (path,) = journals(tmp_path)
    assert read(path).applied == 0
    store.away = None
    assert delivery.flush(timeout=10) == []
    assert not delivery.has_queue("uri", "run")
    assert delivery.places.error("uri") is None
    assert (store.tags, store.steps) == ([SetTag("run", "k", "1")], [1])
    assert read(path).applied == 2


def test_a_journal_that_grew_large_is_followed_by_another_and_removed(
    delivery: Delivery, store: FakeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("millstream.client.delivery.SEGMENT", 500)
    store.away = Unavailable("nobody answers")
    for step in range(100):
        delivery.append_point("uri", "run", ("loss", 1.0, 1, step))
    assert len(journals(tmp_path)) > 3
    store.away = None
    assert delivery.flush(timeout=10) == []
    assert store.steps == list(range(100))
    assert len(journals(tmp_path)) <= 1


def test_a_full_disk_costs_memory_up_to_a_bound_and_no_order(
    delivery: Delivery, store: FakeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.away = Unavailable("nobody answers")
    delivery.append_point("uri", "run", ("loss", 1.0, 1, 0))

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("millstream.client.delivery.MOST_SPILLED", 3)
        patched.setattr(Journal, "append", full)
        patched.setattr(Journal, "append_point", full)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            delivery.append_point("uri", "run", ("loss", 1.0, 1, 1))
            delivery.record("uri", "run", SetTag("run", "k", "1"))
            delivery.append("uri", "run", [point(2), point(3)])
        assert len([w for w in told if "kept in memory" in str(w.message)]) == 1
    delivery.append_point("uri", "run", ("loss", 1.0, 1, 4))
    store.away = None
    assert delivery.flush(timeout=10) == []
    assert store.steps == [0, 1, 2, 4]
    assert store.tags == [SetTag("run", "k", "1")]


def test_the_loop_is_given_time_while_nobody_waits(
    delivery: Delivery, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaths = []
    monkeypatch.setattr(Delivery, "_breathe", lambda _, worked: breaths.append(worked))
    delivery.append("uri", "run", [point(step) for step in range(3_000)])
    until = time.monotonic() + 10
    while len(store.steps) < 3_000 and time.monotonic() < until:
        time.sleep(0.01)
    assert len(breaths) >= 2
    delivery.append("uri", "run", [point(9_999)])
    breaths.clear()
    delivery.flush(timeout=10)
    assert breaths == []


def test_a_point_arrives_however_often_its_journal_is_retired_meanwhile(
    delivery: Delivery, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Journal.append
    closings = 5

    def retired_first(journal: Journal, metrics: Sequence[Metric]) -> None:
        nonlocal closings
        if closings:
            closings -= 1
            assert journal.retire(remove=True)
            delivery._lanes.clear()
        append(journal, metrics)

    monkeypatch.setattr(Journal, "append", retired_first)
    delivery.append("uri", "run", [point(1)])
    delivery.flush(timeout=10)
    assert store.steps == [1]
