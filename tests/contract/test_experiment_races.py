"""However many processes choose an experiment of one name at once, there is one, and no error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import millstream
from millstream.errors import InvalidParameter
from millstream.testing.databases import KINDS, empty_database

SCRIPT = str(Path(__file__).with_name("experiment_race.py"))
PROGRAM = (sys.executable, "-m", "millstream.cli.main")
PROCESSES = 64
LOADED = {
    "server": ["millstream.rest.remote"],
    "sqlite": ["millstream.store.sql.store", "millstream.store.sql.drivers.sqlite"],
    "postgresql": ["millstream.store.sql.store", "millstream.store.sql.drivers.postgresql"],
    "mysql": ["millstream.store.sql.store", "millstream.store.sql.drivers.mysql"],
}


@pytest.fixture(params=[*KINDS, "server"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def uri(kind: str, tmp_path: Path) -> Iterator[str]:
    if kind != "server":
        with empty_database(kind, tmp_path) as found:
            yield found
        return
    command = [*PROGRAM, "server", "--port", "0", "--json"]
    server = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield str(json.loads(server.stdout.readline())["url"])
    finally:
        server.terminate()
        server.communicate(timeout=30)


def test_processes_that_choose_an_experiment_at_once(kind: str, uri: str, tmp_path: Path) -> None:
    command = [sys.executable, SCRIPT, uri, "race", str(PROCESSES), *LOADED[kind]]
    waiting = os.environ | {"MILLSTREAM_STORE_AWAY": "raise"}  # however busy this machine is
    done = subprocess.run(
        command, cwd=tmp_path, env=waiting, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    ids = done.stdout.split()
    assert len(ids) == PROCESSES
    client = millstream.MillstreamClient(uri)
    experiment = client.get_experiment_by_name("race")
    assert experiment is not None
    assert set(ids) == {experiment.experiment_id}
    assert [it.name for it in client.search_experiments()] == ["race", "Default"]
    client.delete_experiment(experiment.experiment_id)
    millstream.set_tracking_uri(uri)
    with pytest.raises(InvalidParameter, match="Cannot set a deleted experiment 'race'"):
        millstream.set_experiment("race")
