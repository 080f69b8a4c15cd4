"""The example project gives the same metrics from a folder, from git and from a zip file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "ridge"


class Caller:
    """Calls `millstream` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "MILLSTREAM"))}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment = {**clean, "PATH": path, "HOME": str(folder)}
        self.folder = folder
        self.errors = ""

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "millstream.cli.main", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        self.errors = done.stderr
        return done.stdout

    def runs(self) -> list[dict[str, object]]:
        """The runs of the default experiment, oldest first."""
        found: list[dict[str, object]] = json.loads(
            self("runs", "list", "--experiment-id", "0", "--json", "--order-by", "start_time ASC")
        )
        return found


@pytest.fixture
def call(tmp_path: Path) -> Caller:
    return Caller(tmp_path)


def bare(folder: Path) -> Path:
    """The example as a bare repository."""
    work = folder / "work"
    shutil.copytree(EXAMPLE, work, ignore=shutil.ignore_patterns("__pycache__"))
    named = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    for words in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "."),
        (*named, "commit", "--quiet", "-m", "first"),
        ("tag", "v1"),
        ("clone", "--quiet", "--bare", ".", "../project.git"),
    ):
        subprocess.run(["git", *words], cwd=work, check=True)
    return folder / "project.git"


def test_wherever_it_comes_from(call: Caller, tmp_path: Path) -> None:
    archive = tmp_path / "project.zip"
    with zipfile.ZipFile(archive, "w") as content:
        for file in EXAMPLE.iterdir():
            if file.is_file():
                content.write(file, file.name)
    for words in (
        (str(EXAMPLE),),
        (bare(tmp_path).as_uri(), "--version", "v1"),
        (str(archive),),
    ):
        call("run", *words, "-P", "alpha=0.3")
    errors = [run["data"]["metrics"]["mse"] for run in call.runs()]  # type: ignore[index]  # JSON
    assert len(errors) == 3
    assert len(set(errors)) == 1


def test_a_sweep_of_it(call: Caller) -> None:
    words = ("--grid", "alpha=0.1,10", "--metric", "mse", "--parallel", "2", "--json")
    told = json.loads(call("run", str(EXAMPLE), *words))
    assert call.errors.count("environment, ") == 1  # which one is said once
    assert (told["finished"], told["points"]) == (2, 2)
    assert told["best_point"] == {"alpha": "0.1"}
    again = call("run", "--resume", told["run_id"])
    assert "=== 2 of 2 runs have finished ===" in again
    assert "alpha=0.1" in again
