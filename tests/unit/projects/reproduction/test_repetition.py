"""A run is carried out again as it was, and the outcome stands on it or on its child."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.projects.conftest import git, project

from millstream.client.tracking import MillstreamClient
from millstream.errors import InvalidParameter, MillstreamError, NotSupported
from millstream.projects.api import diff, reproduce, run
from millstream.projects.reproduction.repetition import (
    FINDINGS,
    OUTCOME,
    REPRODUCED,
    REPRODUCED_AT,
    REPRODUCED_TOLERANCE,
    REPRODUCES,
)

__all__ = ["project"]  # a fixture of that room

LOGS = """
import os, pathlib, sys
import millstream
with millstream.start_run():
    millstream.log_param("own", "logged by the code")
    value = float(sys.argv[1]) + float(os.environ.get("SHIFT", 0))
    millstream.log_metric("alpha", value)
    millstream.log_metric("undefined", float("nan"))
"""
COMMIT = "mlflow.source.git.commit"


@pytest.fixture(autouse=True)
def client(new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MillstreamClient:
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(tmp_path / "mlruns"))
    monkeypatch.setenv("MILLSTREAM_CAPTURE", "git,packages,machine")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    return MillstreamClient()


@pytest.fixture
def logging(project: Path) -> Path:
    """A repository whose project logs the parameter that it is given."""
    (project / "train.py").write_text(LOGS)
    git(project, "init", "--quiet", "--initial-branch", "main")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "first")
    return project


def started(client: MillstreamClient, folder: Path, *words: str) -> str:
    """The run of a script that is started with Python in a folder."""
    subprocess.run([sys.executable, *words], cwd=folder, check=True, env=os.environ)
    (found,) = client.search_runs(["0"], max_results=1)
    return found.info.run_id


def test_a_run_that_comes_out_the_same_is_stamped(logging: Path, client: MillstreamClient) -> None:
    original = run(str(logging), parameters={"alpha": 0.25, "extra": "$(id)"}).run_id
    found = reproduce(original, tolerance=1e-6)
    assert found.reproduced
    assert found.comparison.findings == ()
    tags = client.get_run(original).data.tags
    assert tags[REPRODUCED] == found.child_run_id
    assert float(tags[REPRODUCED_TOLERANCE]) == 1e-6
    child = client.get_run(found.child_run_id)
    assert int(tags[REPRODUCED_AT]) >= (child.info.end_time or 0) > 0
    assert child.data.tags[REPRODUCES] == child.data.tags["mlflow.parentRunId"] == original
    assert FINDINGS not in child.data.tags
    assert child.data.tags[OUTCOME] == "same"
    assert child.data.params == client.get_run(original).data.params
    assert child.data.params["extra"] == "$(id)"
    assert reproduce(found.child_run_id).reproduced


def test_what_differs_stands_on_the_child(
    logging: Path, client: MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = run(str(logging)).run_id
    monkeypatch.setenv("SHIFT", "0.001")
    found = reproduce(original)
    assert not found.reproduced
    assert [(f.cause, f.name, f.expected, f.got) for f in found.comparison.findings] == [
        ("metrics", "alpha", 0.5, 0.501)
    ]
    assert REPRODUCED not in client.get_run(original).data.tags
    tags = client.get_run(found.child_run_id).data.tags
    assert tags[OUTCOME] == "different"
    told = json.loads(tags[FINDINGS])
    assert told == [{"cause": "metrics", "name": "alpha", "expected": 0.5, "got": 0.501}]
    assert reproduce(original, tolerance=0.01).reproduced
    assert reproduce(original, metrics=["undefined"]).reproduced


def test_what_git_does_not_have_is_put_back(logging: Path, client: MillstreamClient) -> None:
    (logging / "train.py").write_text(LOGS.replace("value)", "value * factor.FACTOR)"))
    with (logging / "train.py").open("r+") as file:
        text = file.read()
        file.seek(0)
        file.write("import lib.factor as factor\n" + text)
    (logging / "lib").mkdir()
    (logging / "lib" / "factor.py").write_text("FACTOR = 3\n")
    original = run(str(logging)).run_id
    git(logging, "stash", "--include-untracked", "--quiet")
    assert not (logging / "lib").exists()
    found = reproduce(original)
    assert found.reproduced
    assert client.get_run(found.child_run_id).data.metrics["alpha"] == 1.5
    clean = run(str(logging)).run_id
    names = [(f.cause, f.name) for f in diff(original, clean).findings]
    assert names == [("code", "lib/factor.py"), ("code", "train.py"), ("metrics", "alpha")]


def test_a_project_in_a_folder_of_its_repository(
    logging: Path, tmp_path: Path, client: MillstreamClient
) -> None:
    (logging / "deep").mkdir()
    git(logging, "mv", "MLproject", "train.py", "deep")
    git(logging, "commit", "--quiet", "-m", "deeper")
    originals = [
        run(str(logging / "deep")).run_id,
        run(f"{logging.as_uri()}#deep", version="main").run_id,
    ]
    logging.rename(tmp_path / "elsewhere")
    for original in originals:
        with pytest.raises(MillstreamError, match=r"cannot be fetched.*--source"):
            reproduce(original)
        assert reproduce(original, source=tmp_path / "elsewhere").reproduced


def test_a_script_with_its_command_line(logging: Path, client: MillstreamClient) -> None:
    (logging / "sub").mkdir()
    (logging / "sub" / "note.txt").write_text("here\n")
    git(logging, "add", ".")
    git(logging, "commit", "--quiet", "-m", "second")
    original = started(client, logging / "sub", "-u", "../train.py", "0.75", "two words; $(id)")
    found = reproduce(original)
    assert found.reproduced
    child = client.get_run(found.child_run_id)
    assert child.data.metrics["alpha"] == 0.75
    assert child.data.tags["mlflow.source.type"] == "LOCAL"
    assert child.data.params == {"own": "logged by the code"}


def test_a_module_with_its_command_line(logging: Path, client: MillstreamClient) -> None:
    (logging / "pack").mkdir()
    git(logging, "mv", "train.py", "pack/train.py")
    (logging / "pack" / "__init__.py").write_text("")
    git(logging, "add", ".")
    git(logging, "commit", "--quiet", "-m", "second")
    original = started(client, logging, "-m", "pack.train", "0.75")
    assert reproduce(original).reproduced


def test_code_that_fails_now_is_not_reproduced(
    logging: Path, client: MillstreamClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = run(str(logging)).run_id
    monkeypatch.setenv("SHIFT", "no number")
    found = reproduce(original, attached=False)
    assert (found.reproduced, found.status) == (False, "FAILED")
    assert client.get_run(found.child_run_id).info.status == "FAILED"


def test_what_was_fetched_is_removed(logging: Path, tmp_path: Path) -> None:
    original = run(str(logging)).run_id
    reproduce(original, storage_dir=tmp_path / "storage")
    assert list((tmp_path / "storage").iterdir()) == []


def test_a_run_of_a_program_that_keeps_less(logging: Path, client: MillstreamClient) -> None:
    """As MLflow's: tags and params, and none of what is captured."""
    commit = git(logging, "rev-parse", "HEAD")
    created = client.create_run(
        "0",
        tags={
            "mlflow.source.type": "PROJECT",
            "mlflow.source.name": logging.as_uri(),
            "mlflow.project.entryPoint": "main",
            COMMIT: commit,
        },
    ).info.run_id
    for name, value in (("alpha", "0.25"), ("own", "logged by the code")):
        client.log_param(created, name, value)
    client.log_metric(created, "alpha", 0.25)
    client.log_metric(created, "undefined", float("nan"))
    client.set_terminated(created)
    with pytest.raises(InvalidParameter, match=r"Which packages .* --env-manager local"):
        reproduce(created)
    found = reproduce(created, env_manager="local")
    assert found.reproduced
    assert any("packages" in phrase for phrase in found.comparison.unknown)


class TestBeforeAnythingRuns:
    """What cannot be done is said, and there is no child."""

    @pytest.fixture(autouse=True)
    def none(self, client: MillstreamClient) -> Iterator[None]:
        yield
        assert not client.search_runs(["0"], f"tags.`{REPRODUCES}` LIKE '%'")

    def test_no_commit(self, project: Path) -> None:
        (project / "train.py").write_text(LOGS)
        original = run(str(project)).run_id
        with pytest.raises(InvalidParameter, match="has no commit"):
            reproduce(original)

    def test_a_run_that_did_not_finish(self, client: MillstreamClient) -> None:
        created = client.create_run("0").info.run_id
        with pytest.raises(InvalidParameter, match="is RUNNING"):
            reproduce(created)

    def test_the_parent_of_a_sweep(self, client: MillstreamClient) -> None:
        created = client.create_run("0", tags={"millstream.sweep": "grid"}).info.run_id
        client.set_terminated(created)
        with pytest.raises(InvalidParameter, match="the parent of a sweep"):
            reproduce(created)

    def test_a_notebook(self, client: MillstreamClient) -> None:
        created = client.create_run("0", tags={"mlflow.source.type": "NOTEBOOK"}).info.run_id
        client.set_terminated(created)
        with pytest.raises(NotSupported, match="is of a NOTEBOOK"):
            reproduce(created)

    def test_nothing_to_compare(self, logging: Path) -> None:
        (logging / "train.py").write_text("")
        git(logging, "commit", "--quiet", "-am", "silent")
        original = run(str(logging)).run_id
        with pytest.raises(InvalidParameter, match="neither metrics nor datasets"):
            reproduce(original)

    def test_a_truncated_difference(self, logging: Path) -> None:
        (logging / "train.py").write_text(LOGS + "# 5 MiB\n" + "#" * (6 << 20))
        original = run(str(logging)).run_id
        with pytest.raises(InvalidParameter, match="only the beginning of what differed"):
            reproduce(original)

    def test_a_masked_secret(self, logging: Path) -> None:
        (logging / "train.py").write_text(LOGS + "PASSWORD = 'hunter2hunter2'\n")
        original = run(str(logging)).run_id
        with pytest.raises(InvalidParameter, match="Secrets were masked"):
            reproduce(original)

    def test_a_repository_that_is_gone(self, logging: Path) -> None:
        original = run(str(logging)).run_id
        shutil.rmtree(logging)
        with pytest.raises(MillstreamError, match="Name a repository that has it with --source"):
            reproduce(original)

    def test_a_repository_that_has_another_history(self, logging: Path) -> None:
        original = run(str(logging)).run_id
        shutil.rmtree(logging / ".git")
        git(logging, "init", "--quiet")
        git(logging, "add", ".")
        git(logging, "commit", "--quiet", "-m", "other")
        with pytest.raises(MillstreamError, match="cannot be fetched"):
            reproduce(original)

    def test_a_package_from_a_folder(self, logging: Path, client: MillstreamClient) -> None:
        original = run(str(logging)).run_id
        client.log_text(original, "own==1.0  # from file:///x\n", ".millstream/requirements.txt")
        with pytest.raises(InvalidParameter, match="had own from a folder or a repository"):
            reproduce(original)

    def test_what_makes_no_sense(self, logging: Path) -> None:
        original = run(str(logging)).run_id
        with pytest.raises(InvalidParameter, match="tolerance"):
            reproduce(original, tolerance=-1)
        with pytest.raises(InvalidParameter, match="Neither run has the metric"):
            reproduce(original, metrics=["absent"])
        with pytest.raises(InvalidParameter, match="none of"):
            reproduce(original, env_manager="bogus")
