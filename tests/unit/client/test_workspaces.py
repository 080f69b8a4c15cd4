"""Workspaces of a folder, through the client and the commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import millstream
from millstream.cli.main import root
from millstream.errors import InvalidParameter, NotFound


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    monkeypatch.setenv("MLFLOW_WORKSPACE", "")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "")
    millstream.set_tracking_uri(tmp_path / "data")
    yield tmp_path / "data"
    millstream.set_workspace(None)
    millstream.set_tracking_uri("")


def test_a_script_works_in_one_after_the_other(folder: Path) -> None:
    assert not folder.exists()
    made = millstream.create_workspace("red", "the red team")
    assert made == millstream.Workspace("red", "the red team")
    millstream.create_workspace("blue")
    runs = {}
    for name in ("red", "blue"):
        millstream.set_workspace(name)
        experiment_id = millstream.create_experiment("same")
        with millstream.start_run(experiment_id=experiment_id) as run:
            millstream.log_metric("loss", 0.5)
        runs[name] = run.info.run_id
        assert millstream.get_experiment(experiment_id).workspace == name
    assert millstream.get_run(runs["blue"]).data.metrics == {"loss": 0.5}
    with pytest.raises(NotFound, match=runs["red"]):
        millstream.get_run(runs["red"])
    millstream.set_workspace("red")
    assert millstream.get_run(runs["red"]).data.metrics == {"loss": 0.5}


def test_what_cannot_be_or_is_not_there(folder: Path) -> None:
    with pytest.raises(InvalidParameter, match="must match the pattern"):
        millstream.set_workspace("Not_A_Name")
    with pytest.raises(NotFound, match="Workspace 'green' not found"):
        millstream.get_workspace("green")
    millstream.set_workspace("green")
    with pytest.raises(NotFound, match="Workspace 'green' not found"):
        millstream.search_experiments()
    assert folder.exists()


def test_the_commands(folder: Path) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(root, ["workspaces", *words, "--tracking-uri", str(folder)])
        assert done.exit_code == 0, done.output
        return done.output

    assert run("create", "red", "--description", "the red team") == "Created workspace 'red'\n"
    assert "the red team" in run("list")
    run("update", "red", "--default-artifact-root", str(folder / "red"))
    shown = json.loads(run("get", "red", "--json"))
    assert shown["default_artifact_root"] == str(folder / "red")
    assert "red" in run("get", "red")
    assert run("delete", "red") == "Deleted workspace 'red'\n"
    assert [each["name"] for each in json.loads(run("list", "--json"))] == ["default"]
