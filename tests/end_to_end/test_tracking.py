"""What scripts call: the same outcome with a folder, a database and our server over a socket."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.ports import free_port

import millstream
from millstream.client.journal import read
from millstream.client.session import SESSION
from millstream.entities.metrics import Metric
from millstream.errors import AlreadyExists, InvalidParameter, NotFound

PROGRAM = (sys.executable, "-m", "millstream.cli.main")


class Server:
    """Our server on a folder of its own, in a process of its own."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.process = subprocess.Popen(
            [*PROGRAM, "server", "--port", str(port), "--json"],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            env={k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "MILLSTREAM"))},
        )
        assert self.process.stdout is not None
        self.url = str(json.loads(self.process.stdout.readline())["url"]).rstrip("/")

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@pytest.fixture(params=["folder", "database", "server"])
def uri(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    for name in list(os.environ):
        if name.startswith(("MLFLOW_", "MILLSTREAM_")):
            monkeypatch.delenv(name)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    if request.param == "server":
        found = request.getfixturevalue("server").url
    else:
        found = (
            str(tmp_path / "runs") if request.param == "folder" else f"sqlite:///{tmp_path}/x.db"
        )
    millstream.set_tracking_uri(found)
    millstream.set_experiment(f"experiment {time.time_ns()}")
    yield found
    assert millstream.active_run() is None
    SESSION.finish()
    SESSION.__init__()  # type: ignore[misc]  # a new process, as far as the session knows


def history(run_id: str, key: str) -> list[Metric]:
    return millstream.MillstreamClient().get_metric_history(run_id, key)


def test_a_training_script(uri: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "weights.bin").write_bytes(b"w" * 1000)
    with millstream.start_run(run_name="one", tags={"t": 1}, description="why") as run:
        run_id = run.info.run_id
        millstream.log_params({f"p{n}": n for n in range(120)})
        for step in range(2_500):
            millstream.log_metric("loss", 1 / (step + 1), step=step)
        millstream.log_metrics({"nan": math.nan, "up": math.inf})
        millstream.log_artifact(tmp_path / "weights.bin", "model")
        millstream.log_dict({"a": [1]}, "d/x.json")
        millstream.log_text("ünï", "ünï.txt")
        millstream.log_table({"a": [1, 2]}, "t.json")
        millstream.log_table({"a": [3]}, "t.json")
        with millstream.start_run(nested=True) as child:
            millstream.log_metric("x", 1)
        with pytest.raises(InvalidParameter, match="Changing param values is not allowed"):
            millstream.log_param("p0", "other")
    found = millstream.get_run(run_id)
    assert found.info.status == "FINISHED"
    assert found.data.params == {f"p{n}": str(n) for n in range(120)}
    assert found.data.metrics["loss"] == 1 / 2_500
    assert math.isnan(found.data.metrics["nan"])
    assert found.data.metrics["up"] == math.inf
    assert found.data.tags["mlflow.note.content"] == "why"
    assert [point.step for point in history(run_id, "loss")] == list(range(2_500))
    parent = millstream.get_parent_run(child.info.run_id)
    assert parent is not None
    assert parent.info.run_id == run_id
    artifacts: Any = import_module("millstream.artifacts")
    fetched = artifacts.download_artifacts(run_id=run_id, dst_path=tmp_path / "to")
    names = sorted(
        path.relative_to(fetched).as_posix() for path in Path(fetched).rglob("*") if path.is_file()
    )
    assert names == ["d/x.json", "model/weights.bin", "t.json", "ünï.txt"]
    assert artifacts.load_text(f"runs:/{run_id}/ünï.txt") == "ünï"
    assert millstream.load_table("t.json")["a"].tolist() == [1, 2, 3]
    frame = millstream.search_runs(filter_string="params.p7 = '7'")
    assert frame["run_id"].tolist() == [run_id]
    printed = capsys.readouterr().out
    address = f"{uri}/#/experiments/{run.info.experiment_id}"
    assert (f"View run one at: {address}/runs/{run_id}" in printed) == uri.startswith("http")
    assert (f"View experiment at: {address}" in printed) == uri.startswith("http")


def test_lives_of_experiments_and_runs(uri: str) -> None:
    client = millstream.MillstreamClient()
    name = f"other {time.time_ns()}"
    experiment_id = client.create_experiment(name, tags={"a": 1})
    with pytest.raises(AlreadyExists):
        client.create_experiment(name)
    client.rename_experiment(experiment_id, f"{name}!")
    found = client.get_experiment_by_name(f"{name}!")
    assert found is not None
    assert found.tags == {"a": "1"}
    run = client.create_run(experiment_id)
    client.set_terminated(run.info.run_id, "KILLED")
    client.delete_experiment(experiment_id)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    client.restore_experiment(experiment_id)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "active"
    assert client.get_run(run.info.run_id).info.status == "KILLED"
    with pytest.raises(NotFound):
        client.get_run("0" * 32)
    with pytest.raises(InvalidParameter):
        client.search_runs([experiment_id], "nonsense")


def test_logged_models_and_datasets(uri: str, tmp_path: Path) -> None:
    (tmp_path / "w").write_text("w")
    data: Any = import_module("pandas").DataFrame({"a": [1]})
    with millstream.start_run() as run:
        model = millstream.initialize_logged_model("net", params={"n": 1})
        millstream.MillstreamClient().log_model_artifact(model.model_id, tmp_path / "w")
        millstream.log_metric("acc", 0.5, model_id=model.model_id)
        millstream.log_input(millstream.data.from_pandas(data, name="d"), context="training")
        millstream.finalize_logged_model(model.model_id, "READY")
        millstream.log_outputs([millstream.LoggedModelOutput(model.model_id, 1)])
    found = millstream.get_logged_model(model.model_id)
    assert str(found.status) == "READY"
    assert [(m.key, m.run_id) for m in found.metrics] == [("acc", run.info.run_id)]
    assert [
        file.path
        for file in millstream.MillstreamClient().list_logged_model_artifacts(model.model_id)
    ] == ["w"]
    held = millstream.get_run(run.info.run_id)
    assert [item.dataset.name for item in held.inputs.dataset_inputs] == ["d"]
    assert [item.model_id for item in held.outputs.model_outputs] == [model.model_id]


def test_threads_have_runs_of_their_own(uri: str) -> None:
    ids: dict[int, str] = {}

    def train(number: int) -> None:
        with millstream.start_run() as run:
            ids[number] = run.info.run_id
            for step in range(30):
                millstream.log_metric("loss", number, step=step)

    threads = [threading.Thread(target=train, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids.values())) == 16
    for number, run_id in ids.items():
        assert [point.value for point in history(run_id, "loss")] == [float(number)] * 30


def log_in_child(number: int) -> None:
    for step in range(10):
        millstream.log_metric(f"child{number}", number, step=step)
    millstream.log_param(f"child{number}", number)


def test_a_fork_in_the_middle_of_a_run(uri: str) -> None:
    context = multiprocessing.get_context("fork")
    with millstream.start_run() as run:
        millstream.log_metric("parent", 1)
        children = [context.Process(target=log_in_child, args=(number,)) for number in range(3)]
        for child in children:
            child.start()
        for child in children:
            child.join()
        assert [child.exitcode for child in children] == [0, 0, 0]
        millstream.log_metric("parent", 2, step=1)
    assert millstream.get_run(run.info.run_id).data.params == {
        f"child{n}": str(n) for n in range(3)
    }
    for number in range(3):
        assert len(history(run.info.run_id, f"child{number}")) == 10
    assert len(history(run.info.run_id, "parent")) == 2


RACE = """
import millstream, sys
millstream.set_tracking_uri(sys.argv[1])
sys.stdin.readline()
print(millstream.set_experiment(sys.argv[2]).experiment_id)
"""


def test_processes_that_race_for_an_experiment_share_it(uri: str) -> None:
    name = f"race {time.time_ns()}"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, uri, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0] * 6
    assert len(answers) == 1


def test_a_server_that_goes_and_comes_back_gets_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "")
    folder = tmp_path / "state" / "millstream" / "journal"
    port = free_port()  # which nobody else is handed while the server is down
    first = Server(tmp_path / "server", port)
    millstream.set_tracking_uri(first.url)
    with millstream.start_run() as run:
        millstream.log_metric("loss", 0, step=0)
        millstream.flush_async_logging()
        first.stop()

        def log_on() -> None:  # of which any moment may be that when it is noticed, and told
            for step in range(1, 200):
                millstream.log_metric("loss", step, step=step)
            millstream.flush_async_logging()

        with pytest.warns(RuntimeWarning, match="cannot be reached"):
            log_on()
        (path,) = folder.glob("*.journal")
        assert len(read(path).records) == 200
        second = Server(tmp_path / "server", port)
        assert len(history(run.info.run_id, "loss")) == 200
    assert millstream.get_run(run.info.run_id).info.status == "FINISHED"
    assert list(folder.glob("*.journal")) == []
    SESSION.finish()
    SESSION.__init__()  # type: ignore[misc]  # a new process, as far as the session knows
    second.stop()
