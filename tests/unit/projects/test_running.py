"""A project's run holds what happened, however it ended, and is made only if it can begin."""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.sent_projects import lives, wait_for

from millstream.client.active import end_run, start_run
from millstream.client.session import SESSION
from millstream.client.tracking import MillstreamClient
from millstream.errors import ExecutionException, InvalidParameter
from millstream.projects.running import run

LOGS = """
import sys
import millstream
with millstream.start_run():
    millstream.log_metric("alpha", float(sys.argv[1]))
"""


@pytest.fixture(autouse=True)
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MillstreamClient]:
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(tmp_path / "mlruns"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    yield MillstreamClient()
    SESSION.finish()


def test_the_code_logs_to_the_run(project: Path, client: MillstreamClient) -> None:
    (project / "train.py").write_text(LOGS)
    submitted = run(str(project), parameters={"alpha": 0.25})
    found = client.get_run(submitted.run_id)
    assert found.info.status == submitted.get_status() == "FINISHED"
    assert found.data.metrics["alpha"] == 0.25
    assert found.data.params == {"alpha": "0.25"}
    assert found.data.tags["mlflow.source.type"] == "PROJECT"
    assert found.data.tags["mlflow.source.name"] == str(project.resolve())
    assert found.data.tags["mlflow.project.entryPoint"] == "main"
    assert found.data.tags["mlflow.project.backend"] == "local"
    assert [one.info.run_id for one in client.search_runs(["0"])] == [submitted.run_id]


def test_code_that_fails_fails_the_run(project: Path, client: MillstreamClient) -> None:
    (project / "train.py").write_text("raise SystemExit(3)")
    with pytest.raises(ExecutionException, match="failed"):
        run(str(project))
    (found,) = client.search_runs(["0"])
    assert found.info.status == "FAILED"


@pytest.mark.parametrize(
    "wrong",
    [
        {"entry_point": "absent"},
        {"uri": "absent"},
        {"backend": "bogus"},
        {"env_manager": "bogus"},
        {"experiment_name": "a", "experiment_id": "0"},
        {"backend_config": "absent.json"},
    ],
)
def test_what_is_wrong_is_said_before_there_is_a_run(
    project: Path, client: MillstreamClient, wrong: dict[str, str]
) -> None:
    with pytest.raises(InvalidParameter):
        run(**{"uri": str(project), **wrong})  # type: ignore[arg-type]  # each is a text
    assert list(client.search_runs(["0"])) == []


def test_an_environment_that_cannot_be_made_fails_the_run(
    project: Path, client: MillstreamClient
) -> None:
    (project / "python_env.yaml").write_text("python: '2.7'\ndependencies: []\n")
    with pytest.raises(Exception, match=r"2\.7"):
        run(str(project), env_manager="uv")
    (found,) = client.search_runs(["0"])
    assert found.info.status == "FAILED"


def test_the_caller_may_go_on(project: Path, client: MillstreamClient) -> None:
    (project / "train.py").write_text("import time\nprint('begun', flush=True)\ntime.sleep(0.5)\n")
    submitted = run(str(project), synchronous=False)
    assert submitted.get_status() == "RUNNING"
    assert list(submitted.logs(follow=True)) == ["begun"]
    assert submitted.wait()
    assert client.get_run(submitted.run_id).info.status == "FINISHED"


def test_what_it_printed_is_kept_no_longer_than_it(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(kept))
    submitted = run(str(project), synchronous=False)
    assert submitted.wait()
    assert len(list(kept.glob("*.log"))) == 1
    del submitted
    until = time.monotonic() + 20  # the thread that watched it ends in a moment
    while list(kept.glob("*.log")) and time.monotonic() < until:
        gc.collect()
        time.sleep(0.02)
    assert list(kept.glob("*.log")) == []


def test_a_run_can_be_cancelled_with_all_it_started(
    project: Path, client: MillstreamClient, tmp_path: Path
) -> None:
    (project / "MLproject").write_text(
        "entry_points: {main: {command: 'sleep 30 & echo $! > child; wait; true'}}"
    )
    submitted = run(str(project), synchronous=False)
    child = project / "child"
    until = time.monotonic() + 20
    while not (child.exists() and child.read_text().strip()) and time.monotonic() < until:
        time.sleep(0.02)
    submitted.cancel()
    assert not submitted.wait()
    assert submitted.get_status() == "KILLED"
    assert client.get_run(submitted.run_id).info.status == "KILLED"
    wait_for(lambda: not lives(int(child.read_text())))  # a signal was sent to it, but takes time


def test_it_is_below_the_active_run(project: Path, client: MillstreamClient) -> None:
    parent = start_run()
    submitted = run(str(project), run_name="mine")
    end_run()
    found = client.get_run(submitted.run_id)
    assert found.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert found.info.run_name == "mine"


def test_a_run_that_exists_can_be_logged_to(project: Path, client: MillstreamClient) -> None:
    created = client.create_run("0")
    submitted = run(str(project), run_id=created.info.run_id)
    assert submitted.run_id == created.info.run_id
    assert client.get_run(submitted.run_id).info.status == "FINISHED"


def test_an_experiment_is_made_by_its_name(project: Path, client: MillstreamClient) -> None:
    submitted = run(str(project), experiment_name="by name")
    found = client.get_experiment_by_name("by name")
    assert found is not None
    assert client.get_run(submitted.run_id).info.experiment_id == found.experiment_id


def test_git_is_named_and_what_was_fetched_is_removed(
    repository: Path, client: MillstreamClient, tmp_path: Path
) -> None:
    storage = tmp_path / "storage"
    submitted = run(repository.as_uri(), version="other", storage_dir=storage)
    tags = client.get_run(submitted.run_id).data.tags
    assert tags["mlflow.source.name"] == repository.as_uri()
    assert len(tags["mlflow.source.git.commit"]) == 40
    assert tags["mlflow.source.git.branch"] == "other"
    assert list(storage.iterdir()) == []
