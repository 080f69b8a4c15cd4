"""What the tests of compatibility share: other Python environments, and our server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.compat.trained_model import Trained, train

ROOT = Path(__file__).parents[2]

Environment = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def environment() -> Environment:
    """The Python of an environment: of a variable, else the one below .venvs; skips without."""

    def find(name: str, variable: str) -> Path:
        python = Path(os.environ.get(variable) or ROOT / ".venvs" / name / "bin" / "python")
        if not python.is_file():
            pytest.skip(f"{python} is absent; scripts/compat_environments.sh builds it")
        return python

    return find


@pytest.fixture
def trained(environment: Environment, tmp_path: Path) -> Trained:
    """The walk-through's model, trained in a folder of the test's own."""
    return train(environment("scenario", "MILLSTREAM_SCENARIO_PYTHON"), tmp_path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of our server on a new SQLite file."""
    with serving(tmp_path) as address:
        yield address


@contextmanager
def serving(tmp_path: Path, *options: str) -> Iterator[str]:
    """Our server on a new SQLite file, with some options more."""
    command = [
        str(Path(sys.executable).with_name("millstream")),
        "server",
        "--json",
        *("--port", "0"),
        *("--backend-store-uri", f"sqlite:///{tmp_path / 'facts.db'}"),
        *("--artifacts-destination", str(tmp_path / "bytes")),
        *options,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()
