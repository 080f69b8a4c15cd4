"""`millstream run`, called as a user calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from millstream.cli.main import root

MLPROJECT = """
entry_points:
  main:
    parameters:
      req: string
    command: "python show.py {req}"
  fail:
    command: "false"
"""


@pytest.fixture
def project(new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", str(tmp_path / "mlruns"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    (tmp_path / "MLproject").write_text(MLPROJECT)
    (tmp_path / "show.py").write_text(
        "import json, pathlib, sys\npathlib.Path('shown').write_text(json.dumps(sys.argv[1:]))\n"
    )
    return tmp_path


def call(*words: object) -> Result:
    return CliRunner().invoke(root, ["run", *map(str, words)])


def test_a_run_that_succeeds_says_so(project: Path) -> None:
    done = call(project, "-P", "req=a b; $(touch pwned)", "-P", "more=1")
    assert done.exit_code == 0, done.output
    assert "succeeded ===" in done.output
    assert json.loads((project / "shown").read_text()) == ["a b; $(touch pwned)", "--more", "1"]
    assert not (project / "pwned").exists()


def test_a_run_that_fails_exits_with_one(project: Path) -> None:
    done = call(project, "-e", "fail")
    assert done.exit_code == 1
    assert "=== Run (ID '" in done.output
    assert "') failed ===" in done.output


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["-P", "bad"], 2, "Invalid format for -P parameter: 'bad'. Use -P name=value."),
        (["-P", "req=1", "-P", "req=2"], 2, "Repeated parameter: 'req'"),
        (["--experiment-name", "a", "--experiment-id", "0"], 2, "Specify only one of"),
        (["-c", "{"], 2, "Invalid backend config JSON"),
        ([], 1, "No value given for missing parameters: 'req'"),
        (["-e", "nope"], 1, "Could not find nope among entry points ['fail', 'main']"),
        (["-b", "bogus"], 1, "Got unsupported execution mode bogus."),
        (["-v", "main", "-P", "req=1"], 1, "only supported for Git"),
    ],
)
def test_mistakes_are_said(project: Path, words: list[str], code: int, said: str) -> None:
    done = call(project, *words)
    assert done.exit_code == code
    assert said in done.output


def test_beside_json_nothing_is_on_stdout(project: Path) -> None:
    (project / "show.py").write_text("print('printed by the project')\n")
    words = ["run", ".", "-P", "req=1", "--env-manager", "local", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "millstream.cli.main", *words],
        cwd=project,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "FINISHED"
    assert "printed by the project" in done.stderr
