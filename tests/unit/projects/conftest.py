"""A small project, as a folder and as a git repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

MLPROJECT = """
name: small
entry_points:
  main:
    parameters:
      alpha: {type: float, default: 0.5}
    command: "python train.py {alpha}"
"""
TRAIN = "import sys\nprint('alpha', sys.argv[1])\n"


def git(folder: Path, *words: str) -> str:
    """What git says in a folder, as somebody who may commit."""
    named = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    done = subprocess.run(
        ["git", *named, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of a project."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "MLproject").write_text(MLPROJECT)
    (folder / "train.py").write_text(TRAIN)
    return folder


@pytest.fixture
def repository(project: Path) -> Path:
    """The same as a git repository with a commit `v1` and a branch `other` with one more."""
    git(project, "init", "--quiet", "--initial-branch", "main")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "first")
    git(project, "tag", "v1")
    git(project, "checkout", "--quiet", "-b", "other")
    (project / "train.py").write_text("print('other')\n")
    git(project, "commit", "--quiet", "-am", "second")
    git(project, "checkout", "--quiet", "main")
    return project
