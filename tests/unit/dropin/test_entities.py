"""Entities look, compare and are built as MLflow's, whoever builds them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from mlflow.entities import model_registry as r

import millstream
import mlflow
from millstream.errors import InvalidParameter, MillstreamError
from mlflow import entities as e

METRIC = e.Metric("a", 1.0, 2, 3)
INFO = e.RunInfo(
    run_id="r",
    experiment_id="0",
    user_id="u",
    status="RUNNING",
    start_time=1,
    end_time=None,
    lifecycle_stage="active",
)
INFO_VALUES = {
    "artifact_uri": None,
    "end_time": None,
    "experiment_id": "0",
    "lifecycle_stage": "active",
    "run_id": "r",
    "run_name": None,
    "start_time": 1,
    "status": "RUNNING",
    "user_id": "u",
}
MODEL_VALUES: dict[str, Any] = {
    "artifact_location": "l",
    "creation_timestamp": 1,
    "experiment_id": "0",
    "last_updated_timestamp": 2,
    "metrics": [METRIC.to_dictionary()],
    "model_id": "m-1",
    "model_type": None,
    "name": "n",
    "params": {"p": "q"},
    "source_run_id": None,
    "status": 2,
    "status_message": None,
    "tags": {"a": "b"},
}


def model() -> Any:
    return e.LoggedModel(
        experiment_id="0",
        model_id="m-1",
        name="n",
        artifact_location="l",
        creation_timestamp=1,
        last_updated_timestamp=2,
        tags={"a": "b"},
        params=[e.LoggedModelParameter("p", "q")],
        metrics=[METRIC],
    )


def run() -> Any:
    data = e.RunData(metrics=[METRIC], params=[e.Param("p", "1")], tags=[e.RunTag("t", "v")])
    return e.Run(run_info=INFO, run_data=data)


def test_text_forms() -> None:
    assert repr(METRIC) == (
        "<Metric: dataset_digest=None, dataset_name=None, key='a', model_id=None, run_id=None, "
        "step=3, timestamp=2, value=1.0>"
    )
    assert repr(run().data) == "<RunData: metrics={'a': 1.0}, params={'p': '1'}, tags={'t': 'v'}>"
    assert repr(e.FileInfo("x", False, 1)) == "<FileInfo: file_size=1, is_dir=False, path='x'>"
    assert "model_uri='models:/m-1'" in repr(model())


def test_dictionaries() -> None:
    assert list(dict(INFO).items()) == list(INFO_VALUES.items()), "in MLflow's order"
    assert run().to_dictionary() == {
        "info": INFO_VALUES,
        "data": {"metrics": {"a": 1.0}, "params": {"p": "1"}, "tags": {"t": "v"}},
        "inputs": {"dataset_inputs": [], "model_inputs": []},
        "outputs": {"model_outputs": []},
    }
    assert METRIC.to_dictionary()["step"] == 3
    assert dict(METRIC) == METRIC.to_dictionary()
    used: Any = e.DatasetInput(e.Dataset("n", "d", "local", "{}"), [e.InputTag("k", "v")])
    assert used.to_dictionary()["tags"] == {"k": "v"}
    assert model().to_dictionary() == MODEL_VALUES
    assert list(dict(model())) == sorted([*MODEL_VALUES, "model_uri"])
    experiment = dict(e.Experiment("1", "n", "l", "active", tags=[e.ExperimentTag("k", "v")]))
    assert experiment["tags"] == {"k": "v"}


def test_entities_come_back_from_dictionaries() -> None:
    for entity in (METRIC, INFO, e.Param("p", "1"), e.Dataset("n", "d", "local", "{}")):
        assert type(entity).from_dictionary({**entity.to_dictionary(), "unknown": 1}) == entity
    assert e.LoggedModel.from_dictionary(MODEL_VALUES) == model()
    values = {"experiment_id": "1", "name": "n", "artifact_location": "l"}
    found = e.Experiment.from_dictionary({**values, "lifecycle_stage": "active"})
    assert (found.experiment_id, found.tags) == ("1", {})


def test_equal_entities_are_one_in_sets() -> None:
    assert run() == run()
    assert len({run(), run(), copy.deepcopy(run()), pickle.loads(pickle.dumps(run()))}) == 1  # noqa: S301 - ours
    assert len({model(), model()}) == 1
    assert len({METRIC, e.Metric("a", 1.0, 2, 4)}) == 2
    assert e.Param("k", "v") != e.RunTag("k", "v")


@pytest.mark.parametrize("module", ["run", "run_data", "run_inputs", "experiment", "logged_model"])
def test_classes_know_their_instances_whoever_made_them(module: str) -> None:
    name = "".join(part.capitalize() for part in module.split("_"))
    kind = getattr(e, name)
    ours = getattr(millstream, name)
    made = {
        "Run": run(),
        "RunData": run().data,
        "RunInputs": e.RunInputs(dataset_inputs=[]),
        "Experiment": e.Experiment("1", "n", "l", "active"),
        "LoggedModel": model(),
    }[name]
    assert type(made) is ours
    assert isinstance(made, kind)
    assert not isinstance(METRIC, kind)
    assert issubclass(ours, kind)
    assert issubclass(kind, kind)
    assert getattr(getattr(mlflow.entities, module), name) is kind
    assert not hasattr(kind, "no_such_method")


def test_the_active_run_is_a_run() -> None:
    assert issubclass(mlflow.ActiveRun, e.Run)
    assert e.Experiment.DEFAULT_EXPERIMENT_NAME == "Default"


def test_what_is_not_given_is_empty() -> None:
    made: Any = e.Run(INFO, None)
    assert (made.data.metrics, made.inputs.dataset_inputs, made.outputs.model_outputs) == (
        {},
        [],
        [],
    )
    used: Any = e.DatasetInput(e.Dataset("n", "d", "local", "{}"))
    assert used.tags == []


def test_names_and_numbers() -> None:
    assert e.ViewType.to_string(e.ViewType.ALL) == "all"
    assert e.ViewType.from_string("deleted_only") == e.ViewType.DELETED_ONLY
    assert e.SourceType.from_string("LOCAL") == 4
    assert e.RunStatus.all_status() == [1, 2, 3, 4, 5]
    assert e.LoggedModelStatus.READY.to_int() == 2
    assert e.LoggedModelStatus.from_int(3) is e.LoggedModelStatus.FAILED
    assert e.LoggedModelStatus.is_finalized("READY")
    assert not e.LoggedModelStatus.is_finalized(e.LoggedModelStatus.PENDING)
    with pytest.raises(InvalidParameter, match="Unknown model status: 9"):
        e.LoggedModelStatus.from_int(9)
    wrongs: list[Callable[[], Any]] = [
        lambda: e.ViewType.to_string(9),
        lambda: e.ViewType.from_string("x"),
        lambda: e.SourceType.to_string(9),
        lambda: e.SourceType.from_string("x"),
        lambda: e.RunStatus.from_string("finished"),
    ]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="Could not get"):
            wrong()


def test_what_runs_are_found_and_ordered_by() -> None:
    assert "run_name" in e.RunInfo.get_searchable_attributes()
    assert set(e.RunInfo.get_orderable_attributes()) <= set(dict(INFO))


def test_what_the_registry_holds_is_built_as_in_mlflow() -> None:
    version = r.ModelVersion(
        "prices", "1", 5, tags=[r.ModelVersionTag("a", "b")], workspace="default", aliases=["x"]
    )
    assert isinstance(version, r.ModelVersion)
    assert isinstance(version, millstream.ModelVersion)
    assert (version.tags, version.aliases, version.current_stage) == ({"a": "b"}, ["x"], None)
    assert dict(version)["tags"] == {"a": "b"}
    assert repr(version).startswith("<ModelVersion: aliases=['x'], creation_timestamp=5, current_")
    model = r.RegisteredModel(
        "prices",
        1,
        latest_versions=[version],
        tags=[r.RegisteredModelTag("c", "d")],
        aliases=[r.RegisteredModelAlias("x", "1")],
        deployment_job_id="7",
    )
    assert (model.tags, model.aliases) == ({"c": "d"}, {"x": "1"})
    assert dict(model)["latest_versions"] == [version]
    assert (
        repr(r.RegisteredModelAlias("x", "1")) == "<RegisteredModelAlias: alias='x', version='1'>"
    )
    for one in (version, model):
        assert copy.deepcopy(one) == one
    made = r.ModelVersion.from_dictionary(
        {"name": "prices", "version": "1", "creation_timestamp": 2}
    )
    assert made.name == "prices"


def test_stages_and_statuses_of_versions() -> None:
    stages = mlflow.entities.model_registry.model_version_stages
    assert stages.ALL_STAGES == ["None", "Staging", "Production", "Archived"]
    assert stages.DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS == ["Staging", "Production"]
    assert stages.get_canonical_stage("production") == stages.STAGE_PRODUCTION
    with pytest.raises(InvalidParameter, match="Invalid Model Version stage: zz"):
        stages.get_canonical_stage("zz")
    status = r.ModelVersionStatus
    assert [status.from_string(status.to_string(one)) for one in status.all_status()] == [1, 2, 3]
    with pytest.raises(MillstreamError, match="Valid status strings"):
        status.from_string("zz")
    with pytest.raises(MillstreamError, match="Valid statuses"):
        status.to_string(99)
