"""The commands about files of runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def run_id(millstream: Any) -> str:
    """A run in experiment 0."""
    return str(json.loads(millstream.text("runs", "create", "--experiment-id", "0"))["run_id"])


def test_a_file_goes_there_and_back(millstream: Any, run_id: str, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("hello")
    said = millstream.text("artifacts", "log-artifact", "-l", str(file), "-r", run_id)
    assert said == f"Logged artifact from local file {file} to artifact_path=None\n"
    logged = millstream.data(
        "artifacts", "log-artifact", "-l", str(file), "-r", run_id, "-a", "deep/er"
    )
    assert logged == {"run_id": run_id, "path": "deep/er/note.txt"}

    listed = json.loads(millstream.text("artifacts", "list", "-r", run_id))
    assert listed == [
        {"path": "deep", "is_dir": True},
        {"path": "note.txt", "is_dir": False, "file_size": 5},
    ]
    inner = millstream.data("artifacts", "list", "-r", run_id, "-a", "deep/er")
    assert inner == [{"path": "deep/er/note.txt", "is_dir": False, "file_size": 5}]

    target = tmp_path / "back"
    local = millstream.text(
        "artifacts", "download", "-r", run_id, "-a", "deep/er/note.txt", "-d", str(target)
    ).strip()
    assert Path(local).read_text() == "hello"
    assert Path(local).is_relative_to(target)


def test_a_folder_goes_there_and_back(millstream: Any, run_id: str, tmp_path: Path) -> None:
    folder = tmp_path / "plots"
    (folder / "in").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "in" / "b.txt").write_text("b")
    said = millstream.text("artifacts", "log-artifacts", "-l", str(folder), "-r", run_id)
    assert said == f"Logged artifact from local dir {folder} to artifact_path=None\n"
    target = tmp_path / "back"
    local = millstream.data("artifacts", "download", "-r", run_id, "-d", str(target))["local_path"]
    assert (Path(local) / "a.txt").read_text() == "a"
    assert (Path(local) / "in" / "b.txt").read_text() == "b"


def test_a_uri_is_enough_to_download(millstream: Any, run_id: str, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("hello")
    millstream.text("artifacts", "log-artifact", "-l", str(file), "-r", run_id)
    local = millstream.text("artifacts", "download", "-u", f"runs:/{run_id}/note.txt").strip()
    assert Path(local).read_text() == "hello"


def test_wrong_calls_are_named(millstream: Any, run_id: str, tmp_path: Path) -> None:
    neither = millstream("artifacts", "download")
    assert neither.exit_code == 2
    assert "exactly one of --run-id or --artifact-uri" in neither.stderr
    both = millstream("artifacts", "download", "-u", "runs:/x/y", "-a", "z")
    assert both.exit_code == 2
    absent = str(tmp_path / "absent")
    for command in ("log-artifact", "log-artifacts"):
        refused = millstream("artifacts", command, "-l", absent, "-r", run_id)
        assert refused.exit_code == 2
        assert absent in refused.stderr


def test_what_was_never_logged_is_refused(millstream: Any, run_id: str) -> None:
    assert "nothing.txt" in millstream.refusal(
        "artifacts", "download", "-r", run_id, "-a", "nothing.txt"
    )
    assert millstream.refusal("artifacts", "list", "-r", "zz") == "Run with id=zz not found"
