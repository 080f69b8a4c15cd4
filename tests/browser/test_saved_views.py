"""Views of an experiment: saved, opened, changed, shared, the default; nothing arranged is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched, serving
from tests.browser.seed import Wire, fill_few

pytestmark = pytest.mark.browser


class Experiment(NamedTuple):
    """A server, and the address of an experiment with three runs."""

    server: str
    page: str
    experiment_id: str


@pytest.fixture
def experiment(tmp_path: Path) -> Iterator[Experiment]:
    with serving(tmp_path) as address, closing(Wire(address)) as wire:
        experiment_id = wire.create_experiment("few runs")
        fill_few(wire, experiment_id)
        yield Experiment(address, f"{address}/#/experiments/{experiment_id}", experiment_id)


def choose(page: Page, entry: str) -> None:
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menu").get_by_text(entry, exact=True).click()


def sort_by_accuracy(page: Page) -> None:
    page.get_by_role("columnheader", name="accuracy").get_by_role("button").first.click()
    expect_sorted(page)


def expect_sorted(page: Page) -> None:
    expect(page.get_by_role("columnheader", name="accuracy")).to_have_attribute(
        "aria-sort", "descending"
    )


def save(page: Page, name: str, *, is_default: bool = False) -> None:
    choose(page, "Save as a view…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("The experiment opens with it").set_checked(is_default)
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name=f"Views: {name}")).to_be_visible()


def test_a_view_is_saved_changed_and_updated(experiment: Experiment, watched: Watched) -> None:
    page = watched.open(experiment.page)
    sort_by_accuracy(page)
    save(page, "best first")
    modified = page.get_by_text("modified", exact=True)
    expect(modified).to_have_count(0)
    box = page.get_by_role("combobox", name="Filter")
    box.fill("otter-1")
    box.press("Enter")
    expect(modified).to_be_visible()
    choose(page, "Discard changes")
    expect(modified).to_have_count(0)
    expect(page.locator(".grid-row")).to_have_count(3)
    box.fill("otter-2")
    box.press("Enter")
    choose(page, "Update “best first”")
    expect(modified).to_have_count(0)

    page.goto("about:blank")
    page.goto(experiment.page)
    expect(page.locator(".grid-row")).to_have_count(3)
    choose(page, "best first")
    expect_sorted(page)
    expect(page.locator(".grid-row")).to_have_count(1)


def test_an_experiment_opens_with_its_default_view(
    experiment: Experiment, watched: Watched
) -> None:
    page = watched.open(experiment.page)
    sort_by_accuracy(page)
    save(page, "ours", is_default=True)
    page.goto(f"{experiment.server}/#/experiments")
    page.get_by_role("link", name="few runs").click()
    expect_sorted(page)
    expect(page.get_by_role("button", name="Views: ours")).to_be_visible()
    choose(page, "As usual")
    expect(page.get_by_role("columnheader", name="accuracy")).not_to_have_attribute(
        "aria-sort", "descending"
    )
    choose(page, "ours (default)")
    choose(page, "No longer the default")
    expect(page.get_by_text("“ours” is no longer the default")).to_be_visible()
    page.goto("about:blank")
    page.goto(experiment.page)
    expect(page.get_by_role("button", name="Views", exact=True)).to_be_visible()


def test_a_view_is_shared_renamed_deleted_and_brought_back(
    experiment: Experiment, watched: Watched
) -> None:
    page = watched.open(experiment.page)
    sort_by_accuracy(page)
    save(page, "mine")
    choose(page, "Copy its address")
    expect(page.get_by_text("The address is copied")).to_be_visible()
    shared = page.evaluate("navigator.clipboard.readText()")
    assert shared.startswith(f"{experiment.page}?view=")
    assert "sort" not in shared
    other = watched.open(shared)
    expect_sorted(other)

    choose(page, "Rename “mine”…")
    page.get_by_role("dialog").get_by_label("Name").fill("yours")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.get_by_role("button", name="Views: yours")).to_be_visible()
    choose(page, "Delete “yours”")
    expect(page.get_by_role("button", name="Views", exact=True)).to_be_visible()
    expect_sorted(page)
    other.goto("about:blank")
    other.goto(shared)
    expect(other.get_by_text("The view of this address was deleted")).to_be_visible()
    deleted = page.get_by_role("status").filter(has_text="Deleted “yours”")
    deleted.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Views: yours")).to_be_visible()
    other.goto("about:blank")
    other.goto(shared)
    expect(other.get_by_role("button", name="Views: yours")).to_be_visible()


def test_neither_a_reload_nor_a_new_run_changes_what_was_arranged(
    experiment: Experiment, watched: Watched
) -> None:
    page = watched.open(f"{experiment.page}?smooth=0.5&panes=both&share=0.6")
    sort_by_accuracy(page)
    box = page.get_by_role("combobox", name="Filter")
    box.fill("otter")
    box.press("Enter")
    save(page, "arranged")
    arranged = page.url
    page.reload()
    expect_sorted(page)
    assert page.url == arranged
    with closing(Wire(experiment.server)) as wire:
        run_id = wire.create_run(experiment.experiment_id, "new otter", 9)
        point = {"key": "fresh", "value": 1, "timestamp": 1, "step": 0}
        wire.post("runs/log-batch", run_id=run_id, metrics=[point])
    expect(page.get_by_role("link", name="new otter")).to_be_visible(timeout=20_000)
    expect_sorted(page)
    assert page.url == arranged
    expect(page.get_by_text("modified", exact=True)).to_have_count(0)
