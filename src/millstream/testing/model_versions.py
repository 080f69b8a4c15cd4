"""The contract of versions of registered models."""

from __future__ import annotations

import json

import pytest

from millstream.entities import model_versions as mv
from millstream.entities import models as lm
from millstream.entities import registered_models as rm
from millstream.entities import runs as r
from millstream.errors import InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, get_run, unique
from millstream.testing.registered_models import get, new_registered_model, new_version


def get_version(store: Store, name: str, version: str = "1") -> mv.ModelVersion:
    """The version as it is now."""
    return store.model_versions.get(mv.GetModelVersion(name, version))


def move(store: Store, name: str, version: str, stage: str, archive: bool = False) -> None:
    """Move a version to a stage."""
    request = mv.TransitionModelVersionStage(name, version, stage, archive)
    store.model_versions.transition_stage(request).result()


def stages(store: Store, name: str) -> dict[str, str | None]:
    """The stage of each version."""
    page = store.model_versions.search(mv.SearchModelVersions(f"name = '{name}'"))
    return {version.version: version.current_stage for version in page.model_versions}


class ModelVersionsContract(Contract):
    """What every store promises about versions of registered models."""

    def test_a_new_version(self, store: Store) -> None:
        name = new_registered_model(store)
        tags = [mv.ModelVersionTag("k", "v")]
        request = mv.CreateModelVersion(
            name, "s3://b/1", "r" * 32, tags, "http://run", "the first", user_id="ada"
        )
        version = store.model_versions.create(request).result()
        assert (version.name, version.version, version.source) == (name, "1", "s3://b/1")
        assert (version.run_id, version.run_link, version.description) == (
            *("r" * 32, "http://run"),
            "the first",
        )
        assert (version.current_stage, version.status) == ("None", "READY")
        assert (version.tags, version.aliases, version.user_id) == ({"k": "v"}, [], "ada")
        assert get_version(store, name) == version
        assert new_version(store, name, 2).version == "2"

    def test_the_absent(self, store: Store) -> None:
        name = new_registered_model(store)
        refused = pytest.raises(NotFound, match=rf"\(name={name}, version=7\) not found")
        with refused:
            get_version(store, name, "7")
        with refused:
            store.model_versions.delete(mv.DeleteModelVersion(name, "7")).result()
        with refused:
            move(store, name, "7", "Staging")
        with pytest.raises(InvalidParameter, match="'version' must be an integer, got 'abc'"):
            get_version(store, name, "abc")
        with pytest.raises(NotFound, match="Registered Model with name=nobody"):
            new_version(store, "nobody" + unique("x"))

    def test_a_number_is_never_given_again(self, store: Store) -> None:
        name = new_registered_model(store)
        for number in (1, 2):
            new_version(store, name, number)
        alias = rm.SetRegisteredModelAlias(name, "champion", "2")
        store.registered_models.set_alias(alias).result()
        store.model_versions.delete(mv.DeleteModelVersion(name, "2")).result()
        assert get(store, name).aliases == {}
        assert new_version(store, name, 3).version == "3"
        assert sorted(stages(store, name)) == ["1", "3"]

    def test_an_absent_description_is_kept(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        update = store.model_versions.update
        assert update(mv.UpdateModelVersion(name, "1", "x")).result().description == "x"
        assert update(mv.UpdateModelVersion(name, "1")).result().description == "x"

    def test_tags(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        for value in ("1", "2"):
            store.model_versions.set_tag(mv.SetModelVersionTag(name, "1", "k", value)).result()
        assert get_version(store, name).tags == {"k": "2"}
        for _ in range(2):
            store.model_versions.delete_tag(mv.DeleteModelVersionTag(name, "1", "k")).result()
        assert get_version(store, name).tags == {}

    def test_stages(self, store: Store) -> None:
        name = new_registered_model(store)
        for number in (1, 2, 3):
            new_version(store, name, number)
        move(store, name, "1", "production")
        move(store, name, "2", "Production")
        assert stages(store, name) == {"1": "Production", "2": "Production", "3": "None"}
        move(store, name, "3", "PRODUCTION", archive=True)
        assert stages(store, name) == {"1": "Archived", "2": "Archived", "3": "Production"}
        with pytest.raises(InvalidParameter, match="Invalid Model Version stage: bogus"):
            move(store, name, "3", "bogus")
        for stage in ("None", "Archived"):
            with pytest.raises(InvalidParameter, match=f"'{stage}' is not an active stage"):
                move(store, name, "3", stage, archive=True)

    def test_a_logged_model_as_source(self, store: Store, experiment_id: str, run_id: str) -> None:
        name = new_registered_model(store)
        create = lm.CreateLoggedModel(experiment_id, "tree", source_run_id=run_id)
        model = store.models.create(create).result()
        request = mv.CreateModelVersion(name, f"models:/{model.model_id}", model_id=model.model_id)
        version = store.model_versions.create(request).result()
        assert (version.model_id, version.run_id) == (model.model_id, run_id)
        found = store.model_versions.get_download_uri(mv.GetModelVersion(name, "1"))
        assert found.artifact_uri == model.artifact_location
        noted = store.models.get(lm.GetLoggedModel(model.model_id)).tags["mlflow.modelVersions"]
        assert json.loads(noted) == [{"name": name, "version": 1}]
        wrong = mv.CreateModelVersion(name, f"models:/{model.model_id}", model_id="m-other")
        with pytest.raises(InvalidParameter, match="but model_id is 'm-other'"):
            store.model_versions.create(wrong).result()

    def test_a_version_as_source(self, store: Store) -> None:
        name, copy = new_registered_model(store), new_registered_model(store)
        new_version(store, name)
        alias = rm.SetRegisteredModelAlias(name, "champion", "1")
        store.registered_models.set_alias(alias).result()
        for source in (f"models:/{name}/1", f"models:/{name}@champion"):
            made = store.model_versions.create(mv.CreateModelVersion(copy, source)).result()
            assert made.source == f"models:/{name}/1"
            where = mv.GetModelVersion(copy, made.version)
            found = store.model_versions.get_download_uri(where)
            assert found.artifact_uri == f"s3://bucket/{name}/1"

    def test_sources_stay_inside_their_run(self, store: Store, run_id: str) -> None:
        name = new_registered_model(store)
        home = get_run(store, run_id).info.artifact_uri
        for source in (f"{home}/model", f"runs:/{run_id}/model"):
            inside = mv.CreateModelVersion(name, source, run_id)
            assert store.model_versions.create(inside).result().source == source
        for source, of in (
            ("/etc", run_id),
            ("file:///etc", None),
            ("mlflow-artifacts:/elsewhere", run_id),
            (f"{home}/../../x", run_id),
            ("s3://bucket/%2e%2e/x", None),
            (f"runs:/{run_id}/model", "other"),
            (f"runs:/{run_id}/../model", run_id),
        ):
            with pytest.raises(InvalidParameter, match="Invalid model version source"):
                store.model_versions.create(mv.CreateModelVersion(name, source, of)).result()

    @pytest.mark.parametrize("scheme", ["http", "https", "ftp", "sftp"])
    def test_a_source_names_no_host(self, store: Store, run_id: str, scheme: str) -> None:
        path = str(get_run(store, run_id).info.artifact_uri).split(":")[-1].strip("/")
        route = f"{scheme}://elsewhere/api/2.0/mlflow-artifacts/artifacts/{path}/model"
        request = mv.CreateModelVersion(new_registered_model(store), route, run_id)
        with pytest.raises(InvalidParameter, match=f"cannot use the '{scheme}' scheme"):
            store.model_versions.create(request).result()

    def test_a_copy_keeps_its_run(self, store: Store) -> None:
        name = new_registered_model(store)
        create = store.model_versions.create
        create(mv.CreateModelVersion(name, "s3://b/1", "a" * 32)).result()
        source = f"models:/{name}/latest"
        assert create(mv.CreateModelVersion(name, source)).result().run_id == "a" * 32
        with pytest.raises(InvalidParameter, match="Invalid model version source"):
            create(mv.CreateModelVersion(name, source, "b" * 32)).result()

    def test_a_model_id_has_to_exist(self, store: Store) -> None:
        name = new_registered_model(store)
        request = mv.CreateModelVersion(name, "s3://b/1", model_id="m-" + "0" * 32)
        with pytest.raises(NotFound, match="Logged model with ID 'm-0"):
            store.model_versions.create(request).result()

    def test_a_version_without_run_is_from_another_run(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        for condition in (
            f"run_id != '{'a' * 32}'",
            f"run_id NOT IN ('{'a' * 32}')",
            "run_id = ''",
        ):
            request = mv.SearchModelVersions(f"name = '{name}' AND {condition}")
            assert len(store.model_versions.search(request).model_versions) == 1, condition

    def test_the_versions_that_a_dataset_went_into(self, store: Store, run_id: str) -> None:
        dataset = r.Dataset(unique("data"), "d1", "local", "{}")
        store.runs.log_inputs(r.LogInputs(run_id, [r.DatasetInput(dataset)])).result()
        name, other = new_registered_model(store), new_registered_model(store)
        made = mv.CreateModelVersion(name, f"runs:/{run_id}/model", run_id)
        store.model_versions.create(made).result()
        new_version(store, other)
        for filter_string, found in (
            (f"dataset.name = '{dataset.name}'", [name]),
            (f"datasets.name LIKE '{dataset.name[:-1]}_' AND dataset.digest = 'd1'", [name]),
            (f"dataset.name = '{dataset.name}' AND dataset.digest = 'd2'", []),
            (f"dataset.digest IS NULL AND name IN ('{name}', '{other}')", [other]),
        ):
            page = store.model_versions.search(mv.SearchModelVersions(filter_string))
            assert [version.name for version in page.model_versions] == found, filter_string

    def test_search_has_a_stated_order_and_pages(self, store: Store) -> None:
        name = new_registered_model(store)
        for number in (1, 2, 3):
            new_version(store, name, number)
        by_number = ["version_number ASC"]
        first = store.model_versions.search(
            mv.SearchModelVersions(f"name = '{name}'", 2, by_number)
        )
        assert [version.version for version in first.model_versions] == ["1", "2"]
        second = store.model_versions.search(
            mv.SearchModelVersions(f"name = '{name}'", 2, by_number, first.next_page_token)
        )
        assert [version.version for version in second.model_versions] == ["3"]
        assert second.next_page_token is None
        store.model_versions.set_tag(mv.SetModelVersionTag(name, "1", "k", "v")).result()
        both = f"name = '{name}' AND tags.k = 'v'"
        found = store.model_versions.search(mv.SearchModelVersions(both))
        assert [version.version for version in found.model_versions] == ["1"]
        for wrong in (0, 200_001):
            with pytest.raises(InvalidParameter, match=r"Invalid value .*max_results"):
                store.model_versions.search(mv.SearchModelVersions(max_results=wrong))
