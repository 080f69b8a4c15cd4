"""The contract of registered models."""

from __future__ import annotations

import re

import pytest

from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.errors import AlreadyExists, InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, unique


def new_registered_model(store: Store, description: str | None = None) -> str:
    """The name of a fresh registered model with the tag team = red."""
    tags = [rm.RegisteredModelTag("team", "red")]
    request = rm.CreateRegisteredModel(unique("model"), tags, description)
    return store.registered_models.create(request).result().name


def new_version(store: Store, name: str, number: int = 1) -> mv.ModelVersion:
    """A fresh version whose files are said to be in a bucket."""
    request = mv.CreateModelVersion(name, f"s3://bucket/{name}/{number}")
    return store.model_versions.create(request).result()


def get(store: Store, name: str) -> rm.RegisteredModel:
    """The registered model as it is now."""
    return store.registered_models.get(rm.GetRegisteredModel(name))


class RegisteredModelsContract(Contract):
    """What every store promises about registered models."""

    def test_a_new_model(self, store: Store) -> None:
        name = unique("model")
        tags = [rm.RegisteredModelTag("b", "2"), rm.RegisteredModelTag("a", "")]
        request = rm.CreateRegisteredModel(name, tags, "what it is")
        model = store.registered_models.create(request).result()
        assert (model.name, model.description) == (name, "what it is")
        assert (model.tags, model.aliases) == ({"a": "", "b": "2"}, {})
        assert model.latest_versions == []
        assert model.creation_timestamp == model.last_updated_timestamp
        assert get(store, name) == model

    def test_a_name_is_taken_once(self, store: Store) -> None:
        name = new_registered_model(store)
        with pytest.raises(AlreadyExists, match=rf"Registered Model \(name={name}\) already"):
            store.registered_models.create(rm.CreateRegisteredModel(name)).result()

    @pytest.mark.parametrize("name", ["a/b", "a:b", "..", "."])
    def test_bad_names_are_refused(self, store: Store, name: str) -> None:
        with pytest.raises(InvalidParameter, match=re.escape(name)):
            store.registered_models.create(rm.CreateRegisteredModel(name)).result()

    def test_the_absent(self, store: Store) -> None:
        absent = unique("model")
        refused = pytest.raises(NotFound, match=f"Registered Model with name={absent} not found")
        with refused:
            get(store, absent)
        with refused:
            store.registered_models.update(rm.UpdateRegisteredModel(absent, "x")).result()
        with refused:
            store.registered_models.delete(rm.DeleteRegisteredModel(absent)).result()
        with refused:
            store.registered_models.set_tag(rm.SetRegisteredModelTag(absent, "k", "v")).result()
        with refused:
            store.registered_models.get_latest_versions(rm.GetLatestVersions(absent))

    def test_a_description_is_replaced_or_cleared(self, store: Store) -> None:
        name = new_registered_model(store, "old")
        updated = store.registered_models.update(rm.UpdateRegisteredModel(name, "new")).result()
        assert updated.description == "new"
        store.registered_models.update(rm.UpdateRegisteredModel(name)).result()
        assert not get(store, name).description

    def test_renaming_takes_versions_aliases_and_tags_along(self, store: Store) -> None:
        name, other = new_registered_model(store), new_registered_model(store)
        new_version(store, name)
        store.registered_models.set_alias(rm.SetRegisteredModelAlias(name, "best", "1")).result()
        renamed = unique("model")
        model = store.registered_models.rename(rm.RenameRegisteredModel(name, renamed)).result()
        assert (model.name, model.aliases, model.tags) == (
            *(renamed, {"best": "1"}),
            {"team": "red"},
        )
        assert [version.name for version in model.latest_versions] == [renamed]
        with pytest.raises(NotFound):
            get(store, name)
        with pytest.raises(AlreadyExists):
            store.registered_models.rename(rm.RenameRegisteredModel(renamed, other)).result()

    def test_deleting_frees_the_name(self, store: Store) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        store.registered_models.set_alias(rm.SetRegisteredModelAlias(name, "best", "1")).result()
        store.registered_models.delete(rm.DeleteRegisteredModel(name)).result()
        with pytest.raises(NotFound):
            get(store, name)
        with pytest.raises(NotFound):
            store.model_versions.get(mv.GetModelVersion(name, "1"))
        store.registered_models.create(rm.CreateRegisteredModel(name)).result()
        assert get(store, name).aliases == {}
        assert new_version(store, name).version == "1"

    def test_tags(self, store: Store) -> None:
        name = new_registered_model(store)
        for value in ("1", "2"):
            store.registered_models.set_tag(rm.SetRegisteredModelTag(name, "k", value)).result()
        assert get(store, name).tags == {"k": "2", "team": "red"}
        for _ in range(2):
            store.registered_models.delete_tag(rm.DeleteRegisteredModelTag(name, "k")).result()
        assert get(store, name).tags == {"team": "red"}
        with pytest.raises(InvalidParameter, match="Names may only contain"):
            store.registered_models.set_tag(rm.SetRegisteredModelTag(name, "a!", "1")).result()

    def test_an_alias_points_to_one_version(self, store: Store) -> None:
        name = new_registered_model(store)
        for number in (1, 2):
            new_version(store, name, number)
        for version in ("1", "2"):
            request = rm.SetRegisteredModelAlias(name, "champion", version)
            store.registered_models.set_alias(request).result()
        by_alias = rm.GetModelVersionByAlias(name, "champion")
        found = store.registered_models.get_by_alias(by_alias)
        assert (found.version, found.aliases) == ("2", ["champion"])
        assert get(store, name).aliases == {"champion": "2"}
        latest = store.registered_models.get_by_alias(rm.GetModelVersionByAlias(name, "latest"))
        assert latest.version == "2"
        for _ in range(2):
            request_to_delete = rm.DeleteRegisteredModelAlias(name, "champion")
            store.registered_models.delete_alias(request_to_delete).result()
        with pytest.raises(InvalidParameter, match="Registered model alias champion not found"):
            store.registered_models.get_by_alias(by_alias)
        absent = rm.SetRegisteredModelAlias(name, "champion", "3")
        with pytest.raises(NotFound, match=rf"\(name={name}, version=3\) not found"):
            store.registered_models.set_alias(absent).result()

    @pytest.mark.parametrize("alias", ["Latest", "v1", "V22", "a b", "ä/ö"])
    def test_bad_aliases_are_refused(self, store: Store, alias: str) -> None:
        name = new_registered_model(store)
        new_version(store, name)
        request = rm.SetRegisteredModelAlias(name, alias, "1")
        with pytest.raises(InvalidParameter, match="alias name"):
            store.registered_models.set_alias(request).result()

    def test_latest_versions_are_the_highest_of_each_stage(self, store: Store) -> None:
        name = new_registered_model(store)
        for number in (1, 2, 3, 4):
            new_version(store, name, number)
        for version, stage in (("1", "Staging"), ("2", "staging"), ("3", "Production")):
            move = mv.TransitionModelVersionStage(name, version, stage)
            store.model_versions.transition_stage(move).result()
        found = {v.current_stage: v.version for v in get(store, name).latest_versions}
        assert found == {"None": "4", "Staging": "2", "Production": "3"}
        chosen = store.registered_models.get_latest_versions(
            rm.GetLatestVersions(name, ["staging", "None"])
        )
        assert [version.version for version in chosen.model_versions] == ["2", "4"]
        with pytest.raises(InvalidParameter, match="Invalid Model Version stage: bogus"):
            store.registered_models.get_latest_versions(rm.GetLatestVersions(name, ["bogus"]))

    def test_searching_in_pages(self, store: Store) -> None:
        marker = unique("search")
        names = [f"{marker}-{letter}" for letter in "BaC"]
        for name in names:
            request = rm.CreateRegisteredModel(name, [rm.RegisteredModelTag("marker", marker)])
            store.registered_models.create(request).result()
        found, token = [], None
        while True:
            page = store.registered_models.search(
                rm.SearchRegisteredModels(f"name LIKE '{marker}%'", 2, page_token=token)
            )
            found += [model.name for model in page.registered_models]
            token = page.next_page_token
            if token is None:
                break
        assert found == sorted(names)
        newest = store.registered_models.search(
            rm.SearchRegisteredModels(f"tags.marker = '{marker}'", 10, ["name DESC"])
        )
        assert [model.name for model in newest.registered_models] == sorted(names, reverse=True)

    def test_what_mlflows_client_adds_to_its_searches(self, store: Store) -> None:
        """That something is no prompt is true of everything without the tag of prompts."""
        name = new_registered_model(store)
        text = f"name = '{name}' AND tag.`mlflow.prompt.is_prompt` != 'true'"
        search, request = store.registered_models.search, rm.SearchRegisteredModels(text)
        assert [model.name for model in search(request).registered_models] == [name]
        tag = rm.SetRegisteredModelTag(name, "mlflow.prompt.is_prompt", "true")
        store.registered_models.set_tag(tag).result()
        assert search(request).registered_models == []

    def test_a_name_that_no_model_can_have(self, store: Store) -> None:
        with pytest.raises(InvalidParameter, match="Invalid model name 'a/b'"):
            get(store, "a/b")
        refused = "Names cannot contain the character NUL"
        with pytest.raises(InvalidParameter, match=refused):
            store.registered_models.create(rm.CreateRegisteredModel("a\0b")).result()
        rename = rm.RenameRegisteredModel(new_registered_model(store), "a\0b")
        with pytest.raises(InvalidParameter, match=refused):
            store.registered_models.rename(rename).result()
