"""Runs side by side: what differs, what is best, turned round, from the table by a key."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched
from tests.browser.seed import Seeded

pytestmark = pytest.mark.browser


def open_comparison(seeded: Seeded, watched: Watched) -> Page:
    """The comparison of the three runs with few facts, reached by selecting all of them."""
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}")
    expect(page.get_by_text("3 runs")).to_be_visible()
    for _ in range(3):
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.locator(".selection")).to_contain_text("3 selected")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    expect(page.get_by_role("table", name="Comparison")).to_be_visible()
    return page


def cells(page: Page, fact: str) -> list[str]:
    """The texts of a fact's row, in the order of the runs."""
    head = page.get_by_role("rowheader").get_by_text(fact, exact=True)
    expect(head).to_be_visible()
    row = page.get_by_role("row").filter(has=head)
    return row.get_by_role("cell").all_inner_texts()


def test_selected_runs_are_compared_and_only_what_differs_is_shown(
    seeded: Seeded, watched: Watched
) -> None:
    page = open_comparison(seeded, watched)
    heads = page.get_by_role("columnheader")
    expect(heads).to_have_count(4)
    assert cells(page, "lr") == ["0.01", "0.03", "0.1"]
    expect(page.get_by_role("rowheader", name="model", exact=True)).to_have_count(0)
    page.get_by_role("button", name="All", exact=True).click()
    assert cells(page, "model") == ["tree", "tree", "tree"]
    assert "rows=all" in page.url
    page.get_by_role("textbox", name="Find facts").fill("lr")
    expect(page.get_by_role("rowheader", name="model", exact=True)).to_have_count(0)
    expect(page.get_by_role("rowheader", name="lr", exact=True)).to_be_visible()


def test_the_best_run_of_a_metric_is_marked_and_the_reader_decides_what_is_best(
    seeded: Seeded, watched: Watched
) -> None:
    page = open_comparison(seeded, watched)
    assert [("best" in text) for text in cells(page, "accuracy")] == [True, False, False]
    page.get_by_role("button", name="What is better for accuracy").click()
    page.get_by_role("menuitem", name="Lower is better").click()
    expect(page.get_by_role("cell").filter(has_text="0.5").filter(has_text="best")).to_have_count(1)
    assert [("best" in text) for text in cells(page, "accuracy")] == [False, False, True]
    page.reload()
    expect(page.get_by_role("table", name="Comparison")).to_be_visible()
    assert [("best" in text) for text in cells(page, "accuracy")] == [False, False, True]


def test_extremes_stand_in_place_of_the_last_values(seeded: Seeded, watched: Watched) -> None:
    page = open_comparison(seeded, watched)
    page.get_by_role("button", name="The highest value of each metric").click()
    # What was logged as NaN is no extreme; 1 / (step + 1) begins at 1 in each run.
    page.get_by_role("button", name="All", exact=True).click()
    assert [text.split("\n")[0] for text in cells(page, "val/loss")] == ["1", "1", "1"]


def test_a_comparison_is_turned_and_runs_change_places(seeded: Seeded, watched: Watched) -> None:
    page = open_comparison(seeded, watched)
    page.get_by_role("button", name="Turn").click()
    expect(page.get_by_role("rowheader", name="calm-otter-2")).to_be_visible()
    expect(page.get_by_role("columnheader", name="lr")).to_be_visible()
    page.get_by_role("button", name="Actions for calm-otter-0").click()
    page.get_by_role("menuitem", name="Compare with this").click()
    first = page.get_by_role("rowheader").first
    expect(first).to_contain_text("calm-otter-0")
    page.get_by_role("button", name="Actions for calm-otter-1").click()
    page.get_by_role("menuitem", name="Remove").click()
    expect(page.get_by_role("rowheader")).to_have_count(2)
    expect(page.get_by_text("2 runs")).to_be_visible()


def test_charts_of_the_compared_runs(seeded: Seeded, watched: Watched) -> None:
    page = open_comparison(seeded, watched)
    page.get_by_role("button", name="Charts").click()
    expect(page.get_by_role("heading", name="train/loss")).to_be_visible()
    assert "view=charts" in page.url


def test_fifty_runs_draw_only_the_columns_in_sight(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.many}?filter=run-00")
    expect(page.get_by_text("100 runs")).to_be_visible()
    for _ in range(50):
        page.keyboard.press("j")
        page.keyboard.press("x")
    page.keyboard.press("c")
    table = page.get_by_role("table", name="Comparison")
    expect(table).to_have_attribute("aria-colcount", "51")
    drawn = page.get_by_role("columnheader").count()
    assert 5 < drawn < 20
    table.evaluate("table => table.scrollLeft = table.scrollWidth")
    expect(page.get_by_role("columnheader", name="run-0050")).to_be_visible()
    assert page.get_by_role("columnheader").count() < 20


def test_an_address_of_runs_that_are_gone_says_so(seeded: Seeded, watched: Watched) -> None:
    watched.expected.append("status of 404")
    page = watched.open(
        f"{seeded.address}/#/experiments/{seeded.few}/compare?runs={'0' * 32},{seeded.run_id}"
        "&rows=all"
    )
    expect(page.get_by_text("1 run is not to be found")).to_be_visible()
    expect(page.get_by_role("columnheader", name="calm-otter-2")).to_be_visible()
