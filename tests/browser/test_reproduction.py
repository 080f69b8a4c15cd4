"""How a run is reproduced, its stamp, and what differed on the page of the run that repeats it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from tests.browser.clipboard import copied
from tests.browser.conftest import Watched
from tests.browser.seed import START, Wire, point
from tests.browser.seed_files import COMMIT, SeededFiles
from tests.browser.seed_sweeps import begin, write_project

pytestmark = pytest.mark.browser
SCRIPT = {"mlflow.source.type": "LOCAL", "mlflow.source.git.commit": COMMIT}
FINDINGS = [
    {"cause": "seed", "name": "seed", "expected": "1", "got": "2"},
    {"cause": "environment", "name": "numpy", "expected": "1.26.4", "got": None},
    {"cause": "metrics", "name": "loss", "expected": 0.123456789012, "got": "NaN"},
]


@pytest.fixture
def wire(filed: SeededFiles) -> Iterator[Wire]:
    with closing(Wire(filed.address)) as opened:
        yield opened


def measured(wire: Wire, filed: SeededFiles, name: str, **tags: str) -> str:
    run_id = wire.create_run(filed.experiment_id, name, 0, **tags)
    wire.log(run_id, {}, [point("loss", 0.5)])
    wire.finish(run_id, 0)
    return run_id


def section(watched: Watched, filed: SeededFiles, run_id: str, name: str) -> Locator:
    runs = f"{filed.address}/#/experiments/{filed.experiment_id}/runs"
    page = watched.open(f"{runs}/{run_id}?view=overview")
    return page.get_by_role("region", name=name, exact=True)


def test_the_command_is_copied_with_the_server(
    filed: SeededFiles, wire: Wire, watched: Watched
) -> None:
    run_id = measured(wire, filed, "original", **SCRIPT)
    found = section(watched, filed, run_id, "Reproduce")
    found.get_by_role("button", name="Copy command").click()
    command = f"export MILLSTREAM_TRACKING_URI={filed.address}\nmillstream reproduce {run_id}"
    copied(found.page, lambda text: text == command)


def test_what_stands_in_the_way_is_said(filed: SeededFiles, wire: Wire, watched: Watched) -> None:
    run_id = measured(wire, filed, "no commit", **{"mlflow.source.type": "LOCAL"})
    found = section(watched, filed, run_id, "Reproduce")
    expect(found).to_contain_text("from a git repository")
    expect(found.get_by_role("button", name="Copy command")).to_have_count(0)


def test_a_stamp_and_its_child_lead_to_each_other(
    filed: SeededFiles, wire: Wire, watched: Watched
) -> None:
    original = measured(wire, filed, "stamped", **SCRIPT)
    told = {"millstream.reproduces": original, "millstream.reproduction.outcome": "same"}
    child = measured(wire, filed, "repeated", **told)
    tags = {"": child, ".at": str(START), ".tolerance": "1e-09"}
    for ending, value in tags.items():
        wire.post(
            "runs/set-tag", run_id=original, key=f"millstream.reproduced{ending}", value=value
        )
    found = section(watched, filed, original, "Reproduce")
    expect(found).to_contain_text("1e\N{MINUS SIGN}9 apart")
    expect(found.locator("time")).to_have_attribute("title", "2023-11-14 22:13:20 UTC")
    found.get_by_role("link", name="repeated").click()
    found.page.get_by_role("button", name="Overview").click()
    there = found.page.get_by_role("region", name="Reproduction", exact=True)
    expect(there).to_contain_text("it came out the same")
    there.get_by_role("link", name="stamped").click()
    expect(found.page.get_by_role("heading", name="stamped")).to_be_visible()


def test_what_differed_is_a_table_with_exact_values(
    filed: SeededFiles, wire: Wire, watched: Watched
) -> None:
    original = measured(wire, filed, "differing", **SCRIPT)
    tags = {
        "millstream.reproduces": original,
        "millstream.reproduction.outcome": "different",
        "millstream.reproduction.findings": json.dumps(FINDINGS),
    }
    found = section(watched, filed, measured(wire, filed, "other", **tags), "Reproduction")
    rows = found.get_by_role("row")
    expect(rows).to_have_count(len(FINDINGS) + 1)
    expect(rows.nth(1)).to_have_text("seedseed12")
    expect(rows.nth(2)).to_have_text("environmentnumpy1.26.4\N{EN DASH}")
    expect(rows.nth(3)).to_have_text("metricsloss0.123456789012NaN")


def test_what_the_command_writes_is_read(fresh: str, watched: Watched, tmp_path: Path) -> None:
    project = write_project(tmp_path)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "All that there is"]):
        who = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
        subprocess.run(["git", "-C", str(project), *who, *words], check=True)
    run_id = done(fresh, "run", str(project), "-P", "x=0.5")["run_id"]
    child = done(fresh, "reproduce", run_id)["child_run_id"]
    with closing(Wire(fresh)) as wire:
        experiment_id = experiment_of(wire, run_id)
    page = watched.open(f"{fresh}/#/experiments/{experiment_id}/runs/{run_id}?view=overview")
    stamp = page.get_by_role("region", name="Reproduce", exact=True).locator(".stamp")
    expect(stamp).to_contain_text("1e\N{MINUS SIGN}9 apart")
    stamp.get_by_role("link").click()
    expect(page.get_by_text(child[:8])).to_be_visible()
    page.get_by_role("button", name="Overview").click()
    told = page.get_by_role("region", name="Reproduction", exact=True)
    expect(told).to_contain_text("it came out the same")


def experiment_of(wire: Wire, run_id: str) -> str:
    found = json.loads(wire.send("GET", f"/api/2.0/mlflow/runs/get?run_id={run_id}", b""))
    return str(found["run"]["info"]["experiment_id"])


def done(address: str, *words: str) -> dict[str, Any]:
    """What one of our commands tells, after what the project itself prints."""
    process = begin(address, *words)
    told, problems = process.communicate(timeout=120)
    assert process.returncode == 0, problems
    found: dict[str, Any] = json.loads(told[told.index("{\n") :])
    return found
