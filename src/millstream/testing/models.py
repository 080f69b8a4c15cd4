"""The contract of logged models."""

from __future__ import annotations

import re
import uuid

import pytest

from millstream.entities import metrics as m
from millstream.entities import models as lm
from millstream.errors import AlreadyExists, BadRequest, InvalidParameter, NotFound
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, unique


def _create(store: Store, experiment_id: str, name: str | None = None) -> lm.LoggedModel:
    request = lm.CreateLoggedModel(
        experiment_id,
        name,
        "classifier",
        params=[lm.LoggedModelParameter("p", "1")],
        tags=[lm.LoggedModelTag("t", "1")],
    )
    return store.models.create(request).result()


def _get(store: Store, model_id: str) -> lm.LoggedModel:
    return store.models.get(lm.GetLoggedModel(model_id))


class ModelsContract(Contract):
    """What every store promises about logged models."""

    def test_a_new_model(self, store: Store, experiment_id: str) -> None:
        model = _create(store, experiment_id, "forest")
        assert re.fullmatch("m-[0-9a-f]{32}", model.model_id)
        assert (model.name, model.model_type, model.info.status) == (
            *("forest", "classifier"),
            "LOGGED_MODEL_PENDING",
        )
        assert (model.params, model.tags) == ({"p": "1"}, {"t": "1"})
        end = f"/{experiment_id}/models/{model.model_id}/artifacts"
        assert model.artifact_location.endswith(end)
        assert _get(store, model.model_id) == model

    def test_a_model_without_name_gets_one(self, store: Store, experiment_id: str) -> None:
        assert re.fullmatch(r"[a-z]+-[a-z]+-\d+", _create(store, experiment_id).name)

    def test_a_copied_model_keeps_its_id(self, store: Store, experiment_id: str) -> None:
        model_id = f"m-{uuid.uuid4().hex}"
        request = lm.CreateLoggedModel(experiment_id, "copied", model_id=model_id)
        model = store.models.create(request).result()
        assert model.model_id == model_id
        assert model.artifact_location.endswith(f"/models/{model_id}/artifacts")
        with pytest.raises(AlreadyExists, match=model_id):
            store.models.create(request).result()
        with pytest.raises(InvalidParameter, match=r"Invalid model ID 'm-\.\./x'"):
            store.models.create(lm.CreateLoggedModel(experiment_id, model_id="m-../x")).result()

    def test_bad_names_are_refused(self, store: Store, experiment_id: str) -> None:
        message = re.escape("Invalid model name ('a/b') provided. Model name must be a non-empty")
        with pytest.raises(InvalidParameter, match=message):
            _create(store, experiment_id, "a/b")

    def test_the_absent(self, store: Store) -> None:
        message = "Logged model with ID 'm-nope' not found."
        with pytest.raises(NotFound, match=message):
            _get(store, "m-nope")
        with pytest.raises(NotFound, match=message):
            store.models.delete(lm.LoggedModelId("m-nope")).result()
        with pytest.raises(NotFound, match="No Experiment with id=987654321 exists"):
            _create(store, "987654321")

    def test_finalizing(self, store: Store, experiment_id: str) -> None:
        model = _create(store, experiment_id)
        request = lm.FinalizeLoggedModel(model.model_id, "LOGGED_MODEL_READY")
        finished = store.models.finalize(request).result()
        assert finished.status is lm.LoggedModelStatus.READY
        assert finished.last_updated_timestamp >= model.last_updated_timestamp
        assert _get(store, model.model_id) == finished

    def test_a_deleted_model_is_as_absent(self, store: Store, experiment_id: str) -> None:
        model_id = _create(store, experiment_id).model_id
        for _ in range(2):
            store.models.delete(lm.LoggedModelId(model_id)).result()
        with pytest.raises(NotFound, match=f"Logged model with ID '{model_id}' not found."):
            _get(store, model_id)
        with pytest.raises(NotFound, match="not found"):
            store.models.set_tags(lm.SetLoggedModelTags(model_id, [])).result()
        kept = store.models.get(lm.GetLoggedModel(model_id, allow_deleted=True))
        assert kept.model_id == model_id

    def test_tags(self, store: Store, experiment_id: str) -> None:
        model_id = _create(store, experiment_id).model_id
        tags = [lm.LoggedModelTag("t", "2"), lm.LoggedModelTag("u", "3")]
        store.models.set_tags(lm.SetLoggedModelTags(model_id, tags)).result()
        assert _get(store, model_id).tags == {"t": "2", "u": "3"}
        store.models.delete_tag(lm.DeleteLoggedModelTag(model_id, "t")).result()
        assert _get(store, model_id).tags == {"u": "3"}
        message = f"No tag with key 't' found for model with ID '{model_id}'."
        with pytest.raises(NotFound, match=message):
            store.models.delete_tag(lm.DeleteLoggedModelTag(model_id, "t")).result()

    def test_params_are_written_once(self, store: Store, experiment_id: str) -> None:
        model_id = _create(store, experiment_id).model_id
        params = [lm.LoggedModelParameter("p", "1"), lm.LoggedModelParameter("q", "2")]
        for _ in range(2):
            store.models.log_params(lm.LogLoggedModelParams(model_id, params)).result()
        assert _get(store, model_id).params == {"p": "1", "q": "2"}
        other = [lm.LoggedModelParameter("r", "1"), lm.LoggedModelParameter("q", "3")]
        with pytest.raises(BadRequest, match="Changing param values is not allowed"):
            store.models.log_params(lm.LogLoggedModelParams(model_id, other)).result()
        assert _get(store, model_id).params == {"p": "1", "q": "2"}

    def test_metrics_that_name_a_model(self, store: Store, experiment_id: str, run_id: str) -> None:
        model_id = _create(store, experiment_id).model_id
        metric = m.LogMetric(run_id, "auc", 0.5, 7, 3, model_id, "data", "digest")
        for _ in range(2):
            store.metrics.log(metric).result()
        assert _get(store, model_id).metrics == [
            m.Metric("auc", 0.5, 7, 3, model_id, "data", "digest", run_id)
        ]
        nobody = m.LogMetric(run_id, "auc", 0.5, 8, 3, "m-nope")
        with pytest.raises(InvalidParameter, match="names the logged model 'm-nope'"):
            store.metrics.log(nobody).result()
        history = store.metrics.get_history(m.GetMetricHistory(run_id, "auc"))
        assert history.metrics == [m.Metric("auc", 0.5, 7, 3)]

    def test_search_gives_whole_models_newest_first(self, store: Store, experiment_id: str) -> None:
        made = [_create(store, experiment_id, unique("model")) for _ in range(3)]
        page = store.models.search(lm.SearchLoggedModels([experiment_id]))
        assert sorted(model.name for model in page.models) == sorted(model.name for model in made)
        assert all(model in made for model in page.models)
