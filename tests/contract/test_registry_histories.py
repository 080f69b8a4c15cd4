"""Whatever is done to the registry, in whatever order, its history tells the states it had."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import registry_events as ev
from millstream.entities.stages import DEFAULT_STAGES
from millstream.errors import MillstreamError
from millstream.store.interface import Store
from millstream.store.pending import Pending
from millstream.store.sql.database import Database
from millstream.store.sql.registry.replay import replay
from millstream.store.sql.store import SqlStore

SOURCES = Path(__file__).parents[2] / "src"
NAMES = ("first", "second", "third")
STEPS = {"sqlite": 250, "postgresql": 120, "mysql": 120}
ALIASES = ("champion", "other")

State = dict[str, tuple[str | None, tuple[str, ...]]]


@pytest.fixture
def store(database_uri: str) -> Iterator[SqlStore]:
    opened = SqlStore(Database(database_uri), "mlflow-artifacts:/")
    yield opened
    opened.close()


def present(store: Store, name: str) -> State | None:
    """Stage and aliases of each version, as they stand; None if no model has the name."""
    try:
        store.registered_models.get(rm.GetRegisteredModel(name))
    except MillstreamError:
        return None
    page = store.model_versions.search(mv.SearchModelVersions(f"name = '{name}'"))
    return {
        one.version: (one.current_stage, tuple(sorted(one.aliases))) for one in page.model_versions
    }


def told(store: Store, name: str, timestamp: int | None = None) -> State:
    """The same, as the history tells it."""
    state = store.registry_events.get_state(ev.GetRegistryState(name, timestamp))
    return {one.version: (one.current_stage, tuple(sorted(one.aliases))) for one in state.versions}


class Hand:
    """Does things at random; what makes no sense is refused by the store, and changes nothing."""

    def __init__(self, store: Store, seed: int) -> None:
        self._store = store
        self._random = random.Random(seed)  # noqa: S311  # no secret: a test that can be repeated

    def act(self) -> MillstreamError | None:
        """One change; the error if it was refused."""
        models, versions = self._store.registered_models, self._store.model_versions
        pick = self._random.choice
        name, version = pick(NAMES), str(self._random.randint(1, 6))
        stage, alias, archive = pick(DEFAULT_STAGES), pick(ALIASES), pick((False, True))
        deeds: tuple[tuple[int, Callable[[], Pending[Any]]], ...] = (
            (2, lambda: models.create(rm.CreateRegisteredModel(name))),
            (6, lambda: versions.create(mv.CreateModelVersion(name, "s3://b/m"))),
            (8, lambda: versions.transition_stage(self._move(name, version, stage, archive))),
            (5, lambda: models.set_alias(rm.SetRegisteredModelAlias(name, alias, version))),
            (2, lambda: models.delete_alias(rm.DeleteRegisteredModelAlias(name, alias))),
            (1, lambda: models.rename(rm.RenameRegisteredModel(name, pick(NAMES)))),
            (1, lambda: models.delete(rm.DeleteRegisteredModel(name))),
            (2, lambda: versions.delete(mv.DeleteModelVersion(name, version))),
            (1, lambda: models.set_tag(rm.SetRegisteredModelTag(name, "k", version))),
            (1, lambda: versions.set_tag(mv.SetModelVersionTag(name, version, "k", alias))),
            (1, lambda: versions.update(mv.UpdateModelVersion(name, version, alias))),
            (2, lambda: self._store.registry_events.roll_back(ev.RollBack(name, stage))),
            (2, lambda: self._store.registry_events.roll_back(ev.RollBack(name, alias=alias))),
        )
        weights, calls = zip(*deeds, strict=True)
        try:
            self._random.choices(calls, weights)[0]().result()
        except MillstreamError as error:
            return error
        return None

    @staticmethod
    def _move(name: str, version: str, stage: str, archive: bool) -> mv.TransitionModelVersionStage:
        return mv.TransitionModelVersionStage(name, version, stage, archive)


def states_of(store: Store) -> dict[str, State]:
    """The state of every model that there is."""
    found = {name: present(store, name) for name in NAMES}
    return {name: state for name, state in found.items() if state is not None}


def next_millisecond() -> int:
    """A moment that nothing that happened shares with anything that will."""
    moment = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == moment:
        time.sleep(0.0002)
    return moment


def events_of(store: Store, name: str) -> list[ev.RegistryEvent]:
    """All that the history says about the name, oldest first."""
    request = ev.SearchRegistryEvents(name, oldest_first=True, max_results=1_000)
    return store.registry_events.search(request).events


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_histories_tell_every_state(store: SqlStore, seed: int) -> None:
    hand = Hand(store, seed)
    moments: list[tuple[int, dict[str, State]]] = []
    for _ in range(STEPS[store.database.dialect.name]):
        before = states_of(store)
        refusal = hand.act()
        now = states_of(store)
        if refusal is not None:
            assert refusal.status < 500
            assert now == before
        moments.append((next_millisecond(), now))
    for moment, states in moments:
        for name, state in states.items():
            assert told(store, name, moment) == state, (moment, name)
    for name, state in moments[-1][1].items():
        assert told(store, name) == state


def test_models_that_had_one_name_are_told_apart(store: SqlStore) -> None:
    models, versions = store.registered_models, store.model_versions
    name, moved = f"name {time.time_ns()}", f"moved {time.time_ns()}"
    models.create(rm.CreateRegisteredModel(name)).result()
    for _ in range(3):
        versions.create(mv.CreateModelVersion(name, "s3://b/m")).result()
    first = next_millisecond()
    models.rename(rm.RenameRegisteredModel(name, moved)).result()
    models.create(rm.CreateRegisteredModel(name)).result()
    versions.create(mv.CreateModelVersion(name, "s3://b/m")).result()
    second = next_millisecond()
    models.delete(rm.DeleteRegisteredModel(name)).result()
    assert sorted(told(store, name, first)) == ["1", "2", "3"]
    assert sorted(told(store, moved, first)) == ["1", "2", "3"]
    assert sorted(told(store, name, second)) == ["1"]
    assert sorted(told(store, moved)) == ["1", "2", "3"]
    own = [event for event in events_of(store, moved) if event.kind != "MODEL_DELETED"]
    assert sorted(replay(own).versions) == ["1", "2", "3"]


def test_no_statement_changes_or_removes_an_event() -> None:
    forbidden = re.compile(
        r"(UPDATE|DELETE\s+FROM|REPLACE\s+INTO|TRUNCATE(\s+TABLE)?|DROP\s+TABLE)\s+"
        r"[\"'`\s]*registry_events",
        re.IGNORECASE,
    )
    mentioned = []
    for path in [*SOURCES.rglob("*.py"), *SOURCES.rglob("*.sql")]:
        text = path.read_text(encoding="utf-8")
        assert not forbidden.search(text), path
        if "registry_events" in text:
            mentioned.append(path.name)
    assert "events.py" in mentioned
