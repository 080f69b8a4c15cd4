"""The contract of the registry's history."""

from __future__ import annotations

import time

import pytest

from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import registry_events as ev
from millstream.errors import InvalidParameter, InvalidState, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, unique
from millstream.testing.model_versions import get_version, move, stages
from millstream.testing.registered_models import get, new_registered_model, new_version


def history(store: Store, name: str) -> list[ev.RegistryEvent]:
    """All events of a model, oldest first."""
    request = ev.SearchRegistryEvents(name, oldest_first=True, max_results=1_000)
    return store.registry_events.search(request).events


def _with_versions(store: Store, count: int) -> str:
    name = new_registered_model(store)
    for number in range(1, count + 1):
        new_version(store, name, number)
    return name


def _set_alias(store: Store, name: str, alias: str, version: str) -> None:
    store.registered_models.set_alias(rm.SetRegisteredModelAlias(name, alias, version)).result()


class RegistryEventsContract(Contract):
    """What every store promises about the history of its registry."""

    def test_each_change_says_who_what_and_why(self, store: Store) -> None:
        name = _with_versions(store, 2)
        move(store, name, "1", "Production")
        request = mv.TransitionModelVersionStage(
            name, "2", "Production", True, user_id="ada", comment="better on last week"
        )
        store.model_versions.transition_stage(request).result()
        archived, promoted = history(store, name)[-2:]
        assert archived.change_id == promoted.change_id
        assert (archived.version, archived.from_value, archived.to_value) == (
            *("1", "Production"),
            "Archived",
        )
        assert (promoted.kind, promoted.version) == ("STAGE_CHANGED", "2")
        assert (promoted.from_value, promoted.to_value) == ("None", "Production")
        assert (promoted.user_id, promoted.comment) == ("ada", "better on last week")

    def test_what_changes_nothing_leaves_no_event(self, store: Store) -> None:
        name = _with_versions(store, 1)
        before = history(store, name)
        move(store, name, "1", "None")
        store.registered_models.delete_tag(rm.DeleteRegisteredModelTag(name, "no")).result()
        store.registered_models.delete_alias(rm.DeleteRegisteredModelAlias(name, "no")).result()
        store.registered_models.set_tag(rm.SetRegisteredModelTag(name, "team", "red")).result()
        assert history(store, name) == before

    def test_the_history_outlives_names_and_models(self, store: Store) -> None:
        name, new_name = _with_versions(store, 1), unique("model")
        store.registered_models.rename(rm.RenameRegisteredModel(name, new_name)).result()
        store.registered_models.delete(rm.DeleteRegisteredModel(new_name, user_id="bob")).result()
        kinds = [event.kind for event in history(store, name)]
        assert kinds == [
            *("MODEL_CREATED", "MODEL_TAG_SET", "VERSION_CREATED"),
            *("MODEL_RENAMED", "MODEL_DELETED"),
        ]
        assert history(store, new_name) == history(store, name)
        assert [event.kind for event in history(store, _with_versions(store, 0))] == [
            *("MODEL_CREATED", "MODEL_TAG_SET")
        ]

    def test_events_in_pages_and_by_kind(self, store: Store) -> None:
        name = _with_versions(store, 3)
        search = store.registry_events.search
        first = search(ev.SearchRegistryEvents(name, kinds=["VERSION_CREATED"], max_results=2))
        assert [event.version for event in first.events] == ["3", "2"]
        request = ev.SearchRegistryEvents(
            name, kinds=["VERSION_CREATED"], max_results=2, page_token=first.next_page_token
        )
        second = search(request)
        assert [event.version for event in second.events] == ["1"]
        assert second.next_page_token is None
        of_version = search(ev.SearchRegistryEvents(name, "2"))
        assert [event.kind for event in of_version.events] == ["VERSION_CREATED"]

    def test_the_state_at_a_moment(self, store: Store) -> None:
        name = _with_versions(store, 2)
        move(store, name, "1", "Production")
        _set_alias(store, name, "champion", "1")
        then = history(store, name)[-1].timestamp
        while time.time_ns() // 1_000_000 <= then:
            time.sleep(0.001)
        move(store, name, "2", "Production", archive=True)
        _set_alias(store, name, "champion", "2")
        store.model_versions.delete(mv.DeleteModelVersion(name, "1")).result()
        get_state = store.registry_events.get_state
        past = get_state(ev.GetRegistryState(name, then, "production"))
        assert [(v.version, v.aliases) for v in past.versions] == [("1", ["champion"])]
        present = get_state(ev.GetRegistryState(name))
        assert [(v.version, v.current_stage) for v in present.versions] == [("2", "Production")]
        assert present.versions[0].aliases == ["champion"]
        with pytest.raises(NotFound, match="Registered Model with name=nobody"):
            get_state(ev.GetRegistryState("nobody" + unique("x")))

    def test_rolling_a_stage_back(self, store: Store) -> None:
        name = _with_versions(store, 2)
        move(store, name, "1", "Production")
        move(store, name, "2", "Production", archive=True)
        request = ev.RollBack(name, "production", user_id="eve", comment="errors")
        added = store.registry_events.roll_back(request).result().events
        assert stages(store, name) == {"1": "Production", "2": "None"}
        assert {event.user_id for event in added} == {"eve"}
        again = store.registry_events.roll_back(ev.RollBack(name, "Production"))
        again.result()
        assert stages(store, name) == {"1": "Archived", "2": "Production"}

    def test_a_stage_that_changed_since_is_not_rolled_back(self, store: Store) -> None:
        name = _with_versions(store, 2)
        move(store, name, "1", "Production")
        move(store, name, "2", "Production", archive=True)
        move(store, name, "1", "Staging")
        with pytest.raises(InvalidState, match="it is in Staging now"):
            store.registry_events.roll_back(ev.RollBack(name, "Production")).result()
        assert stages(store, name) == {"1": "Staging", "2": "Production"}

    def test_what_was_deleted_does_not_come_back(self, store: Store) -> None:
        name = _with_versions(store, 2)
        for version in ("1", "2"):
            move(store, name, version, "Production", archive=True)
            _set_alias(store, name, "champion", version)
        store.model_versions.delete(mv.DeleteModelVersion(name, "1")).result()
        roll_back = store.registry_events.roll_back
        gone = (
            rf"Version 1 of '{name}' cannot go back from Archived to Production: it was deleted\."
        )
        with pytest.raises(NotFound, match=gone):
            roll_back(ev.RollBack(name, "Production")).result()
        gone = "Version 1 .* cannot get the alias 'champion' back: it was deleted"
        with pytest.raises(NotFound, match=gone):
            roll_back(ev.RollBack(name, alias="champion")).result()
        assert stages(store, name) == {"2": "Production"}
        assert get(store, name).aliases == {"champion": "2"}

    def test_rolling_an_alias_back(self, store: Store) -> None:
        name = _with_versions(store, 2)
        for version in ("1", "2"):
            _set_alias(store, name, "champion", version)
        store.registry_events.roll_back(ev.RollBack(name, alias="champion")).result()
        assert get(store, name).aliases == {"champion": "1"}
        assert get_version(store, name, "2").aliases == []

    def test_a_roll_back_needs_something_to_undo(self, store: Store) -> None:
        name = _with_versions(store, 1)
        roll_back = store.registry_events.roll_back
        with pytest.raises(NotFound, match="There is nothing to roll back"):
            roll_back(ev.RollBack(name, "Production")).result()
        with pytest.raises(NotFound, match="alias 'champion' of the model"):
            roll_back(ev.RollBack(name, alias="champion")).result()
        for stage, alias in ((None, None), ("Production", "champion")):
            with pytest.raises(InvalidParameter, match="exactly one of"):
                roll_back(ev.RollBack(name, stage, alias)).result()

    def test_a_name_that_many_models_had(self, store: Store) -> None:
        name = unique("model")
        for _ in range(25):
            store.registered_models.create(rm.CreateRegisteredModel(name)).result()
            store.registered_models.delete(rm.DeleteRegisteredModel(name)).result()
        kinds = [event.kind for event in history(store, name)]
        assert kinds == ["MODEL_CREATED", "MODEL_DELETED"] * 25
