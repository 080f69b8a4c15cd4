"""The contract of restriction: what searches leave out, held against a plain model of grants."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar, get_args

import msgspec
import pytest

from millstream.entities import deployments as d
from millstream.entities import experiments as e
from millstream.entities import gates as g
from millstream.entities import metrics as m
from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import permissions as p
from millstream.entities import registered_models as rm
from millstream.entities import registry_events as ev
from millstream.entities import run_tables as rt
from millstream.entities import runs as r
from millstream.entities import tokens as t
from millstream.entities import transition_requests as tr
from millstream.entities.asking import Asking
from millstream.errors import AlreadyExists, InvalidParameter, NotFound
from millstream.store.access import Access
from millstream.store.interface import Store
from millstream.testing.access import BY, caller, grant, new_user
from millstream.testing.fixtures import unique

T = TypeVar("T")
Granted = dict[tuple[p.ResourceType, str], p.PermissionName]

_KINDS: tuple[p.ResourceType, ...] = ("experiment", "registered_model")
_DEFAULTS: tuple[p.PermissionName, ...] = ("READ", "NO_PERMISSIONS", "MANAGE")
_DATASET = r.DatasetInput(r.Dataset("houses", "digest", "local", "houses.csv"))


class World(NamedTuple):
    """Experiments with two runs and a logged model each, and models with a version each.

    All have names that begin with `prefix`, which also asked for all that was done to the models.
    """

    prefix: str
    experiments: list[str]
    models: list[str]


def new_world(store: Store) -> World:
    """A world of five experiments and five registered models."""
    prefix = unique("world")
    experiments = [_new_home(store, f"{prefix}-{number}", prefix) for number in range(5)]
    models = [f"{prefix}-{number}" for number in range(5)]
    for name in models:
        create = rm.CreateRegisteredModel(name, user_id=prefix)
        store.registered_models.create(create).result()
        version = mv.CreateModelVersion(name, f"s3://bucket/{name}", user_id=prefix)
        store.model_versions.create(version).result()
        ask = tr.CreateTransitionRequest(name, "1", alias="champion", user_id=prefix)
        store.transition_requests.create(ask).result()
        runs_now = d.RecordDeployment(f"local://{name}", prefix, name, model_name=name)
        store.deployments.record(runs_now).result()
    return World(prefix, experiments, models)


def _new_home(store: Store, name: str, prefix: str) -> str:
    home = store.experiments.create(e.CreateExperiment(name)).result().experiment_id
    for number in range(2):
        run = store.runs.create(r.CreateRun(home, run_name=f"{prefix}-{number}", start_time=number))
        store.runs.log_inputs(r.LogInputs(run.result().info.run_id, [_DATASET])).result()
    model = store.models.create(lm.CreateLoggedModel(home, "model")).result()
    model_id = model.info.model_id
    runs_now = d.RecordDeployment(f"local://{home}", prefix, home, model_id=model_id)
    store.deployments.record(runs_now).result()
    return home


class Rights(NamedTuple):
    """What one user was granted, and what its token is for (None: for everything)."""

    granted: Granted
    default: p.PermissionName
    limits: list[tuple[p.ResourceType, str]] | None
    is_admin: bool

    def reads(self, kind: p.ResourceType, resource_id: str) -> bool:
        """Whether the rules let the user read a resource."""
        asked = {(kind, resource_id), (kind, "*")}
        if self.limits is not None and not asked & {*self.limits}:
            return False
        if self.is_admin:
            return True
        matching = [
            permission
            for place, permission in self.granted.items()
            if place in asked or place[0] == "workspace"
        ]
        if "DENY" in matching:
            return False
        return max(map(p.LEVELS.__getitem__, matching or [self.default])) >= p.LEVELS["READ"]


def drawn(chance: random.Random, world: World) -> Rights:
    """Some rights in a world."""
    places: list[tuple[p.ResourceType, str]] = [
        *(("experiment", each) for each in (*world.experiments, "*")),
        *(("registered_model", each) for each in (*world.models, "*")),
    ]
    chosen = chance.sample(places, chance.randrange(len(places)))
    permissions = get_args(p.PermissionName)
    granted: Granted = {place: chance.choice(permissions) for place in chosen}
    if chance.random() < 0.1:
        granted["workspace", "*"] = chance.choice(permissions)
    limits = chance.sample(places, 3) if chance.random() < 0.3 else None
    return Rights(granted, chance.choice(_DEFAULTS), limits, chance.random() < 0.1)


def asking_with(access: Access, rights: Rights) -> Asking:
    """A new user with these rights, who asks."""
    name = new_user(access, is_admin=rights.is_admin)
    for (kind, resource_id), permission in rights.granted.items():
        grant(access, name, kind, resource_id, permission)
    who = caller(access, name)
    if rights.limits is not None:
        limits = [p.Resource(*each) for each in rights.limits]
        made = access.tokens.create(t.CreateToken(name, "token", "read", resources=limits), BY)
        who = access.tokens.check(made.result().secret).caller
    return Asking(name, who, default_permission=rights.default)


def asking_as(access: Access, username: str) -> Asking:
    """A user who asks."""
    return Asking(username, caller(access, username), "192.0.2.7")


def pages(search: Callable[[str | None], tuple[list[T], str | None]]) -> Iterator[T]:
    """All items of a search, page by page; none but the only page is empty."""
    token: str | None = None
    while True:
        items, following = search(token)
        assert items or token is None
        yield from items
        if following is None:
            return
        token = following


def deployed(store: Store, world: World, asking: Asking) -> Iterator[str]:
    """The experiments and models of the deployments that are found, newest first."""

    def page(token: str | None) -> tuple[list[str], str | None]:
        request = d.SearchDeployments(name=world.prefix, max_results=2, page_token=token)
        found = store.deployments.search(request, asking)
        for one in found.deployments:
            assert store.deployments.get(d.DeploymentId(one.deployment_id), asking) == one
        return [one.model_uri for one in found.deployments], found.next_page_token

    return pages(page)


def check_experiments(access: Access, store: Store, world: World, rights: Rights) -> None:
    """Hold all searches about experiments against the rules."""
    asking = asking_with(access, rights)
    expected = [each for each in world.experiments if rights.reads("experiment", each)]
    ids, names = world.experiments, f"name LIKE '{world.prefix}%'"

    def experiments(token: str | None) -> tuple[list[str], str | None]:
        request = e.SearchExperiments(
            max_results=2, filter=names, order_by=["experiment_id ASC"], page_token=token
        )
        page = store.experiments.search(request, asking)
        return [one.experiment_id for one in page.experiments], page.next_page_token

    def runs(token: str | None) -> tuple[list[str], str | None]:
        request = r.SearchRuns(ids, max_results=3, page_token=token)
        page = store.runs.search(request, asking)
        return [run.info.experiment_id for run in page.runs], page.next_page_token

    def models(token: str | None) -> tuple[list[str], str | None]:
        request = lm.SearchLoggedModels(ids, max_results=2, page_token=token)
        page = store.models.search(request, asking)
        return [one.info.experiment_id for one in page.models], page.next_page_token

    assert [each for each in deployed(store, world, asking) if each in ids] == expected[::-1]
    assert list(pages(experiments)) == expected
    assert sorted(pages(runs)) == sorted(2 * expected)
    assert sorted(pages(models)) == sorted(expected)
    found = store.runs.find(r.FindRuns(world.prefix), asking).runs
    assert sorted(run.experiment_id for run in found) == sorted(2 * expected)
    one = store.runs.find(r.FindRuns(world.prefix, 1), asking).runs
    assert len(one) == min(1, len(expected))
    for run in store.runs.search(r.SearchRuns(ids)).runs:
        by_id = store.runs.find(r.FindRuns(run.info.run_id), asking).runs
        assert bool(by_id) == (run.info.experiment_id in expected)
    table = store.runs.get_table(rt.GetRunTable(ids, offset=1, max_results=3), asking)
    assert table.total == 2 * len(expected)
    assert set(table.experiment_ids) <= {*expected}
    by_name = rt.GetRunGroups(ids, group_by=[rt.Column("attribute", "run_name")])
    groups = store.runs.get_groups(by_name, asking)
    assert groups.run_total == 2 * len(expected)
    datasets = store.experiments.search_datasets(r.SearchDatasets(ids), asking)
    assert [one.experiment_id for one in datasets.dataset_summaries] == expected


def check_registered_models(access: Access, store: Store, world: World, rights: Rights) -> None:
    """Hold all searches about registered models against the rules."""
    asking = asking_with(access, rights)
    expected = [each for each in world.models if rights.reads("registered_model", each)]
    names = f"name LIKE '{world.prefix}%'"

    def models(token: str | None) -> tuple[list[str], str | None]:
        request = rm.SearchRegisteredModels(names, max_results=2, page_token=token)
        page = store.registered_models.search(request, asking)
        return [model.name for model in page.registered_models], page.next_page_token

    def versions(token: str | None) -> tuple[list[str], str | None]:
        request = mv.SearchModelVersions(
            names, max_results=2, order_by=["name ASC"], page_token=token
        )
        page = store.model_versions.search(request, asking)
        return [version.name for version in page.model_versions], page.next_page_token

    def events(token: str | None) -> tuple[list[str], str | None]:
        request = ev.SearchRegistryEvents(
            kinds=["MODEL_CREATED"], user_id=world.prefix, max_results=2, page_token=token
        )
        page = store.registry_events.search(request, asking)
        return [event.name for event in page.events], page.next_page_token

    def requests(token: str | None) -> tuple[list[str], str | None]:
        request = tr.SearchTransitionRequests(max_results=200, page_token=token)
        page = store.transition_requests.search(request, asking)
        return [one.name for one in page.transition_requests], page.next_page_token

    assert [each for each in deployed(store, world, asking) if each in world.models] == expected[
        ::-1
    ]
    assert list(pages(models)) == expected
    assert list(pages(versions)) == expected
    assert list(pages(events)) == expected[::-1]
    asked = [name for name in pages(requests) if name in world.models]
    assert asked == expected[::-1]
    for name in world.models:
        if name in expected:
            state = store.registry_events.get_state(ev.GetRegistryState(name), asking)
            assert [version.version for version in state.versions] == ["1"]
        else:
            with pytest.raises(NotFound, match=f"Registered Model with name={name} not found"):
                store.registry_events.get_state(ev.GetRegistryState(name), asking)


class RestrictionContract:
    """What every store promises about what is left out for who may not read everything."""

    @pytest.fixture
    def world(self, store: Store) -> World:
        """A world of its own."""
        return new_world(store)

    @pytest.mark.parametrize("seed", range(12))
    def test_experiments_and_what_is_in_them(
        self, access: Access, store: Store, world: World, seed: int
    ) -> None:
        chance = random.Random(seed)  # noqa: S311  # no secret
        check_experiments(access, store, world, drawn(chance, world))

    @pytest.mark.parametrize("seed", range(12))
    def test_registered_models_and_what_is_of_them(
        self, access: Access, store: Store, world: World, seed: int
    ) -> None:
        chance = random.Random(seed)  # noqa: S311  # no secret
        check_registered_models(access, store, world, drawn(chance, world))

    def test_who_is_not_controlled_reads_everything(self, store: Store, world: World) -> None:
        ids = world.experiments
        for asking in (None, Asking("somebody", default_permission="NO_PERMISSIONS")):
            assert len(store.runs.search(r.SearchRuns(ids), asking).runs) == 2 * len(ids)
            request = rm.SearchRegisteredModels(f"name LIKE '{world.prefix}%'")
            page = store.registered_models.search(request, asking)
            assert [model.name for model in page.registered_models] == world.models

    def test_a_page_token_holds_when_permissions_change(self, access: Access, store: Store) -> None:
        user, prefix = new_user(access), unique("changing")
        asking = asking_as(access, user)
        homes = [_new_home(store, f"{prefix}-{number}", prefix) for number in range(3)]
        grant(access, user, "experiment", homes[0], "DENY")
        runs = store.runs.search(r.SearchRuns(homes, max_results=1), asking)
        models = store.models.search(lm.SearchLoggedModels(homes, max_results=1), asking)
        grant(access, user, "experiment", homes[0], "READ")
        grant(access, user, "experiment", homes[2], "DENY")
        rest = r.SearchRuns(homes, page_token=runs.next_page_token)
        found = {run.info.experiment_id for run in store.runs.search(rest, asking).runs}
        assert found == {homes[0], homes[1]}
        others = lm.SearchLoggedModels(homes, page_token=models.next_page_token)
        found = {one.info.experiment_id for one in store.models.search(others, asking).models}
        assert found == {homes[0], homes[1]} - {models.models[0].info.experiment_id}
        elsewhere = r.SearchRuns(homes[:2], page_token=runs.next_page_token)
        with pytest.raises(InvalidParameter, match="belongs to another search"):
            store.runs.search(elsewhere, asking)

    def test_a_name_that_is_taken_tells_nothing_more_of_what_is_hidden(
        self, access: Access, store: Store
    ) -> None:
        user, taken = new_user(access), unique("taken")
        asking = asking_as(access, user)
        hidden = store.experiments.create(e.CreateExperiment(taken)).result().experiment_id
        own = store.experiments.create(e.CreateExperiment(unique("own")), asking).result()
        creation = e.CreateExperiment(taken)
        renaming = e.UpdateExperiment(own.experiment_id, taken)
        told = f"Experiment(name={taken}) already exists."

        def messages() -> list[str]:
            found = []
            for change in (
                lambda: store.experiments.create(creation, asking),
                lambda: store.experiments.update(renaming, asking),
            ):
                with pytest.raises(AlreadyExists) as caught:
                    change().result()
                found.append(caught.value.message)
            return found

        assert messages() == [f"{told} Its id is {hidden}."] * 2
        grant(access, user, "experiment", hidden, "NO_PERMISSIONS")
        assert messages() == [told] * 2
        store.experiments.delete(e.ExperimentId(hidden)).result()
        assert messages() == [told] * 2
        grant(access, user, "experiment", hidden, "READ")
        assert all("It is deleted" in message for message in messages())

    def test_a_check_of_gates_shows_no_values_of_hidden_runs(
        self, access: Access, store: Store
    ) -> None:
        user, prefix = new_user(access), unique("gated")
        asking = asking_as(access, user)
        home = _new_home(store, prefix, prefix)
        (run, *_) = store.runs.search(r.SearchRuns([home])).runs
        store.metrics.log(m.LogMetric(run.info.run_id, "acc", 0.5, 1)).result()
        store.registered_models.create(rm.CreateRegisteredModel(prefix)).result()
        version = mv.CreateModelVersion(prefix, f"s3://bucket/{prefix}", run.info.run_id)
        store.model_versions.create(version).result()
        rule = {"metric": "acc", "comparison": ">=", "threshold": 0.9, "stages": ["Production"]}
        gate = msgspec.convert({"gate": "good", "rule": "metric_threshold", **rule}, g.Gate)
        store.gates.set(g.SetGate(prefix, gate)).result()

        def got() -> tuple[bool, str]:
            request = g.CheckGates(prefix, "1", "Production")
            (finding,) = store.gates.check(request, asking).findings
            return finding.passed, finding.got

        assert got() == (False, "0.5")
        grant(access, user, "experiment", home, "DENY")
        assert got() == (False, "a value that you may not read")

    def test_runs_are_read_by_the_experiment_that_they_are_in_now(
        self, access: Access, store: Store
    ) -> None:
        user = new_user(access)
        asking = asking_as(access, user)
        prefix = unique("moving")
        homes = [_new_home(store, f"{prefix}-{number}", prefix) for number in range(2)]
        grant(access, user, "experiment", homes[0], "DENY")

        def found() -> int:
            return len(store.runs.find(r.FindRuns(prefix), asking).runs)

        assert found() == 2
        runs = [run.info.run_id for run in store.runs.search(r.SearchRuns([homes[0]])).runs]
        store.runs.move(r.MoveRuns(runs, homes[1])).result()
        assert found() == 4
        assert len(store.runs.search(r.SearchRuns(homes), asking).runs) == 4

    def test_the_history_of_a_model_is_read_by_its_own_grants(
        self, access: Access, store: Store
    ) -> None:
        user, name = new_user(access), unique("model")
        asking = asking_as(access, user)
        store.registered_models.create(rm.CreateRegisteredModel(name)).result()
        grant(access, user, "registered_model", name, "DENY")
        store.registered_models.delete(rm.DeleteRegisteredModel(name)).result()
        request = ev.SearchRegistryEvents(name)
        assert store.registry_events.search(request, asking).events == []
        with pytest.raises(NotFound):
            store.registry_events.get_state(ev.GetRegistryState(name), asking)
        store.registered_models.create(rm.CreateRegisteredModel(name)).result()
        found = store.registry_events.search(request, asking).events
        assert [event.kind for event in found] == ["MODEL_CREATED"]
        assert len(store.registry_events.search(request).events) == 3
        state = store.registry_events.get_state(ev.GetRegistryState(name, 1), asking)
        assert state.versions == []


class VersionsByDatasetContract:
    """What stores promise that hold runs and registered models in one database."""

    def test_a_search_by_dataset_tells_nothing_of_hidden_runs(
        self, access: Access, store: Store
    ) -> None:
        user, prefix = new_user(access), unique("read")
        asking = asking_as(access, user)
        home = _new_home(store, prefix, prefix)
        (run, *_) = store.runs.search(r.SearchRuns([home])).runs
        store.registered_models.create(rm.CreateRegisteredModel(prefix)).result()
        version = mv.CreateModelVersion(prefix, f"s3://bucket/{prefix}", run.info.run_id)
        store.model_versions.create(version).result()

        def found(condition: str) -> int:
            request = mv.SearchModelVersions(f"name = '{prefix}' AND {condition}")
            return len(store.model_versions.search(request, asking).model_versions)

        conditions = ("dataset.name = 'houses'", "dataset.name != 'cars'", "dataset.name LIKE 'h%'")
        assert [found(each) for each in conditions] == [1, 1, 1]
        grant(access, user, "experiment", home, "DENY")
        assert [found(each) for each in conditions] == [0, 0, 0]
        assert found(f"run_id = '{run.info.run_id}'") == 1
