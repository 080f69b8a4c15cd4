"""The palette: reaches everything by name, does what a page can do, remembers where one was."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched
from tests.browser.seed import Seeded
from tests.browser.seed_registry import LIVED, SeededRegistry

pytestmark = pytest.mark.browser


def ask(page: Page, text: str) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type(text)


def test_runs_of_any_experiment_are_reached_by_name_and_id(
    seeded: Seeded, watched: Watched
) -> None:
    page = watched.open(f"{seeded.address}/#/models")
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    ask(page, "OTTER-1")
    option = page.get_by_role("option", name="calm-otter-1")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="calm-otter-1")).to_be_visible()
    ask(page, seeded.run_id[:9])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="calm-otter-2")).to_be_visible()


def test_an_answer_to_a_shorter_text_is_not_opened(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments")
    expect(page.get_by_role("grid")).to_be_visible()
    ask(page, "run-00")
    expect(page.get_by_role("option", name="run-00").first).to_be_visible()
    page.keyboard.type("17")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="run-0017")).to_be_visible()


def test_pages_and_actions_are_reached_and_recent_ones_come_first(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(f"{registry.address}/#/models/{LIVED}")
    expect(page.get_by_role("heading", name=LIVED)).to_be_visible()
    ask(page, "rename")
    expect(page.get_by_role("option", name="Rename")).to_contain_text("this page")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Rename model")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    ask(page, "stages")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Stages")).to_be_visible()
    ask(page, "")
    first = page.get_by_role("option").first
    expect(first).to_contain_text(LIVED)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=LIVED)).to_be_visible()
    ask(page, "new exp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="New experiment")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_the_palette_does_what_the_runs_page_can(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}")
    expect(page.get_by_text("3 runs", exact=True)).to_be_visible()
    for key in "jxjx":
        page.keyboard.press(key)
    expect(page.locator(".selection")).to_contain_text("2 selected")
    ask(page, "tag 2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Tag of 2 runs")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    ask(page, "clear the sel")
    page.keyboard.press("Enter")
    expect(page.locator(".selection")).to_have_count(0)
    ask(page, "tag 2")
    expect(page.get_by_role("listbox", name="Found")).to_contain_text("Nothing found")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    ask(page, "show nested")
    page.keyboard.press("Enter")
    expect(page.get_by_text("3 runs at the top")).to_be_visible()
    ask(page, "all rows as csv")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".csv")


def test_keys_move_through_what_is_offered(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments")
    expect(page.get_by_role("grid")).to_be_visible()
    ask(page, "")
    options = page.get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    last = options.count() - 1
    for _ in range(last + 2):
        page.keyboard.press("ArrowDown")
    expect(options.nth(last)).to_have_attribute("aria-selected", "true")
    expect(options.nth(last)).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
