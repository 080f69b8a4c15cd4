"""Runs side by side: what differs, what is best, turned round, from the table by a key."""

from __future__ import annotations

import re
from contextlib import closing
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched
from tests.browser.seed import PIXEL, Seeded, Wire

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
    page.get_by_role("menuitemradio", name="Lower is better").click()
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
    page.get_by_role("button", name="Transpose").click()
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


def test_two_hundred_runs_are_in_the_address_and_draw_only_the_columns_in_sight(
    seeded: Seeded, watched: Watched
) -> None:
    query = "filter=run_name+LIKE+'run-00%25'+OR+run_name+LIKE+'run-01%25'&sort=attributes.run_name"
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.many}?{query}")
    expect(page.get_by_text("200 runs")).to_be_visible()
    page.get_by_role("checkbox", name="Select all").click()
    expect(page.locator(".selection")).to_contain_text("200 selected")
    page.reload()
    expect(page.locator(".selection")).to_contain_text("200 selected")
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile("/compare"))
    assert len(page.url) < 5_000
    page.reload()
    table = page.get_by_role("table", name="Comparison")
    expect(table).to_have_attribute("aria-colcount", "201")
    drawn = page.get_by_role("columnheader").count()
    assert 5 < drawn < 20
    table.evaluate("table => table.scrollLeft = table.scrollWidth")
    expect(page.get_by_role("columnheader", name="run-0199")).to_be_visible()
    assert page.get_by_role("columnheader").count() < 20


def test_an_address_of_runs_that_are_gone_says_so(seeded: Seeded, watched: Watched) -> None:
    watched.expected.append("status of 404")
    page = watched.open(
        f"{seeded.address}/#/experiments/{seeded.few}/compare?runs={'0' * 32},{seeded.run_id}"
        "&rows=all"
    )
    expect(page.get_by_text("1 run is not to be found")).to_be_visible()
    expect(page.get_by_role("columnheader", name="calm-otter-2")).to_be_visible()


def log_files(seeded: Seeded, names: list[str], files: dict[str, bytes]) -> list[str]:
    """The ids of new runs that have each file, with `{name}` filled in."""
    run_ids = []
    with closing(Wire(seeded.address)) as wire:
        for at, name in enumerate(names):
            run_id = wire.create_run(seeded.empty, name, at)
            run_ids.append(run_id)
            for path, content in files.items():
                target = f"{seeded.empty}/{run_id}/artifacts/{quote(path)}"
                body = content.replace(b"{name}", name.encode())
                wire.send("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{target}", body)
    return run_ids


def test_a_text_of_two_runs_is_compared_line_by_line(seeded: Seeded, watched: Watched) -> None:
    lines = [b"line %d" % number for number in range(40)]
    lines[20] = b"rate of {name}"
    files = {"config.txt": b"\n".join(lines), "conf/<b>odd.txt": b"alike"}
    run_ids = log_files(seeded, ["first", "second", "third"], files)
    page = watched.open(
        f"{seeded.address}/#/experiments/{seeded.empty}/compare?runs={','.join(run_ids)}&view=files"
    )
    page.get_by_role("button", name="config.txt").click()
    difference = page.get_by_role("region", name="Difference")
    expect(difference.locator(".removed")).to_contain_text("rate of first")
    expect(difference.locator(".added")).to_contain_text("rate of second")
    expect(difference.locator(".fold").first).to_have_text("17 lines alike")
    page.get_by_label("After").select_option("third")
    expect(difference.locator(".added")).to_contain_text("rate of third")
    page.get_by_role("button", name="Show what is alike").click()
    expect(difference.get_by_text("line 1", exact=True)).to_be_visible()
    page.reload()
    expect(difference.locator(".added")).to_contain_text("rate of third")
    page.get_by_role("button", name="Side by side").click()
    for name in ("first", "second", "third"):
        expect(page.get_by_role("article", name=name)).to_contain_text(f"rate of {name}")
    page.get_by_role("button", name="<b>odd.txt").click()
    page.get_by_role("button", name="Lines").click()
    expect(page.get_by_text("The files are alike")).to_be_visible()


def test_images_of_the_same_key_stand_beside_each_other(seeded: Seeded, watched: Watched) -> None:
    path = "images/sample+step+{step}+timestamp+1700000000000+0a1b.png"
    files = {path.replace("{step}", str(step)): PIXEL for step in (0, 5)}
    run_ids = log_files(seeded, ["left", "right"], files)
    page = watched.open(
        f"{seeded.address}/#/experiments/{seeded.empty}/compare?runs={','.join(run_ids)}&view=images"
    )
    images = page.get_by_role("region", name="sample").get_by_role("img")
    expect(images).to_have_count(2)
    expect(images.first).to_have_attribute("alt", "sample at step 5")
    page.get_by_role("button", name="Step before").click()
    expect(images.last).to_have_attribute("alt", "sample at step 0")


def test_runs_without_files_say_how_to_log_one(seeded: Seeded, watched: Watched) -> None:
    run_id = log_files(seeded, ["bare"], {})[0]
    page = watched.open(
        f"{seeded.address}/#/experiments/{seeded.empty}/compare?runs={run_id}&view=files"
    )
    code = page.locator("pre")
    expect(code).to_contain_text(f'set_tracking_uri("{seeded.address}")')
    expect(code).to_contain_text(f'start_run(run_id="{run_id}")')
