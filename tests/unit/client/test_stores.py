"""Stores are opened once for all who ask, and nobody who logs waits long for one."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import millstream
from millstream import connect
from millstream.client import stores as opening
from millstream.client.session import SESSION
from millstream.client.stores import Purpose, Stores
from millstream.entities.experiments import ExperimentId
from millstream.entities.runs import Dataset
from millstream.errors import InvalidParameter, Unavailable
from millstream.settings import Settings
from millstream.store.interface import Store
from millstream.store.pending import Pending
from millstream.store.sql.database import Database

PLACE = "/somewhere"
AWAITED: tuple[Purpose, ...] = ("prompt", "delivery")


class HeldUp:
    """Stores whose opening takes until `go_on` is set; `by` are the threads that opened them."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.by: list[threading.Thread] = []
        self.closed: list[HeldUp] = []
        self.error: Exception | None = None

    def open(self, *_: object, **__: object) -> HeldUp:
        self.by.append(threading.current_thread())
        assert self.go_on.wait(30)
        if self.error is not None:
            raise self.error
        return self

    def close(self) -> None:
        self.closed.append(self)


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldUp]:
    made = HeldUp()
    monkeypatch.setattr(connect, "open_store", made.open)
    yield made
    made.go_on.set()
    for thread in made.by:
        if thread is not threading.current_thread():
            thread.join()


def stores_of(settings: Settings | None = None) -> Stores:
    return Stores(lambda: settings or Settings(), lambda: None)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.close()


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PROMPT_TIMEOUT", 0.05)


def test_what_is_logged_while_a_new_database_is_locked_arrives(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    with locked(folder / connect.DATABASE):
        with pytest.warns(RuntimeWarning, match="somebody keeps it locked"):
            run = millstream.start_run(run_name="early")
        millstream.log_param("a", 1)
        millstream.log_metric("loss", 0.5, step=3)
        assert SESSION.stores.places == set()
    millstream.end_run()
    SESSION.stores.patient(SESSION.place)
    assert SESSION.flush() == []
    found = millstream.get_run(run.info.run_id)
    assert (found.info.run_name, found.info.status) == ("early", "FINISHED")
    assert (found.data.params, found.data.metrics) == ({"a": "1"}, {"loss": 0.5})


@pytest.mark.parametrize("purpose", AWAITED)
def test_whoever_is_not_patient_is_told_and_finds_the_store_once_it_has_come(
    held_up: HeldUp, monkeypatch: pytest.MonkeyPatch, purpose: Purpose
) -> None:
    impatient(monkeypatch)
    stores = stores_of()
    for _ in range(2):
        with pytest.raises(Unavailable, match=f"{PLACE} is not open after 0.05 s"):
            stores.open(PLACE, purpose)
    held_up.go_on.set()
    store: Any = stores.patient(PLACE)
    assert store is held_up
    assert stores.open(PLACE, purpose) is store
    assert len(held_up.by) == 1
    assert held_up.by[0].daemon  # so that the end of the process does not wait for it


def test_an_opening_is_waited_for_once(held_up: HeldUp, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []

    def never(_: Pending[Any], timeout: float | None = None) -> Any:
        waits.append(timeout)
        raise TimeoutError

    clock = iter([100.0, 101.0, 104.0, 1000.0])
    monkeypatch.setattr(opening, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(Pending, "result", never)
    stores = stores_of()
    for _ in range(3):
        with pytest.raises(Unavailable):
            stores.prompt(PLACE)
    assert waits == [4.0, 1.0, 0.0]


def test_all_who_ask_at_once_get_the_same_store(held_up: HeldUp) -> None:
    stores = stores_of()
    purposes: list[Purpose] = ["patient", "prompt", "delivery"] * 3
    with ThreadPoolExecutor(len(purposes)) as pool:
        found = [pool.submit(stores.open, PLACE, purpose) for purpose in purposes]
        held_up.go_on.set()
        assert {id(store.result()) for store in found} == {id(held_up)}
    assert len(held_up.by) == 1


@pytest.mark.parametrize(
    ("purpose", "settings"),
    [("patient", Settings()), ("prompt", Settings(store_away="raise"))],
)
def test_the_patient_open_it_themselves(
    held_up: HeldUp, purpose: Purpose, settings: Settings
) -> None:
    held_up.go_on.set()
    stores_of(settings).open(PLACE, purpose)
    assert held_up.by == [threading.current_thread()]


def test_code_is_loaded_by_whoever_asks_before_the_wait_begins(
    held_up: HeldUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[tuple[str, threading.Thread, int]] = []

    def load(place: str) -> None:
        loaded.append((place, threading.current_thread(), len(stores._openings)))

    monkeypatch.setattr(connect, "load", load)
    held_up.go_on.set()
    stores = stores_of()
    stores.prompt(PLACE)
    assert loaded == [(PLACE, threading.current_thread(), 0)]


def test_without_a_thread_whoever_asks_opens_it(
    held_up: HeldUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    held_up.go_on.set()
    store: Any = stores_of().prompt(PLACE)
    assert store is held_up
    assert held_up.by == [threading.current_thread()]


def test_what_is_opened_after_all_are_closed_is_closed_too(
    held_up: HeldUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    stores = stores_of()
    with pytest.raises(Unavailable):
        stores.prompt(PLACE)
    stores.close()
    held_up.go_on.set()
    held_up.by[0].join()
    assert held_up.closed == [held_up]
    assert stores.places == set()
    store: Any = stores.prompt(PLACE)
    assert store is held_up
    assert len(held_up.by) == 2


@pytest.mark.parametrize("purpose", ["patient", "prompt"])
def test_an_opening_that_fails_says_why_and_is_begun_anew(
    held_up: HeldUp, purpose: Purpose
) -> None:
    held_up.error = InvalidParameter("not a store")
    held_up.go_on.set()
    stores = stores_of()
    for _ in range(2):
        with pytest.raises(InvalidParameter, match="not a store"):
            stores.open(PLACE, purpose)
    held_up.error = None
    assert stores.open(PLACE, purpose)
    assert len(held_up.by) == 3


def test_whoever_waits_for_an_interrupted_opening_is_not_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stores = stores_of()
    is_waiting = threading.Event()
    result: Callable[..., Any] = Pending.result

    def wait(pending: Pending[Any], timeout: float | None = None) -> Any:
        is_waiting.set()
        return result(pending, timeout)

    with ThreadPoolExecutor(1) as pool:

        def interrupted(*_: object, **__: object) -> None:
            others.append(pool.submit(stores.delivering, PLACE))
            assert is_waiting.wait(30)
            raise KeyboardInterrupt

        others: list[Future[Any]] = []
        monkeypatch.setattr(Pending, "result", wait)
        monkeypatch.setattr(connect, "open_store", interrupted)
        with pytest.raises(KeyboardInterrupt):
            stores.patient(PLACE)
        with pytest.raises(Unavailable, match="interrupted"):
            others[0].result()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_opens_stores_of_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    with locked(folder / connect.DATABASE):
        with pytest.raises(Unavailable):
            SESSION.stores.prompt(SESSION.place)
        assert SESSION.stores._openings
        child = os.fork()
        if child == 0:
            os._exit(0 if not SESSION.stores._openings else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert SESSION.stores.patient(SESSION.place)


@pytest.fixture
def late(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldUp]:
    """An open database whose reads take until `go_on` is set; `by` are the threads that read."""
    made = HeldUp()
    SESSION.stores.patient(str(folder))
    read: Callable[..., Any] = Database.read

    def read_late(database: Database, *arguments: Any) -> Any:
        made.by.append(threading.current_thread())
        assert made.go_on.wait(30)
        return read(database, *arguments)

    monkeypatch.setattr(Database, "read", read_late)
    yield made
    made.go_on.set()


def test_what_cannot_be_read_in_time_is_looked_up_later(
    late: HeldUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    with pytest.warns(RuntimeWarning, match=r"has not answered within 0\.05 s"):
        millstream.set_experiment("lab")
    with millstream.start_run(run_name="early") as run:
        millstream.log_table({"row": [1]}, "table.json")
    assert len(late.by) == 2, "what is late is waited for once, and the delivery waits beside it"
    late.go_on.set()
    assert SESSION.flush() == []
    found = millstream.get_run(run.info.run_id)
    assert millstream.get_experiment(found.info.experiment_id).name == "lab"
    assert millstream.artifacts.load_dict(f"runs:/{run.info.run_id}/table.json")["data"] == [[1]]


@pytest.mark.parametrize(
    ("purpose", "settings"),
    [
        ("patient", Settings()),
        ("delivery", Settings()),
        ("prompt", Settings(store_away="raise")),
    ],
)
def test_others_read_themselves_as_long_as_it_takes(
    late: HeldUp, folder: Path, purpose: Purpose, settings: Settings
) -> None:
    late.go_on.set()
    stores = stores_of(settings)
    store = stores.open(str(folder), purpose)
    late.by.clear()
    assert store.experiments.get(ExperimentId("0")).name == "Default"
    assert late.by == [threading.current_thread()]
    stores.close()


def log_all(run_id: str) -> None:
    millstream.log_params({"a": 1})
    millstream.log_metrics({"loss": 0.5})
    millstream.set_tags({"k": "v"})
    millstream.delete_tag("k")
    millstream.log_input(Dataset("iris", "d", "local", "{}"), "training")
    millstream.log_text("words", "notes/a.txt")
    millstream.log_dict({"b": 2}, "b.json")
    millstream.log_table({"row": [1]}, "table.json")
    millstream.set_experiment_tag("t", "1")
    with millstream.start_run(nested=True, parent_run_id=run_id):
        pass


def resume(run_id: str) -> None:
    millstream.end_run()
    with millstream.start_run(run_id=run_id, tags={"t": "1"}):
        pass
    with millstream.start_run(run_id=run_id, from_step=0):
        pass


def attend(run_id: str) -> None:
    millstream.end_run()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MILLSTREAM_RANK", "1")
        with millstream.start_run(run_id=run_id, tags={"t": "1"}):
            millstream.log_metric("loss", 0.25, step=1)


def begin_anew(_: str) -> None:
    millstream.end_run()
    millstream.set_experiment("lab")
    millstream.create_experiment("second lab")
    with millstream.start_run():
        pass


@pytest.mark.parametrize("work", [log_all, resume, attend, begin_anew])
@pytest.mark.usefixtures("folder")
def test_nothing_that_logs_is_patient(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[str], None]
) -> None:
    asked: list[Purpose] = []
    open_store = Stores.open

    def noted(stores: Stores, place: str, purpose: Purpose) -> Store:
        if threading.current_thread() is threading.main_thread():  # others keep nobody waiting
            asked.append(purpose)
        return open_store(stores, place, purpose)

    with millstream.start_run() as run:
        monkeypatch.setattr(Stores, "open", noted)
        work(run.info.run_id)
    assert set(asked) == {"prompt"}
