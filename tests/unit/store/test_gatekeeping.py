"""Gates about files: read beside the writer, never without need, and told to who waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from millstream.entities import gates as g
from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import stages as st
from millstream.entities import transition_requests as tr
from millstream.errors import InvalidParameter, LimitExceeded, PermissionDenied
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.model_versions import get_version, move
from millstream.testing.registered_models import new_registered_model, new_version
from millstream.testing.stages import set_policy

SECONDS = 30


class Files:
    """Files of a model that are read when the test says so."""

    def __init__(self) -> None:
        self.opened = 0
        self.compared: list[tuple[str, str]] = []
        self.sized = threading.Semaphore(0)
        self.asked = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self) -> Files:
        self.opened += 1
        return self

    def size(self, uri: str) -> int:
        self.asked.set()
        self.sized.release()
        assert self.go_on.wait(SECONDS)
        if uri.endswith("/2"):
            raise OSError("the disk is gone")
        return 10

    def damage(self, uri: str) -> list[str]:
        raise TypeError(f"a fault of ours at {uri}")

    def mismatches(self, champion_uri: str, uri: str) -> list[str]:
        self.compared.append((champion_uri[-1], uri[-1]))
        self.asked.set()
        assert self.go_on.wait(SECONDS)
        return []


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def store(tmp_path: Path, files: Files) -> Iterator[SqlStore]:
    opened = SqlStore(Database(f"sqlite:///{tmp_path / 'test.db'}"), "/root", open_files=files)
    yield opened
    files.go_on.set()
    opened.close()


@pytest.fixture
def name(store: SqlStore) -> str:
    name = new_registered_model(store)
    for number in (1, 2, 3):
        new_version(store, name, number)
    return name


def guard(store: SqlStore, name: str, rule: g.GateRule, most_bytes: int | None = None) -> None:
    gate = g.Gate(rule, rule, ["Production"], most_bytes=most_bytes)
    store.gates.set(g.SetGate(name, gate)).result()


def test_without_gates_about_files_none_is_opened(store: SqlStore, files: Files, name: str) -> None:
    guard(store, name, "size_limit", 10)
    threads = set(threading.enumerate())
    move(store, name, "1", "Staging")
    alias = rm.SetRegisteredModelAlias(name, "champion", "1")
    store.registered_models.set_alias(alias).result()
    assert files.opened == 0
    assert set(threading.enumerate()) <= threads  # some of a test before may have ended


def test_others_write_while_files_are_read(store: SqlStore, files: Files, name: str) -> None:
    guard(store, name, "size_limit", 10)
    files.go_on.clear()
    request = mv.TransitionModelVersionStage(name, "1", "Production")
    pending = store.model_versions.transition_stage(request)
    assert files.asked.wait(SECONDS)
    move(store, name, "3", "Staging")
    assert not pending.done
    files.go_on.set()
    assert pending.result(SECONDS).current_stage == "Production"


def test_a_champion_that_changes_meanwhile_is_compared_with(
    store: SqlStore, files: Files, name: str
) -> None:
    move(store, name, "1", "Production")
    guard(store, name, "signature_compatible")
    files.go_on.clear()
    request = mv.TransitionModelVersionStage(name, "2", "Production", True)
    pending = store.model_versions.transition_stage(request)
    assert files.asked.wait(SECONDS)
    store.gates.delete(g.DeleteGate(name, "signature_compatible")).result()
    move(store, name, "3", "Production", archive=True)
    guard(store, name, "signature_compatible")
    files.go_on.set()
    assert pending.result(SECONDS).current_stage == "Production"
    assert files.compared == [("1", "2"), ("3", "2")]


def test_checks_that_read_files_are_few_at_once(store: SqlStore, files: Files, name: str) -> None:
    guard(store, name, "size_limit", 10)
    files.go_on.clear()
    request = g.CheckGates(name, "1", "Production")
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(store.gates.check, request) for _ in range(2)]
        assert all(files.sized.acquire(timeout=SECONDS) for _ in running)
        with pytest.raises(LimitExceeded, match="2 checks that read files are running"):
            store.gates.check(request)
        files.go_on.set()
        assert [each.result(SECONDS).passed for each in running] == [True, True]
    assert store.gates.check(request).passed


def test_what_cannot_be_read_refuses(store: SqlStore, name: str) -> None:
    guard(store, name, "size_limit", 10)
    with pytest.raises(InvalidParameter, match=r"got the files at s3://.*the disk is gone"):
        move(store, name, "2", "Production")
    assert get_version(store, name, "2").current_stage == "None"


def test_a_fault_of_ours_reaches_who_waits(store: SqlStore, name: str) -> None:
    guard(store, name, "digests_intact")
    with pytest.raises(TypeError, match="a fault of ours"):
        move(store, name, "1", "Production")


def test_a_store_that_opens_no_files_refuses(tmp_path: Path) -> None:
    store = SqlStore(Database(f"sqlite:///{tmp_path / 'test.db'}"), "/root")
    name = new_registered_model(store)
    new_version(store, name)
    guard(store, name, "size_limit", 10)
    with pytest.raises(InvalidParameter, match="opened without access to the files of models"):
        move(store, name, "1", "Production")
    store.close()


@pytest.mark.parametrize("reading", [True, False])
def test_closing_waits_for_what_was_handed_over(
    store: SqlStore, files: Files, name: str, reading: bool
) -> None:
    guard(store, name, "size_limit", 10)
    if reading:
        files.go_on.clear()
    request = mv.TransitionModelVersionStage(name, "1", "Production")
    pending = store.model_versions.transition_stage(request)
    if reading:
        assert files.asked.wait(SECONDS)
        threading.Timer(0.05, files.go_on.set).start()
    store.close()
    assert pending.done
    assert pending.result().current_stage == "Production"


def test_who_asks_and_who_approves_must_be_known(store: SqlStore, name: str) -> None:
    set_policy(store, [st.Stage("Staging"), st.Stage("Production", protected=True)])
    ask = tr.CreateTransitionRequest(name, "1", "Production")
    with pytest.raises(InvalidParameter, match="must say who asks"):
        store.transition_requests.create(ask).result()
    ask.user_id = "ada"
    made = store.transition_requests.create(ask).result()
    with pytest.raises(PermissionDenied, match="it must be said who approves"):
        store.transition_requests.approve(tr.ApproveTransitionRequest(made.request_id)).result()
    assert get_version(store, name).current_stage == "None"
