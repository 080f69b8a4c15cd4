"""The contract of protection: no way into or out of a protected stage but by approval.

Every row of the endpoint table that changes the registry stands in one of two tables below: what
it does to what is protected is refused, or it is done and leaves that as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from millstream.entities import gates as g
from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import registry_events as ev
from millstream.entities import stages as st
from millstream.entities import transition_requests as tr
from millstream.errors import PermissionDenied
from millstream.rest.endpoints import ENDPOINTS, Effort
from millstream.store.interface import Store
from millstream.store.pending import Pending
from millstream.testing.fixtures import unique
from millstream.testing.model_versions import move, stages
from millstream.testing.registered_models import get, new_registered_model, new_version
from millstream.testing.registry_events import history
from millstream.testing.stages import WithStages, set_policy
from millstream.testing.transition_requests import approve, ask, protect_production

Change = Callable[[Store, str], Pending[Any]]


def _transition(version: str, stage: str, archive: bool = False) -> Change:
    return lambda store, name: store.model_versions.transition_stage(
        mv.TransitionModelVersionStage(name, version, stage, archive)
    )


def _alias(alias: str, version: str) -> Change:
    return lambda store, name: store.registered_models.set_alias(
        rm.SetRegisteredModelAlias(name, alias, version)
    )


def _copy(source: str) -> Change:
    return lambda store, name: store.model_versions.create(
        mv.CreateModelVersion(name, f"models:/{name}{source}")
    )


def _approve_ones_own(store: Store, name: str) -> Pending[Any]:
    made = ask(store, name, "2", stage="Production")
    request = tr.ApproveTransitionRequest(made.request_id, user_id="ada")
    return store.transition_requests.approve(request)


def _reject(store: Store, name: str) -> Pending[Any]:
    made = ask(store, name, "2", stage="Production")
    return store.transition_requests.reject(tr.RejectTransitionRequest(made.request_id))


def _cancel(store: Store, name: str) -> Pending[Any]:
    made = ask(store, name, "1", stage="Archived")
    return store.transition_requests.cancel(tr.CancelTransitionRequest(made.request_id))


def _delete_gate(store: Store, name: str) -> Pending[Any]:
    gate = g.Gate("small", "size_limit", ["Production"], most_bytes=1)
    store.gates.set(g.SetGate(name, gate)).result()
    return store.gates.delete(g.DeleteGate(name, "small"))


# In the model of these tests, versions 1 and 3 are in Production and version 1 has the alias
# golden, both of them protected; version 2 came and left by approval, and is in Staging.
REFUSED: dict[str, list[Change]] = {
    "model_versions.transition_stage": [
        _transition("2", "Production"),
        _transition("2", "production", archive=True),
        _transition("1", "Production", archive=True),
        _transition("1", "Archived"),
        _transition("1", "Staging", archive=True),
        _transition("1", "None"),
    ],
    "model_versions.delete": [
        lambda store, name: store.model_versions.delete(mv.DeleteModelVersion(name, "1"))
    ],
    "registered_models.delete": [
        lambda store, name: store.registered_models.delete(rm.DeleteRegisteredModel(name))
    ],
    "registered_models.rename": [
        lambda store, name: store.registered_models.rename(
            rm.RenameRegisteredModel(name, unique("other"))
        )
    ],
    "registered_models.set_alias": [
        _alias("golden", "2"),
        _alias("GOLDEN", "2"),
        _alias("Production", "2"),
        _alias("production", "1"),
    ],
    "registered_models.delete_alias": [
        lambda store, name: store.registered_models.delete_alias(
            rm.DeleteRegisteredModelAlias(name, "golden")
        )
    ],
    "registry_events.roll_back": [
        lambda store, name: store.registry_events.roll_back(ev.RollBack(name, "Production")),
        lambda store, name: store.registry_events.roll_back(ev.RollBack(name, alias="golden")),
        lambda store, name: store.registry_events.roll_back(ev.RollBack(name, "Staging")),
    ],
    "transition_requests.approve": [_approve_ones_own],
}
HARMLESS: dict[str, list[Change]] = {
    "registered_models.create": [
        lambda store, name: store.registered_models.create(rm.CreateRegisteredModel(unique(name)))
    ],
    "registered_models.update": [
        lambda store, name: store.registered_models.update(rm.UpdateRegisteredModel(name, "x"))
    ],
    "registered_models.set_tag": [
        lambda store, name: store.registered_models.set_tag(
            rm.SetRegisteredModelTag(name, "stage", "Production")
        )
    ],
    "registered_models.delete_tag": [
        lambda store, name: store.registered_models.delete_tag(
            rm.DeleteRegisteredModelTag(name, "team")
        )
    ],
    "model_versions.create": [_copy("/1"), _copy("@golden")],
    "model_versions.update": [
        lambda store, name: store.model_versions.update(mv.UpdateModelVersion(name, "1", "x"))
    ],
    "model_versions.set_tag": [
        lambda store, name: store.model_versions.set_tag(
            mv.SetModelVersionTag(name, "2", "stage", "Production")
        )
    ],
    "model_versions.delete_tag": [
        lambda store, name: store.model_versions.delete_tag(
            mv.DeleteModelVersionTag(name, "1", "k")
        )
    ],
    "transition_requests.create": [
        lambda store, name: store.transition_requests.create(
            tr.CreateTransitionRequest(name, "2", "Production", user_id="ada")
        )
    ],
    "transition_requests.reject": [_reject],
    "transition_requests.cancel": [_cancel],
    "gates.set": [
        lambda store, name: store.gates.set(
            g.SetGate(name, g.Gate("small", "size_limit", ["Production"], most_bytes=1))
        )
    ],
    "gates.delete": [_delete_gate],
}
IN_STAGES = {"1": "Production", "2": "Staging", "3": "Production"}
ADMINISTRATION = {"stages.set_policy"}
"""What only whoever may decide on protection does."""

_REGISTRY = ("registered_model", "transition_request", "stages")


def _cases(table: dict[str, list[Change]]) -> list[Any]:
    return [
        pytest.param(change, id=f"{operation}-{number}")
        for operation, changes in table.items()
        for number, change in enumerate(changes)
    ]


class ProtectionContract(WithStages):
    """What every store promises about protected stages and aliases."""

    @pytest.fixture
    def model(self, store: Store) -> str:
        """The model that the tables above speak of."""
        protect_production(store, "golden")
        name = new_registered_model(store)
        for number in (1, 2, 3):
            new_version(store, name, number)
            move(store, name, str(number), "Staging")
        for version, asked in (
            ("1", {"stage": "Production"}),
            ("3", {"stage": "Production"}),
            ("2", {"stage": "Production"}),
            ("2", {"stage": "Staging"}),
            ("2", {"alias": "golden"}),
            ("1", {"alias": "golden"}),
        ):
            approve(store, ask(store, name, version, **asked).request_id)
        return name

    def test_every_change_of_the_registry_stands_in_a_table(self) -> None:
        changes = {
            row.operation
            for row in ENDPOINTS
            if row.effort is Effort.WRITE and row.permission.resource in _REGISTRY
        }
        assert changes == {*REFUSED, *HARMLESS, *ADMINISTRATION}

    @pytest.mark.parametrize("change", _cases(REFUSED))
    def test_what_is_protected_refuses(self, store: Store, model: str, change: Change) -> None:
        before, states = get(store, model), stages(store, model)
        with pytest.raises(PermissionDenied, match="approv") as caught:
            change(store, model).result()
        assert caught.value.status == 403
        after = get(store, model)
        assert (after.latest_versions, after.alias_list) == (
            before.latest_versions,
            before.alias_list,
        )
        assert stages(store, model) == states == IN_STAGES
        assert get(store, model).aliases == {"golden": "1"}

    @pytest.mark.parametrize("change", _cases(HARMLESS))
    def test_what_is_not_refused_leaves_it(self, store: Store, model: str, change: Change) -> None:
        change(store, model).result()
        assert stages(store, model).items() >= IN_STAGES.items()
        assert get(store, model).aliases == {"golden": "1"}
        later = [e for e in history(store, model) if e.kind in ("STAGE_CHANGED", "ALIAS_SET")]
        assert later[-1].comment == "fine"  # the last approved move of the fixture

    def test_the_refusal_says_how_to_ask(self, store: Store, model: str) -> None:
        with pytest.raises(PermissionDenied) as caught:
            move(store, model, "2", "Production")
        assert f"create_transition_request(name='{model}', version='2', stage='Production')" in (
            caught.value.message
        )
        assert caught.value.json_kwargs == {"protected_stage": "Production"}
        with pytest.raises(PermissionDenied) as caught:
            _alias("golden", "2")(store, model).result()
        assert "version='2', alias='golden'" in caught.value.message
        assert caught.value.json_kwargs == {"protected_alias": "golden"}

    def test_what_left_the_protected_stage_is_free(self, store: Store, model: str) -> None:
        for version, asked in (
            (None, {"alias": "golden"}),
            ("1", {"stage": "Archived"}),
            ("3", {"stage": "None"}),
        ):
            approve(store, ask(store, model, version, **asked).request_id)
        store.model_versions.delete(mv.DeleteModelVersion(model, "1")).result()
        store.registered_models.delete(rm.DeleteRegisteredModel(model)).result()

    def test_archived_may_be_protected_too(self, store: Store) -> None:
        name = new_registered_model(store)
        for number in (1, 2):
            new_version(store, name, number)
        move(store, name, "1", "Production")
        set_policy(store, [st.Stage("Staging"), st.Stage("Production"), st.Stage("Archived", True)])
        with pytest.raises(PermissionDenied, match="The stage 'Archived' is protected"):
            move(store, name, "2", "Production", archive=True)
        assert stages(store, name) == {"1": "Production", "2": "None"}
