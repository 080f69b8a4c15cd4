"""The page of a sweep: how far it is, the best, its trials and charts; while it goes on, too."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.clipboard import copied
from tests.browser.conftest import Watched
from tests.browser.seed import Wire
from tests.browser.seed_sweeps import (
    EXPERIMENT,
    MANY_TRIALS,
    SeededSweeps,
    begin_sweep,
    write_project,
)

pytestmark = pytest.mark.browser


def address_of(swept: SeededSweeps, run_id: str, **query: str) -> str:
    words = "&".join(f"{name}={value}" for name, value in {"view": "sweep", **query}.items())
    return f"{swept.address}/#/experiments/{swept.experiment_id}/runs/{run_id}?{words}"


def numbers_of(page: Page) -> list[str]:
    """The numbers of the trials, from the first row on."""
    page.locator(".grid-row").first.wait_for()
    return page.locator(".grid-row .cell-link").all_inner_texts()


def test_a_sweep_is_what_its_parent_shows_first(swept: SeededSweeps, watched: Watched) -> None:
    runs = f"{swept.address}/#/experiments/{swept.experiment_id}/runs"
    page = watched.open(f"{runs}/{swept.whole}")
    progress = page.get_by_role("region", name="Progress")
    for text in ("8 finished", "2 failed", "0 running", "0 planned", "of 10", "all combinations"):
        expect(progress).to_contain_text(text)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "8")
    page.get_by_role("button", name="Overview").click()
    expect(page.get_by_role("region", name="Child runs")).to_be_visible()


def test_the_best_trial_is_first_and_leads_to_its_run(
    swept: SeededSweeps, watched: Watched
) -> None:
    page = watched.open(address_of(swept, swept.whole))
    best = page.get_by_role("row").nth(1)
    expect(best).to_contain_text("best")
    expect(best).to_contain_text("round")
    assert numbers_of(page)[-2:] == ["8", "9"]  # what failed has told nothing
    page.get_by_role("region", name="Progress").get_by_role("link", name="Trial 4").click()
    expect(page.get_by_role("heading", name="x=0 kind=round")).to_be_visible()


def test_a_heading_sorts_and_the_address_keeps_it(swept: SeededSweeps, watched: Watched) -> None:
    page = watched.open(address_of(swept, swept.whole))
    page.get_by_role("columnheader", name="x", exact=True).get_by_role("button").click()
    expect(page).to_have_url(address_of(swept, swept.whole, sort="-params.x"))
    assert numbers_of(page)[:2] == ["8", "9"]
    page.reload()
    assert numbers_of(page)[:2] == ["8", "9"]


def test_params_that_matter_and_the_course_are_drawn(swept: SeededSweeps, watched: Watched) -> None:
    page = watched.open(address_of(swept, swept.whole))
    expect(page.get_by_role("img", name="depth by trial, 8 trials")).to_be_visible()
    expect(page.get_by_role("img", name="Params and depth, 8 trials")).to_be_visible()
    bars = page.get_by_role("article", name="Importance").get_by_role("listitem")
    expect(bars).to_have_count(2)
    with closing(Wire(swept.address)) as wire:
        found = wire.post("runs/search", experiment_ids=[swept.experiment_id], max_results=100)
    parent = next(run for run in found["runs"] if run["info"]["run_id"] == swept.whole)
    shares = {
        metric["key"]: metric["value"]
        for metric in parent["data"]["metrics"]
        if metric["key"].startswith("importance/")
    }
    first = max(shares, key=lambda key: shares[key])
    expect(bars.first).to_contain_text(first.removeprefix("importance/"))


def test_a_chart_can_be_taken_away_as_data(swept: SeededSweeps, watched: Watched) -> None:
    page = watched.open(address_of(swept, swept.whole))
    card = page.get_by_role("article", name="depth by trial")
    card.hover()
    card.get_by_role("button", name="Actions for depth by trial").click()
    page.get_by_role("menuitem", name="Copy data as CSV").click()
    expect(page.get_by_text("Data copied")).to_be_visible()
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert len(lines) == 9
    assert lines[0] == "run_id,run_name,tags.millstream.sweep.point,metrics.depth"


def test_selected_trials_are_compared(swept: SeededSweeps, watched: Watched) -> None:
    page = watched.open(address_of(swept, swept.whole))
    page.get_by_role("grid", name="Trials").focus()
    for key in "jxjx":
        page.keyboard.press(key)
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("link", name="x=0 kind=round").first).to_be_visible()


def test_what_was_not_finished_can_be_gone_on_with(swept: SeededSweeps, watched: Watched) -> None:
    page = watched.open(address_of(swept, swept.whole))
    page.get_by_role("button", name="Copy command").click()
    command = f"millstream run --resume {swept.whole}"
    copied(page, lambda text: text == f"export MILLSTREAM_TRACKING_URI={swept.address}\n{command}")


def test_a_whole_sweep_needs_no_command_and_may_have_no_metric(
    swept: SeededSweeps, watched: Watched
) -> None:
    page = watched.open(address_of(swept, swept.bare))
    expect(page.get_by_role("region", name="Progress")).to_contain_text("names no metric")
    assert numbers_of(page) == ["0", "1"]
    expect(page.get_by_role("button", name="Copy command")).to_have_count(0)
    expect(page.locator(".sweep-charts")).to_have_count(0)


def test_thousands_of_trials_are_there_but_not_drawn(swept: SeededSweeps, watched: Watched) -> None:
    page = watched.open(address_of(swept, swept.long))
    grid = page.get_by_role("grid", name="Trials")
    expect(grid).to_have_attribute("aria-rowcount", str(MANY_TRIALS + 1))
    assert len(numbers_of(page)) < 100
    progress = page.get_by_role("region", name="Progress")
    for text in ("2970 finished", "30 failed", "500 planned", "Highest depth"):
        expect(progress).to_contain_text(text)
    expect(page.get_by_text("the best 1000 trials of 2970")).to_be_visible()
    grid.focus()
    page.keyboard.press("End")
    expect(grid.get_by_role("row").last.get_by_role("img", name="Failed")).to_be_visible()


def test_the_runs_table_shows_the_trials_only(swept: SeededSweeps, watched: Watched) -> None:
    page = watched.open(address_of(swept, swept.bare))
    page.get_by_role("link", name="In the runs table").click()
    expect(page.locator(".grid-row")).to_have_count(2)


def test_a_plan_that_is_gone_is_told(swept: SeededSweeps, watched: Watched) -> None:
    watched.expected.append("404")
    with closing(Wire(swept.address)) as wire:
        lost = wire.create_run(swept.experiment_id, "lost", 0, **{"millstream.sweep": "grid"})
        wire.finish(lost, 0)
    page = watched.open(address_of(swept, lost))
    expect(page.get_by_role("alert")).to_contain_text("What the sweep is could not be read")


def test_a_sweep_is_followed_while_it_goes_on(fresh: str, watched: Watched, tmp_path: Path) -> None:
    held = tmp_path / "held"  # each trial goes on once a file here has the value of its x
    held.mkdir()
    words = ("--grid", "x=0,1,2", "-P", f"held_in={held}", "--metric", "depth")
    process = begin_sweep(fresh, write_project(tmp_path), *words)
    try:
        with closing(Wire(fresh)) as wire:
            experiment_id, run_id = parent_of(wire)
        page = watched.open(f"{fresh}/#/experiments/{experiment_id}/runs/{run_id}")
        progress = page.get_by_role("region", name="Progress")
        expect(progress).to_contain_text("1 running")
        expect(page.get_by_role("button", name="Copy command")).to_have_count(0)
        for finished in (1, 2, 3):
            (held / str(finished - 1)).touch()
            expect(progress).to_contain_text(f"{finished} finished")
        expect(progress.get_by_role("link", name="Trial 0")).to_be_visible()
        expect(page.locator(".run-head")).to_contain_text("Finished")
    finally:
        process.terminate()
        process.communicate(timeout=60)


def parent_of(wire: Wire) -> tuple[str, str]:
    """The experiment and the id of the sweep that has just begun."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = wire.post("experiments/search", filter=f"name = '{EXPERIMENT}'", max_results=1)
        ids = [one["experiment_id"] for one in found.get("experiments", [])]
        runs = ids and wire.post("runs/search", experiment_ids=ids, max_results=100).get("runs", [])
        for run in runs or []:
            if any(tag["key"] == "millstream.sweep" for tag in run["data"]["tags"]):
                return ids[0], run["info"]["run_id"]
        time.sleep(0.1)
    raise AssertionError("no sweep has begun")
