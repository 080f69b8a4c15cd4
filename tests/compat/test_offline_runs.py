"""Runs that began without a store are sent into a real MLflow server, once, however often."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.compat.test_mlflow_server import PYTHON
from tests.compat.test_mlflow_server import server as mlflow_server  # noqa: F401  # a fixture

import millstream
from millstream.cli.main import root
from millstream.client.models import link_model
from millstream.client.session import SESSION
from millstream.client.tracking import MillstreamClient

pytestmark = pytest.mark.skipif(
    not PYTHON.exists(),
    reason=f"no MLflow to send to: {PYTHON} is absent (scripts/compat_environments.sh)",
)

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def fresh(new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("MILLSTREAM_EXIT_WAIT", "0.5")
    for name in ("TRACKING_URI", "EXPERIMENT_ID", "EXPERIMENT_NAME", "REGISTRY_URI"):
        monkeypatch.setenv(f"MLFLOW_{name}", "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield
        SESSION.finish()


def sync(folder: Path, target: str) -> Result:
    words = ["sync", str(folder), "--to", target, "--all", "--json"]
    return CliRunner().invoke(root, words, prog_name="millstream")


def send_again_and_again(place: Path, made_here: str, server: str) -> None:
    """Sync two journals three times, before the last of which the id of one there is forgotten."""
    folder = place / "state" / "millstream" / "journal"
    assert len(list(folder.glob("*.journal"))) == 2
    for _ in range(2):
        done = sync(folder, server)
        assert done.exit_code == 0, done.output
        assert [outcome["failed"] for outcome in json.loads(done.stdout)] == [False, False]
    (folder / f"{made_here}.places").unlink()
    assert sync(folder, server).exit_code == 0, "what is known of it may be lost"


def test_an_offline_run_arrives_once_under_the_servers_id(
    mlflow_server: str,  # noqa: F811  # the fixture
    tmp_path: Path,
) -> None:
    millstream.set_tracking_uri(NOBODY)
    millstream.set_experiment("offline lab")
    with millstream.start_run(run_name="first", tags={"t": "1"}) as run:
        millstream.log_params({f"p{number}": number for number in range(120)})
        millstream.log_metrics({"loss": [1 / step for step in range(1, 1_501)]})
        millstream.set_tag("k", "one")
        millstream.set_tag("k", "two")
        millstream.log_text("words", "notes/a.txt")
        for rows in ([1, 2], [3]):
            millstream.log_table({"row": rows}, "table.json")
        millstream.set_experiment_tag("team", "vision")
    run_id = run.info.run_id
    SESSION.finish()
    send_again_and_again(tmp_path, run_id, mlflow_server)
    client = MillstreamClient(mlflow_server)
    experiment = client.get_experiment_by_name("offline lab")
    assert experiment is not None
    (found,) = client.search_runs([experiment.experiment_id])
    assert found.info.run_id != run_id
    assert found.data.tags["millstream.originalRunId"] == run_id
    assert (found.info.run_name, found.info.status) == ("first", "FINISHED")
    assert (found.data.tags["k"], found.data.tags["t"]) == ("two", "1")
    assert len(found.data.params) == 120
    assert len(client.get_metric_history(found.info.run_id, "loss")) == 1_500
    path = client.download_artifacts(found.info.run_id, "notes/a.txt", str(tmp_path))
    assert Path(path).read_text() == "words"
    path = client.download_artifacts(found.info.run_id, "table.json", str(tmp_path))
    assert json.loads(Path(path).read_text()) == {"columns": ["row"], "data": [[1], [2], [3]]}
    assert json.loads(found.data.tags["mlflow.loggedArtifacts"]) == [
        {"path": "table.json", "type": "table"}
    ]
    assert experiment.tags["team"] == "vision"


def test_an_offline_model_arrives_once_under_the_servers_id(
    mlflow_server: str,  # noqa: F811  # the fixture
    tmp_path: Path,
) -> None:
    (tmp_path / "weights.bin").write_bytes(b"w" * 100)
    millstream.set_tracking_uri(NOBODY)
    millstream.set_experiment("offline models")
    with millstream.start_run() as run:
        millstream.log_param("depth", 3)
        millstream.log_metric("loss", 0.5, step=1)
        model = millstream.initialize_logged_model("net", tags={"t": "1"})
        link_model(NOBODY, run.info.run_id, model.model_id, 1)
        millstream.log_metric("auc", 0.9, step=1, model_id=model.model_id)
        millstream.set_logged_model_tags(model.model_id, {"k": "two"})
        MillstreamClient().log_model_artifact(model.model_id, str(tmp_path / "weights.bin"))
        millstream.finalize_logged_model(model.model_id, "READY")
    SESSION.finish()
    send_again_and_again(tmp_path, model.model_id, mlflow_server)
    client = MillstreamClient(mlflow_server)
    experiment = client.get_experiment_by_name("offline models")
    assert experiment is not None
    (made,) = client.search_runs([experiment.experiment_id])
    (found,) = client.search_logged_models([experiment.experiment_id])
    assert found.model_id != model.model_id
    assert found.tags["millstream.originalModelId"] == model.model_id
    assert (found.name, found.status, found.source_run_id) == ("net", "READY", made.info.run_id)
    assert (found.tags["t"], found.tags["k"]) == ("1", "two")
    assert found.params == {"depth": "3"}
    assert sorted((metric.key, metric.step) for metric in found.metrics) == [
        ("auc", 1),
        ("loss", 1),
    ]
    assert [output.model_id for output in made.outputs.model_outputs] == [found.model_id]
    (file,) = client.list_logged_model_artifacts(found.model_id)
    assert (file.path, file.file_size) == ("weights.bin", 100)
