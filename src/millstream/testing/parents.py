"""The contract of parents: which experiment or registered model something is of."""

from __future__ import annotations

import pytest

from millstream.entities import experiments as e
from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import registered_models as rm
from millstream.entities import runs as r
from millstream.entities import transition_requests as tr
from millstream.entities import views as v
from millstream.store.access import Access, DeploymentOwner, FilesOwner
from millstream.store.interface import Store
from millstream.testing.deployments import deploy, end
from millstream.testing.fixtures import Contract, get_run, new_run, unique
from millstream.testing.registered_models import new_registered_model


def new_logged_model(store: Store, experiment_id: str) -> lm.LoggedModelInfo:
    """A fresh logged model of no run."""
    return store.models.create(lm.CreateLoggedModel(experiment_id, "model")).result().info


def experiment_at(store: Store, location: str | None) -> str:
    """The id of a fresh experiment with that artifact location."""
    request = e.CreateExperiment(unique("experiment"), location)
    return store.experiments.create(request).result().experiment_id


class ParentsContract(Contract):
    """What every store promises about parents; `access` and `store` have one artifact root."""

    @pytest.fixture
    def other_id(self, store: Store) -> str:
        """Another experiment, whose artifacts are at the usual place."""
        return experiment_at(store, None)

    def test_runs_are_of_the_experiment_that_they_are_in_now(
        self, access: Access, store: Store, experiment_id: str, other_id: str
    ) -> None:
        runs = [new_run(store, experiment_id) for _ in range(3)]
        store.runs.move(r.MoveRuns([runs[1]], other_id)).result()
        store.runs.delete(r.RunId(runs[2])).result()
        found = access.parents.experiments_of_runs([*runs, "absent"])
        assert found == {runs[0]: experiment_id, runs[1]: other_id, runs[2]: experiment_id}
        many = [f"absent{number}" for number in range(2_500)]
        assert access.parents.experiments_of_runs([*many, runs[1]]) == {runs[1]: other_id}
        assert access.parents.experiments_of_runs([]) == {}

    def test_logged_models_are_of_their_experiment(
        self, access: Access, store: Store, experiment_id: str, other_id: str
    ) -> None:
        models = {
            new_logged_model(store, each).model_id: each for each in (experiment_id, other_id)
        }
        deleted = new_logged_model(store, other_id).model_id
        store.models.delete(lm.LoggedModelId(deleted)).result()
        found = access.parents.experiments_of_models([*models, deleted, "m-absent"])
        assert found == {**models, deleted: other_id}

    def test_views_are_of_an_experiment_or_of_none(
        self, access: Access, store: Store, experiment_id: str
    ) -> None:
        views = {
            store.views.create(v.CreateView(unique("view"), "?a=1", each)).result().view_id: each
            for each in (experiment_id, None)
        }
        assert access.parents.experiments_of_views([*views, "absent"]) == views

    def test_a_live_deployment_is_of_its_model_or_experiment(
        self, access: Access, store: Store, run_id: str, experiment_id: str
    ) -> None:
        name, target = new_registered_model(store), f"local://{unique('target')}"
        owner = access.parents.owner_of_deployment
        assert owner(target, "churn", None) is None
        deploy(store, target)
        assert owner(target, "churn", "") == DeploymentOwner()
        deploy(store, target, run_id=run_id)
        assert owner(target, "churn", None) == DeploymentOwner("experiment", experiment_id)
        deploy(store, target, model_name=name, run_id=run_id)
        assert owner(target, "churn", None) == DeploymentOwner("registered_model", name)
        store.registered_models.delete(rm.DeleteRegisteredModel(name)).result()
        assert owner(target, "churn", None) == DeploymentOwner("registered_model", None)
        assert owner(target, "churn", "endpoint") is None
        end(store, target)
        assert owner(target, "churn", None) is None

    def test_experiments_have_one_name(
        self, access: Access, store: Store, experiment_id: str
    ) -> None:
        name = unique("renamed")
        assert access.parents.experiment_of_name(name) is None
        store.experiments.update(e.UpdateExperiment(experiment_id, name)).result()
        assert access.parents.experiment_of_name(name) == experiment_id
        store.experiments.delete(e.ExperimentId(experiment_id)).result()
        assert access.parents.experiment_of_name(name) == experiment_id

    def test_transition_requests_follow_their_model(self, access: Access, store: Store) -> None:
        name, renamed = new_registered_model(store), unique("renamed")
        store.model_versions.create(mv.CreateModelVersion(name, "s3://bucket/model")).result()
        ask = tr.CreateTransitionRequest(name, "1", alias="champion", user_id="ada")
        request_id = store.transition_requests.create(ask).result().request_id
        model_of = access.parents.model_of_transition_request
        assert model_of(request_id) == name
        store.registered_models.rename(rm.RenameRegisteredModel(name, renamed)).result()
        store.registered_models.create(rm.CreateRegisteredModel(name)).result()
        assert model_of(request_id) == renamed
        store.registered_models.delete(rm.DeleteRegisteredModel(renamed)).result()
        store.registered_models.create(rm.CreateRegisteredModel(renamed)).result()
        assert model_of(request_id) is None
        for absent in ("987654321", "no number", "9" * 30, "-1", ""):
            assert model_of(absent) is None

    def test_files_are_also_of_the_models_that_have_them_as_a_version(
        self, access: Access, store: Store, experiment_id: str
    ) -> None:
        run_id = new_run(store, experiment_id)
        files = str(get_run(store, run_id).info.artifact_uri)
        logged = new_logged_model(store, experiment_id)
        sources = {
            f"runs:/{run_id}/model": f"{files}/model",
            f"models:/{logged.model_id}": logged.artifact_uri,
            "s3://bucket/elsewhere": "s3://bucket/elsewhere",
        }
        models_of = access.parents.models_of_files
        for source, place in sources.items():
            names = sorted(new_registered_model(store) for _ in range(2))
            for name in names:
                of_run = run_id if source.startswith("runs:") else None
                request = mv.CreateModelVersion(name, source, run_id=of_run)
                store.model_versions.create(request).result()
            for inside in (place, f"{place}/MLmodel", f"{place}//./code/a.py"):
                assert models_of([inside]) == names, inside
            move = mv.TransitionModelVersionStage(names[0], "1", "Archived")
            store.model_versions.transition_stage(move).result()
            assert models_of([place]) == names
            store.registered_models.delete(rm.DeleteRegisteredModel(names[0])).result()
            assert models_of([place]) == names[1:]
            for outside in (place.rpartition("/")[0], f"{place}2", f"{files}/other"):
                assert models_of([outside]) == [], outside

    def test_files_of_a_run_go_with_it_and_stay_in_place(
        self, access: Access, store: Store, other_id: str
    ) -> None:
        home_id = experiment_at(store, None)
        run_id = new_run(store, home_id)
        files = str(get_run(store, run_id).info.artifact_uri)
        owner_of = access.parents.owner_of_files
        for experiment_id in (home_id, other_id, home_id):
            store.runs.move(r.MoveRuns([run_id], experiment_id)).result()
            expected = FilesOwner("run", experiment_id)
            spelled = f"{files}//./model/MLmodel?version=2"
            for name in (files, f"{files}/", f"{files}/model.pkl", spelled):
                assert owner_of([name]) == expected, name
        folder = files.rpartition("/")[0]
        for loose in (folder, f"{files}2", f"{folder}/beside"):
            assert owner_of([loose]) == FilesOwner("experiment", home_id), loose

    def test_files_of_a_logged_model(
        self, access: Access, store: Store, experiment_id: str
    ) -> None:
        files = new_logged_model(store, experiment_id).artifact_uri
        owner_of = access.parents.owner_of_files
        expected = FilesOwner("logged_model", experiment_id)
        assert owner_of([files]) == expected
        assert owner_of([f"{files}/MLmodel"]) == expected
        above = files.rpartition("/")[0]
        assert owner_of([above]) == FilesOwner("experiment", experiment_id)

    def test_loose_files_are_of_the_nearest_experiment(self, access: Access, store: Store) -> None:
        root = f"s3://bucket/{unique('team')}"
        outer, inner = experiment_at(store, root), experiment_at(store, f"{root}/a//b/")
        twin = experiment_at(store, f"{root}/a/b")
        run_of_twin = new_run(store, twin)
        owner_of = access.parents.owner_of_files
        for name, experiment_id in [
            (root, outer),
            (f"{root}/a", outer),
            (f"{root}/a/bc", outer),
            (f"{root}/./a/b", inner),
            (f"{root}/a/b/{twin}/c", inner),
        ]:
            assert owner_of([name]) == FilesOwner("experiment", experiment_id), name
        assert owner_of([f"{root}/a/b/{run_of_twin}/artifacts/x"]) == FilesOwner("run", twin)
        assert owner_of([f"{root}2"]) is None
        assert owner_of(["s3://bucket"]) is None

    def test_a_place_may_have_several_names(self, access: Access, store: Store) -> None:
        home = experiment_at(store, None)
        place = str(store.experiments.get(e.ExperimentId(home)).artifact_location)
        far = "s3://bucket/a/very/long/name/of/the/same/root"
        claimed = experiment_at(store, f"{far}/{home}")
        names = [f"{place}/loose/file", f"{far}/{home}/loose/file"]
        assert owner_of_all(access, names) == {FilesOwner("experiment", home)}
        assert access.parents.owner_of_files(names[1:]) == FilesOwner("experiment", claimed)

    def test_what_no_experiment_has(self, access: Access, store: Store, experiment_id: str) -> None:
        place = str(store.experiments.get(e.ExperimentId(experiment_id)).artifact_location)
        root = place.rpartition("/")[0]
        owner_of = access.parents.owner_of_files
        for name in (root, f"{root}/987654321/x", f"{root}/x", f"{root}/é \0/\ud800", f"{place}0"):
            assert owner_of([name]) is None, name
        assert owner_of([f"{place}/{'deep/' * 500}file"]) == FilesOwner("experiment", experiment_id)


def owner_of_all(access: Access, names: list[str]) -> set[FilesOwner | None]:
    """Who has a place, in whichever order its names are given."""
    return {access.parents.owner_of_files(each) for each in (names, names[::-1])}
