"""What data scientists write every day, under the name `mlflow`: here, and through a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy
import pandas
import pytest
from mlflow.entities import LoggedModelOutput, Metric, Param, RunTag, ViewType

import mlflow
from millstream.client.session import SESSION

mpl.use("Agg")
pyplot: Any = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "MILLSTREAM"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "millstream.cli.main", "server", "--port", "0", "--json"],
        cwd=tmp_path_factory.mktemp("server"),
        stdout=subprocess.PIPE,
        text=True,
        env=clean,
    )
    assert process.stdout is not None
    yield str(json.loads(process.stdout.readline())["url"]).rstrip("/")
    process.terminate()
    process.communicate(timeout=30)


@pytest.fixture(params=["default", "server"], autouse=True)
def tracking(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """A process that has just begun in an empty folder, and knows perhaps of a server."""
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "MILLSTREAM_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", f"experiment {time.time_ns()}")
    remote = request.param == "server"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", request.getfixturevalue("server") if remote else "")
    yield
    assert mlflow.active_run() is None
    SESSION.finish()
    SESSION.__init__()  # type: ignore[misc]  # a new process, as far as the session knows


def test_a_model_is_trained_logged_and_loaded() -> None:
    linear: Any = pytest.importorskip("sklearn.linear_model")
    data = pandas.DataFrame({"a": [0.0, 1, 2, 3], "b": [1.0, 0, 1, 0]})
    with mlflow.start_run(run_name="fit") as run:
        model = linear.LogisticRegression().fit(data, [0, 0, 1, 1])
        mlflow.log_params(model.get_params())
        signature = mlflow.models.infer_signature(data, model.predict(data))
        info = mlflow.sklearn.log_model(
            model, name="model", signature=signature, input_example=data.head(2)
        )
        mlflow.log_metric("accuracy", model.score(data, [0, 0, 1, 1]), model_id=info.model_id)
        mlflow.sklearn.log_model(model, "older")
    assert mlflow.active_run() is None
    run_id = run.info.run_id
    for uri in (info.model_uri, f"runs:/{run_id}/model", f"runs:/{run_id}/older"):
        assert mlflow.pyfunc.load_model(uri).predict(data).tolist() == [0, 0, 1, 1]
    with pytest.raises(mlflow.MlflowException, match="missing inputs"):
        mlflow.pyfunc.load_model(info.model_uri).predict(data[["a"]])
    fetched = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="model")
    assert {"MLmodel", "input_example.json"} <= {path.name for path in Path(fetched).iterdir()}
    logged = mlflow.get_logged_model(info.model_id)
    assert [(m.key, m.value) for m in logged.metrics] == [("accuracy", 1.0)]
    assert len(mlflow.get_run(run_id).outputs.model_outputs) == 2
    assert mlflow.last_logged_model().name == "older"


def test_a_sweep_is_a_run_of_runs() -> None:
    with mlflow.start_run(run_name="sweep") as parent:
        for number in range(3):
            with mlflow.start_run(nested=True):
                mlflow.log_param("lr", number)
                mlflow.log_metric("loss", 1 / (number + 1))
    found = mlflow.search_runs(
        filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'",
        order_by=["metrics.loss ASC"],
    )
    assert found["params.lr"].tolist() == ["2", "1", "0"]
    assert str(found["start_time"].dtype).endswith(", UTC]")
    best = found.iloc[0].run_id
    assert mlflow.get_parent_run(best).info.run_name == "sweep"


def test_threads_log_beside_each_other() -> None:
    def train(number: int) -> str:
        with mlflow.start_run(run_name=f"w{number}") as run:
            for step in range(5):
                mlflow.log_metric("loss", number * 10 + step, step=step)
        return str(run.info.run_id)

    with mlflow.start_run() as main, ThreadPoolExecutor(3) as pool:
        run_ids = list(pool.map(train, range(4)))
        assert mlflow.active_run().info.run_id == main.info.run_id
    assert [mlflow.get_run(one).data.metrics["loss"] for one in run_ids] == [4, 14, 24, 34]
    assert {mlflow.get_run(one).info.status for one in run_ids} == {"FINISHED"}


def test_a_run_that_failed_goes_on() -> None:
    def train() -> None:
        with mlflow.start_run():
            mlflow.log_metric("loss", 1, step=1)
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        train()
    run = mlflow.last_active_run()
    assert run.info.status == "FAILED"
    with mlflow.start_run(run_id=run.info.run_id) as again:
        assert again.data.metrics == {"loss": 1}
        mlflow.log_metric("loss", 0.5, step=2)
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(1, 1), (2, 0.5)]
    assert mlflow.get_run(run.info.run_id).info.status == "FINISHED"


def test_tables_images_and_figures() -> None:
    with mlflow.start_run() as run:
        mlflow.log_table({"question": ["a"], "answer": ["b"]}, "qa.json")
        mlflow.log_table(pandas.DataFrame({"question": ["c"], "answer": ["d"]}), "qa.json")
        for step in range(2):
            mlflow.log_image(numpy.full((8, 8, 3), step, "uint8"), key="sample", step=step)
        mlflow.log_image(numpy.zeros((4, 6)), "one.png")
        figure, axes = pyplot.subplots()
        axes.plot([1, 2])
        mlflow.log_figure(figure, "plots/loss.png")
        pyplot.close(figure)
    table = mlflow.load_table("qa.json", extra_columns=["run_id"])
    assert table["question"].tolist() == ["a", "c"]
    assert set(table["run_id"]) == {run.info.run_id}
    root = run.info.artifact_uri
    assert mlflow.artifacts.load_image(f"{root}/one.png").size == (6, 4)
    images = mlflow.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path="images")
    assert sorted(image.path.split("+")[2] for image in images) == ["0", "0", "1", "1"]
    assert mlflow.artifacts.list_artifacts(f"{root}/plots")[0].file_size > 1_000


def test_datasets_go_with_metrics(tmp_path: Path) -> None:
    frame = pandas.DataFrame({"x": [1, 2], "y": [0, 1]})
    frame.to_csv(tmp_path / "train.csv", index=False)
    dataset = mlflow.data.from_pandas(frame, str(tmp_path / "train.csv"), "y", "train")
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training", tags={"version": "1"})
        model = mlflow.initialize_logged_model(name="net")
        mlflow.log_metrics({"f1": 0.5, "auc": 0.75}, 3, dataset=dataset, model_id=model.model_id)
        mlflow.finalize_logged_model(model.model_id, "READY")
    (used,) = mlflow.get_run(run.info.run_id).inputs.dataset_inputs
    assert {"mlflow.data.context": "training", "version": "1"}.items() <= {
        tag.key: tag.value for tag in used.tags
    }.items()
    source = mlflow.data.get_source(used)
    assert pandas.read_csv(source.load()).equals(frame)
    measured = mlflow.get_logged_model(model.model_id).metrics
    assert {(m.key, m.value, m.step, m.dataset_name) for m in measured} == {
        ("f1", 0.5, 3, "train"),
        ("auc", 0.75, 3, "train"),
    }


def test_the_client_alone_does_it_all() -> None:
    client = mlflow.MlflowClient()
    experiment_id = client.create_experiment(f"client {time.time_ns()}", tags={"team": "red"})
    run = client.create_run(experiment_id, tags={"n": 1}, run_name="one")
    run_id = run.info.run_id
    client.log_batch(run_id, [Metric("a", 1.0, 1, 0)], [Param("p", "1")], [RunTag("t", "2")])
    waiting = client.log_batch(run_id, [Metric("a", 2.0, 2, 1)], synchronous=False)
    waiting.wait()
    client.log_text(run_id, "hello", "notes/x.txt")
    model = client.create_logged_model(experiment_id, name="m", source_run_id=run_id)
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 3)])
    client.finalize_logged_model(model.model_id, "READY")
    client.set_terminated(run_id, "KILLED", end_time=77)
    found = client.get_run(run_id)
    assert (found.info.status, found.info.end_time) == ("KILLED", 77)
    assert found.data.to_dictionary()["metrics"] == {"a": 2.0}
    assert found.outputs.model_outputs == [LoggedModelOutput(model.model_id, 3)]
    assert [file.path for file in client.list_artifacts(run_id, "notes")] == ["notes/x.txt"]
    client.delete_run(run_id)
    views = (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL)
    assert [len(client.search_runs([experiment_id], "", view)) for view in views] == [0, 1, 1]
    with pytest.raises(mlflow.MlflowException) as caught:
        client.get_run("absent")
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_the_environment_names_the_experiment() -> None:
    name = os.environ["MLFLOW_EXPERIMENT_NAME"]
    with mlflow.start_run() as run:
        mlflow.set_experiment_tag("team", "blue")
    assert mlflow.get_experiment(run.info.experiment_id).name == name
    assert mlflow.get_experiment_by_name(name).tags == {"team": "blue"}
    frame = mlflow.search_runs(experiment_names=[name])
    assert frame["run_id"].tolist() == [run.info.run_id]
