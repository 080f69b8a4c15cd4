"""Selecting runs of the table, many at a time."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Watched
from tests.browser.seed import Seeded

pytestmark = pytest.mark.browser


def test_all_that_match_are_selected_and_a_range_across_pages(
    seeded: Seeded, watched: Watched
) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.many}?panes=table")
    page.get_by_role("checkbox", name="Select all runs that match").click()
    selection = page.locator(".selection")
    expect(selection).to_contain_text("5000 selected")
    expect(selection).not_to_contain_text("too many")
    page.get_by_role("button", name="Clear the selection").click()
    page.get_by_role("checkbox", name="Select", exact=True).nth(1).check()
    page.get_by_role("grid").evaluate("grid => grid.scrollTop = 30 * 1000")
    expect(page.get_by_role("link", name="run-3999", exact=True)).to_be_visible()
    row = page.get_by_role("row").filter(has_text="run-3999")
    row.get_by_role("checkbox").click(modifiers=["Shift"])
    expect(selection).to_contain_text("1000 selected")
    expect(selection).not_to_contain_text("too many")
    row = page.get_by_role("row").filter(has_text="run-3998")
    row.get_by_role("checkbox").click()
    expect(selection).to_contain_text("1001 selected")
    expect(selection.get_by_role("status")).to_have_text("too many for a link")
    assert "selected=" not in page.url


def test_a_large_selection_is_in_the_address(seeded: Seeded, watched: Watched) -> None:
    base = f"{seeded.address}/#/experiments/{seeded.many}"
    page = watched.open(f"{base}?panes=table&filter=params.lr+=+'0.1'")
    matching = page.locator(".count")
    expect(matching).to_be_visible()
    total = int((matching.text_content() or "").split()[0])
    assert total > 50
    page.get_by_role("checkbox", name="Select all runs that match").click()
    selection = page.locator(".selection")
    expect(selection).to_contain_text(f"{total} selected")
    page.get_by_role("checkbox", name="Select", exact=True).nth(2).uncheck()
    expect(selection).to_contain_text(f"{total - 1} selected")
    shared = page.url
    assert len(shared) < len(base) + 120
    for opened in (page, watched.open(shared)):
        opened.reload()
        expect(opened.locator(".selection")).to_contain_text(f"{total - 1} selected")
        third = opened.get_by_role("checkbox", name="Select", exact=True).nth(2)
        expect(third).not_to_be_checked()
    # Under another filter others would match.
    box = page.get_by_role("combobox", name="Filter")
    box.fill("")
    box.press("Enter")
    expect(selection).to_have_count(0)
    assert "all=" not in page.url
