"""Whoever does not wait long for what they read is told in time, whatever it is held up by."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from millstream.entities.experiments import CreateExperiment, ExperimentId, GetExperimentByName
from millstream.entities.users import Actor
from millstream.entities.workspaces import CreateWorkspace
from millstream.errors import NotFound, Unavailable
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.store.sql.prompt_database import PromptDatabase
from millstream.store.sql.reader import Reader
from millstream.store.sql.store import SqlStore

SOON = 0.05
IN_ANY_CASE = 60.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'test.db'}")
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> SqlStore:
    return SqlStore(database, "/artifacts")


class HeldUp:
    """A reading operation that takes until `go_on` is set; `readers` are the threads in it."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.readers: list[threading.Thread] = []

    def __call__(self, _: Reader, answer: str) -> str:
        self.readers.append(threading.current_thread())
        assert self.go_on.wait(IN_ANY_CASE)
        return answer


@pytest.fixture
def held_up() -> Iterator[HeldUp]:
    made = HeldUp()
    yield made
    made.go_on.set()
    for thread in made.readers:
        if thread is not threading.current_thread():
            thread.join()


def one(reader: Reader) -> int:
    return int(reader.execute("SELECT 1")[0][0])


def test_what_is_held_up_is_waited_for_once(database: Database, held_up: HeldUp) -> None:
    prompt = PromptDatabase(database, lambda: SOON)
    for _ in range(3):
        with pytest.raises(Unavailable, match=r"has not answered within 0\.05 s"):
            prompt.read(held_up, "late")
    assert len(held_up.readers) == 1
    assert held_up.readers[0].daemon  # so that the end of the process does not wait for it
    with pytest.raises(Unavailable):
        prompt.read(one)
    assert database.read(one) == 1  # whoever is patient reads on a connection of its own
    held_up.go_on.set()
    held_up.readers[0].join()
    assert prompt.read(one) == 1
    assert prompt.read(held_up, "in time") == "in time"


def test_who_may_wait_as_long_as_it_takes_reads_themselves(
    database: Database, held_up: HeldUp
) -> None:
    held_up.go_on.set()
    assert PromptDatabase(database, lambda: None).read(held_up, "read") == "read"
    assert held_up.readers == [threading.current_thread()]


def test_without_a_thread_whoever_asks_reads(
    database: Database, held_up: HeldUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    held_up.go_on.set()
    assert PromptDatabase(database, lambda: SOON).read(held_up, "read") == "read"
    assert held_up.readers == [threading.current_thread()]


def test_many_read_at_once(database: Database) -> None:
    meeting = threading.Barrier(4, timeout=IN_ANY_CASE)

    def meet(reader: Reader) -> int:
        meeting.wait()
        return one(reader)

    prompt = PromptDatabase(database, lambda: IN_ANY_CASE)
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(prompt.read, meet) for _ in range(4)]
        assert [answer.result() for answer in found] == [1, 1, 1, 1]


def test_an_error_is_of_whoever_asked(store: SqlStore) -> None:
    prompt = store.answering_within(lambda: IN_ANY_CASE)
    for _ in range(2):
        with pytest.raises(NotFound, match="absent"):
            prompt.experiments.get_by_name(GetExperimentByName("absent"))


def test_a_timeout_of_the_database_holds_up_nobody_else(database: Database) -> None:
    def time_out(_: Reader) -> None:
        raise TimeoutError("the network")

    prompt = PromptDatabase(database, lambda: IN_ANY_CASE)
    with pytest.raises(Unavailable):
        prompt.read(time_out)
    assert prompt.read(one) == 1


def test_it_is_the_same_store_and_stays_open_until_that_is_closed(store: SqlStore) -> None:
    prompt = store.answering_within(lambda: IN_ANY_CASE)
    made = prompt.experiments.create(CreateExperiment("lab")).result()
    assert store.database.commits == prompt.database.commits == 1
    prompt.close()
    assert store.experiments.get(ExperimentId(made.experiment_id)).name == "lab"


def test_it_keeps_to_its_workspace(store: SqlStore) -> None:
    workspaces = SqlAccess(store.database, "/artifacts").workspaces
    workspaces.create(CreateWorkspace("team"), Actor("ada")).result()
    elsewhere = store.experiments.create(CreateExperiment("lab")).result().experiment_id
    prompt = store.in_workspace("team").answering_within(lambda: IN_ANY_CASE)
    with pytest.raises(NotFound):
        prompt.experiments.get(ExperimentId(elsewhere))
    own = prompt.experiments.create(CreateExperiment("lab")).result().experiment_id
    assert prompt.experiments.get(ExperimentId(own)).name == "lab"
