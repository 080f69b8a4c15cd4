"""Reading costs a constant number of statements, however much is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from millstream.entities import deployments as d
from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import registered_models as rm
from millstream.entities import registry_events as ev
from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.entities import transition_requests as tr
from millstream.entities.asking import Asking
from millstream.entities.permissions import PermissionName
from millstream.store.sql.access.passwords import HashingCost
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database
from millstream.store.sql.drivers.sqlite import SqliteConnection
from millstream.store.sql.store import SqlStore
from millstream.testing.access import caller, grant, new_user
from millstream.testing.fixtures import new_experiment
from millstream.testing.registered_models import new_registered_model

_COLUMNS = [
    rt.Column("metric", "m"),
    rt.Column("param", "p"),
    rt.Column("param", "absent"),
    rt.Column("tag", "mlflow.runName"),
    *(rt.Column("attribute", key) for key in ("duration", "datasets", "models", "source")),
]
Count = Callable[[Callable[[], object]], int]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(Database(f"sqlite:///{tmp_path / 'test.db'}"), "/artifacts")
    yield opened
    opened.close()


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    """Counts the statements that a call executes, after one call to fill the caches."""
    executed: list[str] = []

    def watch(name: str) -> None:
        original = getattr(SqliteConnection, name)

        def note(self: SqliteConnection, sql: str, params: tuple[object, ...] = ()) -> object:
            executed.append(sql)
            return original(self, sql, params)

        monkeypatch.setattr(SqliteConnection, name, note)

    for name in ("execute", "run", "run_many"):
        watch(name)

    def counted(call: Callable[[], object]) -> int:
        call()
        executed.clear()
        call()
        return len(executed)

    return counted


def add_runs(store: SqlStore, count: int) -> list[str]:
    ids = []
    for place in range(count):
        run_id = store.runs.create(r.CreateRun("0")).result().info.run_id
        metrics = [m.Metric("m", 1.0, 1, step) for step in range(place % 7)]
        params = [r.Param("p", "1")]
        store.runs.log_batch(r.LogBatch(run_id, metrics, params)).result()
        dataset = r.DatasetInput(r.Dataset("d", str(place), "local", "s"), [r.InputTag("k", "v")])
        store.runs.log_inputs(r.LogInputs(run_id, [dataset])).result()
        ids.append(run_id)
    return ids


def test_lists_cost_the_same_however_long(store: SqlStore, count: Count) -> None:
    ids: list[str] = []

    def calls() -> dict[str, Callable[[], object]]:
        return {
            "runs.search": lambda: store.runs.search(r.SearchRuns(["0"])),
            "experiments.search": lambda: store.experiments.search(e.SearchExperiments(100)),
            "models.search": lambda: store.models.search(lm.SearchLoggedModels(["0"])),
            "list_columns": lambda: store.experiments.list_columns(rt.ListColumns("0")),
            "list_values": lambda: store.experiments.list_values(
                rt.ListColumnValues("0", "param", "p")
            ),
            "find": lambda: store.runs.find(r.FindRuns("-")),
            "table": lambda: store.runs.get_table(
                rt.GetRunTable(["0"], columns=_COLUMNS, parent_run_id="", max_results=1000)
            ),
            "groups": lambda: store.runs.get_groups(
                rt.GetRunGroups(["0"], group_by=_COLUMNS[:2], measures=_COLUMNS[:2])
            ),
            "search_datasets": lambda: store.experiments.search_datasets(r.SearchDatasets(["0"])),
            "bulk": lambda: store.metrics.get_history_bulk(m.GetMetricHistoryBulk(ids, "m")),
            "interval": lambda: store.metrics.get_history_bulk_interval(
                m.GetMetricHistoryBulkInterval(ids, "m", max_results=3)
            ),
            "series": lambda: store.metrics.get_series(m.GetSeries(ids, ["m"])),
        }

    for _ in range(2):
        ids += add_runs(store, 10)
        store.experiments.create(e.CreateExperiment(f"e{len(ids)}")).result()
        store.models.create(lm.CreateLoggedModel("0")).result()
    few = {name: count(call) for name, call in calls().items()}
    ids += add_runs(store, 40)
    for place in range(10):
        store.experiments.create(e.CreateExperiment(f"more{place}")).result()
        store.models.create(lm.CreateLoggedModel("0")).result()
    assert {name: count(call) for name, call in calls().items()} == few
    assert max(few.values()) <= 13


def test_a_tree_costs_the_same_however_many_parents_go_in_circles(
    store: SqlStore, count: Count
) -> None:
    def costs(ids: list[str]) -> list[int]:
        for run_id, parent in zip(ids, [*ids[1:], ids[0]], strict=True):
            store.runs.set_tag(r.SetTag(run_id, "mlflow.parentRunId", parent)).result()
        trees = [rt.GetRunTable(["0"], parent_run_id=parent) for parent in ("", ids[0])]
        assert [len(store.runs.get_table(tree).run_ids) for tree in trees] == [len(ids), 0]
        return [count(partial(store.runs.get_table, tree)) for tree in trees]

    ids = add_runs(store, 3)
    few = costs(ids)
    assert costs([*ids, *add_runs(store, 40)]) == few


def test_leaving_out_costs_two_statements(store: SqlStore, count: Count) -> None:
    access = SqlAccess(store.database, "/artifacts", cost=HashingCost(passes=1, memory=8))
    user = new_user(access)
    asking = Asking(user, caller(access, user))
    homes, models = [], []

    def grow(number: int) -> None:
        for _ in range(number):
            homes.append(new_experiment(store))
            models.append(new_registered_model(store))
            store.runs.create(r.CreateRun(homes[-1])).result()
            permission: PermissionName = "DENY" if len(homes) % 2 else "EDIT"
            grant(access, user, "experiment", homes[-1], permission)
            grant(access, user, "registered_model", models[-1], permission)

    def added() -> dict[str, int]:
        """How many statements each operation costs more where it leaves something out."""
        calls: list[tuple[Callable[..., object], object]] = [
            (store.experiments.search, e.SearchExperiments(100)),
            (store.experiments.search_datasets, r.SearchDatasets(homes)),
            (store.runs.search, r.SearchRuns(homes)),
            (store.runs.find, r.FindRuns("-")),
            (store.runs.get_table, rt.GetRunTable(homes)),
            (store.runs.get_groups, rt.GetRunGroups(homes, group_by=_COLUMNS[3:4])),
            (store.models.search, lm.SearchLoggedModels(homes)),
            (store.registered_models.search, rm.SearchRegisteredModels()),
            (store.model_versions.search, mv.SearchModelVersions()),
            (store.registry_events.search, ev.SearchRegistryEvents()),
            (store.transition_requests.search, tr.SearchTransitionRequests()),
            (store.deployments.search, d.SearchDeployments()),
        ]
        return {
            type(request).__name__: count(partial(call, request, asking))
            - count(partial(call, request))
            for call, request in calls
        }

    grow(6)
    few = added()
    grow(20)
    assert added() == few
    assert max(few.values()) <= 2


def test_a_long_series_costs_the_same_however_long(store: SqlStore, count: Count) -> None:
    run_id = store.runs.create(r.CreateRun("0")).result().info.run_id
    request = m.GetSeries([run_id], ["m"], buckets=20)
    costs = []
    for start in range(0, 60_000, 20_000):
        for first in range(start, start + 20_000, 1_000):
            metrics = [m.Metric("m", 1.0, step, step) for step in range(first, first + 1_000)]
            store.runs.log_batch(r.LogBatch(run_id, metrics)).result()
        assert store.metrics.get_series(request).series[0].total == start + 20_000
        costs.append(count(lambda: store.metrics.get_series(request)))
    assert max(costs) <= 8


def test_deployments_cost_the_same_however_many(store: SqlStore, count: Count) -> None:
    store.registered_models.create(rm.CreateRegisteredModel("m")).result()
    store.model_versions.create(mv.CreateModelVersion("m", "s3://b")).result()
    record = d.RecordDeployment("local:", "churn", "models:/m/1", None, "m", "1")
    search = d.SearchDeployments("m", "1", state="replaced", max_results=1_000)

    def costs() -> list[int]:
        (made,) = store.deployments.search(d.SearchDeployments(state="live")).deployments
        calls: list[Callable[[], object]] = [
            lambda: store.deployments.record(record).result(),
            lambda: store.deployments.search(search),
            lambda: store.deployments.get(d.DeploymentId(made.deployment_id)),
        ]
        return [count(call) for call in calls]

    store.deployments.record(record).result()
    store.deployments.record(record).result()
    few = costs()
    for _ in range(50):
        store.deployments.record(record).result()
    assert costs() == few
    assert len(store.deployments.search(search).deployments) > 50
    assert few[1:] == [2, 1]


def test_a_run_costs_few_statements(store: SqlStore, count: Count) -> None:
    (run_id,) = add_runs(store, 1)
    assert count(lambda: store.runs.get(r.RunId(run_id))) <= 7
    assert count(lambda: store.experiments.get(e.ExperimentId("0"))) == 2


def test_many_runs_change_at_the_cost_of_few(store: SqlStore, count: Count) -> None:
    ids = [store.runs.create(r.CreateRun("0")).result().info.run_id for _ in range(60)]

    def costs(run_ids: list[str]) -> list[int]:
        values: list[str | None] = ["a" if place % 2 else None for place in range(len(run_ids))]
        deleted, active = (r.SetLifecycleStage(run_ids, stage) for stage in ("deleted", "active"))
        return [
            count(lambda: store.runs.tag(r.TagRuns(run_ids, "phase", values)).result()),
            count(lambda: store.runs.tag(r.TagRuns(run_ids, "mlflow.runName", values)).result()),
            count(lambda: store.runs.set_lifecycle_stage(deleted).result()),
            count(lambda: store.runs.set_lifecycle_stage(active).result()),
        ]

    assert costs(ids) == costs(ids[:2])


def test_the_registry_costs_the_same_however_large(store: SqlStore, count: Count) -> None:
    def costs() -> dict[str, int]:
        by_tag = mv.SearchModelVersions("name = 'm0' AND tags.k = 'v'")
        return {
            "models": count(lambda: store.registered_models.search(rm.SearchRegisteredModels())),
            "model": count(lambda: store.registered_models.get(rm.GetRegisteredModel("m0"))),
            "latest": count(
                lambda: store.registered_models.get_latest_versions(rm.GetLatestVersions("m0"))
            ),
            "alias": count(
                lambda: store.registered_models.get_by_alias(rm.GetModelVersionByAlias("m0", "a"))
            ),
            "versions": count(lambda: store.model_versions.search(mv.SearchModelVersions())),
            "by tag": count(lambda: store.model_versions.search(by_tag)),
            "version": count(lambda: store.model_versions.get(mv.GetModelVersion("m0", "1"))),
            "history": count(lambda: store.registry_events.search(ev.SearchRegistryEvents("m0"))),
            "state": count(lambda: store.registry_events.get_state(ev.GetRegistryState("m0"))),
        }

    _register(store, ["m0"], 1)
    store.registered_models.set_alias(rm.SetRegisteredModelAlias("m0", "a", "1")).result()
    few = costs()
    _register(store, [f"m{number}" for number in range(30)], 20)
    assert costs() == few
    assert few == {
        "models": 6,
        "model": 5,
        "latest": 4,
        "alias": 5,
        "versions": 4,
        "by tag": 5,
        "version": 3,
        "history": 3,
        "state": 3,
    }


def _register(store: SqlStore, names: list[str], versions: int) -> None:
    for name in names:
        if name != "m0" or versions == 1:
            store.registered_models.create(rm.CreateRegisteredModel(name)).result()
        for number in range(versions):
            request = mv.CreateModelVersion(name, "s3://b", tags=[mv.ModelVersionTag("k", "v")])
            made = store.model_versions.create(request).result()
            stage = ("None", "Staging", "Production", "Archived")[number % 4]
            move = mv.TransitionModelVersionStage(name, made.version, stage)
            store.model_versions.transition_stage(move).result()
