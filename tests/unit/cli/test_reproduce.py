"""`millstream reproduce` and `millstream diff`, called as a user calls them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.unit.projects.conftest import git

from millstream.cli.main import root
from millstream.projects.api import run

MLPROJECT = "entry_points: {main: {command: 'python train.py'}}\n"
TRAIN = """
import os, millstream
with millstream.start_run():
    millstream.log_metric("score", float(os.environ.get("SCORE", "nan")))
"""


@pytest.fixture
def original(new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a run of a project in git."""
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(tmp_path / "mlruns"))
    monkeypatch.setenv("MILLSTREAM_CAPTURE", "git,packages,machine")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "MLproject").write_text(MLPROJECT)
    (folder / "train.py").write_text(TRAIN)
    for words in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "first")):
        git(folder, *words)
    return run(str(folder)).run_id


def call(*words: object) -> Result:
    return CliRunner().invoke(root, [*map(str, words)])


def test_a_run_that_comes_out_the_same(original: str) -> None:
    done = call("reproduce", original)
    assert done.exit_code == 0, done.output
    assert f"=== Run '{original}' is reproduced by run '" in done.stdout
    told = json.loads(call("reproduce", original, "--json").stdout)
    assert (told["run_id"], told["reproduced"], told["findings"]) == (original, True, [])


def test_what_differs_is_a_table_and_exit_code_1(
    original: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCORE", "0.5")
    done = call("reproduce", original)
    assert done.exit_code == 1
    assert f"=== Run '{original}' is not reproduced by run '" in done.stdout
    assert [line.split() for line in done.stdout.splitlines()[1:4:2]] == [
        ["Cause", "Name", "run", "child"],
        ["metrics", "score", "nan", "0.5"],
    ]
    assert "Nothing recorded explains it" in done.stdout
    told = call("reproduce", original, "--json")
    assert told.exit_code == 1
    finding = {"cause": "metrics", "name": "score", "expected": "NaN", "got": 0.5}
    assert json.loads(told.stdout)["findings"] == [finding]
    child = json.loads(told.stdout)["child_run_id"]
    shown = call("diff", original, child, "--metric", "score")
    assert "score" in shown.stdout
    assert "Not recorded, so not compared: the data of run" in shown.stderr
    assert json.loads(call("diff", child, original, "--json").stdout)["run_ids"] == [
        child,
        original,
    ]


def test_what_stands_in_the_way_is_one_line(original: str) -> None:
    done = call("reproduce", original, "--env-manager", "local", "--source", "/nowhere")
    assert done.exit_code == 1
    assert "/nowhere" in done.output
    assert "--source" in done.output
    assert len(done.output.splitlines()) == 1
