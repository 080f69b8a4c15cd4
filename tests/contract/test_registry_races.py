"""Several processes of many threads change one registry: in a database, and through a server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.connect import open_store
from millstream.settings import Settings
from millstream.testing.databases import KINDS, empty_database
from millstream.testing.registered_models import new_registered_model
from millstream.testing.registry_races import THREADS, check_after_race

SCRIPT = str(Path(__file__).with_name("racing_process.py"))
PROCESSES = 4
PROGRAM = (sys.executable, "-m", "millstream.cli.main")


@pytest.fixture(params=[*KINDS, "server"])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param != "server":
        with empty_database(request.param, tmp_path) as found:
            yield found
        return
    server = subprocess.Popen(
        [*PROGRAM, "server", "--port", "0", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        yield str(json.loads(server.stdout.readline())["url"])
    finally:
        server.terminate()
        server.communicate(timeout=30)


@pytest.mark.parametrize("models", [1, 3])
def test_processes_that_register_and_promote(uri: str, models: int) -> None:
    store = open_store(uri, Settings())
    names = [new_registered_model(store) for _ in range(models)]
    command = [sys.executable, SCRIPT, uri, str(THREADS // PROCESSES), str(models), *names]
    racing = [
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    ends = [(process.communicate()[1], process.returncode) for process in racing]
    assert ends == [("", 0)] * PROCESSES
    for name in names:
        check_after_race(store, name, THREADS)
    store.close()
