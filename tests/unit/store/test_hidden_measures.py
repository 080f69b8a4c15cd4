"""A refused move names no metric of a run that whoever moves may not read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from millstream.entities import gates as g
from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import registry_events as ev
from millstream.entities import transition_requests as tr
from millstream.entities.asking import Asking
from millstream.entities.metrics import LogMetric
from millstream.entities.users import Caller
from millstream.errors import InvalidParameter
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore
from millstream.testing.fixtures import new_experiment, new_run
from millstream.testing.registered_models import new_registered_model

VALUE = "0.7391"
STRANGER = Asking("ada", Caller(7, "ada", False), default_permission="NO_PERMISSIONS")
READER = Asking("ada", Caller(7, "ada", False), default_permission="READ")
Move = Callable[[SqlStore, str, Asking | None], object]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(Database(f"sqlite:///{tmp_path / 'test.db'}"), "/root")
    yield opened
    opened.close()


@pytest.fixture
def name(store: SqlStore) -> str:
    """A model whose only version was measured in a run, and has left the stage that is guarded."""
    name = new_registered_model(store)
    run_id = new_run(store, new_experiment(store))
    store.metrics.log(LogMetric(run_id, "r2", float(VALUE), 1)).result()
    store.model_versions.create(mv.CreateModelVersion(name, "s3://b/1", run_id)).result()
    for stage in ("Production", "Archived"):
        move = mv.TransitionModelVersionStage(name, "1", stage)
        store.model_versions.transition_stage(move).result()
    gate = g.Gate(
        "good", "metric_threshold", ["Production"], ["champion"], "r2", ">=", threshold=0.8
    )
    store.gates.set(g.SetGate(name, gate)).result()
    return name


def transition(store: SqlStore, name: str, asking: Asking | None) -> object:
    request = mv.TransitionModelVersionStage(name, "1", "Production")
    return store.model_versions.transition_stage(request, asking).result()


def point(store: SqlStore, name: str, asking: Asking | None) -> object:
    request = rm.SetRegisteredModelAlias(name, "champion", "1")
    return store.registered_models.set_alias(request, asking).result()


def approve(store: SqlStore, name: str, asking: Asking | None) -> object:
    request = tr.CreateTransitionRequest(name, "1", "Production", user_id="bob")
    made = store.transition_requests.create(request).result()
    approval = tr.ApproveTransitionRequest(made.request_id, user_id="ada")
    try:
        return store.transition_requests.approve(approval, asking).result()
    finally:
        taken_back = tr.CancelTransitionRequest(made.request_id, user_id="bob")
        store.transition_requests.cancel(taken_back).result()


def roll_back(store: SqlStore, name: str, asking: Asking | None) -> object:
    request = ev.RollBack(name, stage="Archived")
    return store.registry_events.roll_back(request, asking).result()


@pytest.mark.parametrize("move", [transition, point, approve, roll_back])
def test_a_value_is_told_to_those_who_may_read_it(store: SqlStore, name: str, move: Move) -> None:
    with pytest.raises(InvalidParameter, match="got a value that you may not read") as refused:
        move(store, name, STRANGER)
    assert VALUE not in refused.value.message
    assert VALUE not in str(refused.value.json_kwargs)
    for asking in (READER, None):
        with pytest.raises(InvalidParameter, match=VALUE):
            move(store, name, asking)
