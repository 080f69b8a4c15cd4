"""The contract of the registry under many hands: what holds however changes are interleaved."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest

from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import registry_events as ev
from millstream.entities.stages import ARCHIVED, NO_STAGE
from millstream.errors import AlreadyExists, MillstreamError
from millstream.store.interface import Store
from millstream.store.sql.registry.replay import replay
from millstream.testing.fixtures import Contract, unique
from millstream.testing.model_versions import move
from millstream.testing.registered_models import get, new_registered_model, new_version

THREADS = 64


def whole_history(store: Store, name: str) -> list[ev.RegistryEvent]:
    """All events of the models that ever had the name, oldest first, however many pages."""
    found: list[ev.RegistryEvent] = []
    token: str | None = None
    while True:
        request = ev.SearchRegistryEvents(
            name, oldest_first=True, max_results=1_000, page_token=token
        )
        page = store.registry_events.search(request)
        found += page.events
        token = page.next_page_token
        if token is None:
            return found


def at_once(count: int, work: Callable[[int], None]) -> list[BaseException]:
    """Call `work(0)` to `work(count - 1)` in as many threads; the errors that came out."""
    start, errors = threading.Barrier(count), list[BaseException]()

    def run(number: int) -> None:
        try:
            start.wait()
            work(number)
        except BaseException as error:  # noqa: BLE001  # whatever leaks out is the finding
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def register_and_promote(store: Store, names: Sequence[str], number: int, rounds: int) -> None:
    """Register versions of these models in turns; each goes to Production and is the champion."""
    for turn in range(rounds):
        name = names[(number + turn) % len(names)]
        version = new_version(store, name, turn).version
        move(store, name, version, "Production", archive=True)
        alias = rm.SetRegisteredModelAlias(name, "champion", version)
        store.registered_models.set_alias(alias).result()


def check_after_race(store: Store, name: str, count: int) -> None:
    """Numbers without gaps, one version in Production, and a history that led to just that."""
    page = store.model_versions.search(mv.SearchModelVersions(f"name = '{name}'"))
    stages = {int(one.version): one.current_stage for one in page.model_versions}
    assert sorted(stages) == list(range(1, count + 1))
    assert list(stages.values()).count("Production") == 1
    assert set(stages.values()) <= {"Production", ARCHIVED}
    told = replay(whole_history(store, name))
    assert told.name == name
    assert {int(key): state.current_stage for key, state in told.versions.items()} == stages
    assert told.aliases == get(store, name).aliases
    assert set(told.aliases) == {"champion"}
    state = store.registry_events.get_state(ev.GetRegistryState(name))
    assert {int(one.version): one.current_stage for one in state.versions} == stages


class RegistryRacesContract(Contract):
    """What every store promises when many threads change its registry at once."""

    @pytest.mark.parametrize("models", [1, 3])
    def test_versions_and_stages(self, store: Store, models: int) -> None:
        names = [new_registered_model(store) for _ in range(models)]
        errors = at_once(THREADS, lambda number: register_and_promote(store, names, number, models))
        assert errors == []
        for name in names:
            check_after_race(store, name, THREADS)

    def test_a_name_goes_to_one(self, store: Store) -> None:
        name = unique("model")
        made: list[str] = []

        def create(_: int) -> None:
            made.append(
                store.registered_models.create(rm.CreateRegisteredModel(name)).result().name
            )

        errors = at_once(THREADS, create)
        assert made == [name]
        assert {type(error) for error in errors} == {AlreadyExists}
        assert len(errors) == THREADS - 1

    def test_changes_while_the_model_goes(self, store: Store) -> None:
        """Whoever comes too late is told so, and the history ends with the deletion."""
        name = new_registered_model(store)

        def change(number: int) -> None:
            if number == THREADS // 2:
                store.registered_models.delete(rm.DeleteRegisteredModel(name)).result()
            else:
                version = new_version(store, name, number).version
                move(store, name, version, "Staging")

        errors = at_once(THREADS, change)
        codes = {error.error_code for error in errors if isinstance(error, MillstreamError)}
        assert codes <= {"RESOURCE_DOES_NOT_EXIST"}
        assert all(isinstance(error, MillstreamError) for error in errors)
        events = whole_history(store, name)
        assert events[-1].kind == "MODEL_DELETED"
        numbers = [int(event.version or 0) for event in events if event.kind == "VERSION_CREATED"]
        assert numbers == list(range(1, len(numbers) + 1))
        assert {event.from_value for event in events if event.kind == "STAGE_CHANGED"} <= {NO_STAGE}
