"""An import that is killed at any of its writes goes on when it is called again."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.bundles.cut_off import Counted
from tests.unit.bundles.seed import (
    bytes_of,
    evidence_of,
    log_model,
    open_folder,
    register,
    the_version,
)

from millstream.artifacts.local import LocalArtifacts
from millstream.bundles import archive
from millstream.bundles.arrival import Wish, bring
from millstream.bundles.live import LiveBundle
from millstream.bundles.side import Side
from millstream.client.session import SESSION
from millstream.client.tracking import MillstreamClient
from millstream.entities.metrics import GetMetricHistory, Metric
from millstream.store.sql.database import Database

ROOT = Path(__file__).parents[3]
MOST = 40


@pytest.fixture
def bundle(origin: Side, tmp_path: Path) -> Path:
    """A small version, so that its import has few writes."""
    client = MillstreamClient(origin.uri)
    experiment_id = client.create_experiment("houses")
    run_id = client.create_run(experiment_id, tags={"t": "1"}).info.run_id
    client.log_param(run_id, "p", 1)
    client.log_batch(run_id, [Metric("loss", 1 / step, step, step) for step in range(1, 5)])
    model_id = log_model(client, run_id, tmp_path / "files")
    client.set_terminated(run_id, "FINISHED", 9_000)
    SESSION.flush(origin.uri)
    register(origin, "prices", f"models:/{model_id}", run_id, model_id)
    path = tmp_path / "prices.zip"
    archive.write(LiveBundle(origin, the_version(origin)), path)
    return path


def arrive(bundle: Path, folder: Path) -> dict[str, Any]:
    """Import, and tell what is there afterwards, but for times and places."""
    side = open_folder(folder)
    try:
        with archive.ZipBundle(bundle) as found:
            bring(found, side, Wish())
        version = the_version(side)
        client = MillstreamClient(side.uri)
        [run] = client.search_runs(["0", "1"])
        [model] = client.search_logged_models(["0", "1"])
        history = GetMetricHistory(run.info.run_id, "loss")
        return {
            "version": (version.version, version.run_id, version.model_id, version.tags),
            "run": msgspec.to_builtins(run.data),
            "info": (run.info.run_id, run.info.status, run.info.end_time),
            "inputs": run.outputs,
            "points": side.tracking.metrics.get_history(history).metrics,
            "model": (model.model_id, model.status, model.tags, model.metrics),
            "files": bytes_of(side, version),
            "evidence": evidence_of(side, version),
        }
    finally:
        SESSION.finish()
        side.tracking.close()


def test_an_import_that_is_cut_off_goes_on(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted()
    with monkeypatch.context() as patched:
        patched.setattr(Database, "write", counted.change(Database.write))
        patched.setattr(LocalArtifacts, "write", counted.file(LocalArtifacts.write))
        whole = arrive(bundle, tmp_path / "whole")
    assert 15 < counted.count < MOST
    for number in range(1, counted.count + 1):
        folder = tmp_path / f"cut-{number}"
        program = [sys.executable, "-m", "tests.unit.bundles.cut_off"]
        done = subprocess.run(
            [*program, str(bundle), str(folder), str(number)], cwd=ROOT, capture_output=True
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert arrive(bundle, folder) == whole, f"cut off before write {number}"
