"""The contract of experiments."""

from __future__ import annotations

import pytest

from millstream.entities import experiments as e
from millstream.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, unique


def _get(store: Store, experiment_id: str) -> e.Experiment:
    return store.experiments.get(e.ExperimentId(experiment_id))


class ExperimentsContract(Contract):
    """What every store promises about experiments."""

    def test_default_exists(self, store: Store) -> None:
        assert _get(store, "0").name == "Default"
        assert _get(store, "0").artifact_location.endswith("/0")

    def test_created_is_found_by_id_and_name(self, store: Store) -> None:
        name = unique("näme with ✓ and 'quotes'")
        request = e.CreateExperiment(name, tags=[e.ExperimentTag("team", "red")])
        key = store.experiments.create(request).result().experiment_id
        found = _get(store, key)
        assert (found.name, found.lifecycle_stage, found.tags) == (name, "active", {"team": "red"})
        assert found.creation_time == found.last_update_time
        assert found.artifact_location.endswith(f"/{key}")
        assert store.experiments.get_by_name(e.GetExperimentByName(name)) == found

    def test_a_location_of_its_own_is_kept(self, store: Store) -> None:
        request = e.CreateExperiment(unique("elsewhere"), "s3://bucket/some/where")
        key = store.experiments.create(request).result().experiment_id
        assert _get(store, key).artifact_location == "s3://bucket/some/where"

    @pytest.mark.parametrize(
        ("location", "message"),
        [
            ("runs:/x/y", "Artifact location cannot be a runs:/ URI"),
            ("s3://b/x#y", "'artifact_location' URL can't include fragments or params."),
            ("s3://b/" + "x" * 3000, "Invalid artifact path length"),
        ],
    )
    def test_bad_locations_are_refused(self, store: Store, location: str, message: str) -> None:
        with pytest.raises(InvalidParameter, match=message):
            store.experiments.create(e.CreateExperiment(unique("bad"), location)).result()

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("", "Invalid experiment name: ''|Missing value for required parameter 'name'"),
            ("n" * 501, "'name' exceeds the maximum length of 500 characters"),
        ],
    )
    def test_bad_names_are_refused(self, store: Store, name: str, message: str) -> None:
        with pytest.raises(InvalidParameter, match=message):
            store.experiments.create(e.CreateExperiment(name)).result()

    def test_a_taken_name_is_refused(self, store: Store, experiment_id: str) -> None:
        name = _get(store, experiment_id).name
        with pytest.raises(AlreadyExists, match=rf"Experiment\(name={name}\) already exists."):
            store.experiments.create(e.CreateExperiment(name)).result()

    def test_names_that_differ_in_case_or_space_are_different(self, store: Store) -> None:
        name = unique("Case")
        keys = {
            store.experiments.create(e.CreateExperiment(text)).result().experiment_id
            for text in (name, name.upper(), f"{name} ")
        }
        assert len(keys) == 3

    def test_a_deleted_name_is_refused_with_the_way_to_free_it(
        self, store: Store, experiment_id: str
    ) -> None:
        name = _get(store, experiment_id).name
        store.experiments.delete(e.ExperimentId(experiment_id)).result()
        with pytest.raises(AlreadyExists, match=f"millstream gc --experiment-ids {experiment_id}"):
            store.experiments.create(e.CreateExperiment(name)).result()

    def test_ids_must_be_numbers_that_exist(self, store: Store) -> None:
        message = "Invalid experiment ID 'abc'. Experiment ID must be a valid integer."
        with pytest.raises(InvalidParameter, match=message):
            _get(store, "abc")
        for absent in ("987654321", "-1", str(1 << 70)):
            with pytest.raises(NotFound, match=f"No Experiment with id={absent} exists"):
                _get(store, absent)
        with pytest.raises(NotFound, match="Could not find experiment with name 'no such'"):
            store.experiments.get_by_name(e.GetExperimentByName("no such"))

    def test_renaming(self, store: Store, experiment_id: str) -> None:
        name = unique("renamed")
        store.experiments.update(e.UpdateExperiment(experiment_id, name)).result()
        assert _get(store, experiment_id).name == name
        store.experiments.update(e.UpdateExperiment(experiment_id, name)).result()
        with pytest.raises(AlreadyExists, match="already exists"):
            store.experiments.update(e.UpdateExperiment(experiment_id, "Default")).result()

    def test_a_deleted_one_takes_no_changes(self, store: Store, experiment_id: str) -> None:
        store.experiments.delete(e.ExperimentId(experiment_id)).result()
        assert _get(store, experiment_id).lifecycle_stage == "deleted"
        message = "Cannot rename a non-active experiment."
        with pytest.raises(InvalidState, match=message):
            store.experiments.update(e.UpdateExperiment(experiment_id, unique("x"))).result()
        message = f"The experiment {experiment_id} must be in the 'active' state."
        with pytest.raises(InvalidParameter, match=message):
            store.experiments.set_tag(e.SetExperimentTag(experiment_id, "k", "v")).result()

    def test_tags_are_replaced_and_removed(self, store: Store, experiment_id: str) -> None:
        for value in ("one", "two"):
            store.experiments.set_tag(e.SetExperimentTag(experiment_id, "k/é", value)).result()
        assert _get(store, experiment_id).tags == {"k/é": "two"}
        store.experiments.delete_tag(e.DeleteExperimentTag(experiment_id, "k/é")).result()
        assert _get(store, experiment_id).tags == {}
        message = f"No tag with name: k/é in experiment with id {experiment_id}"
        with pytest.raises(NotFound, match=message):
            store.experiments.delete_tag(e.DeleteExperimentTag(experiment_id, "k/é")).result()

    def test_long_tag_values_are_refused(self, store: Store, experiment_id: str) -> None:
        store.experiments.set_tag(e.SetExperimentTag(experiment_id, "k", "v" * 20_000)).result()
        with pytest.raises(InvalidParameter, match="'value' exceeds the maximum length of 20000"):
            store.experiments.set_tag(e.SetExperimentTag(experiment_id, "k", "v" * 20_001)).result()
