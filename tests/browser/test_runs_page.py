"""The table of runs: what differs is shown, sorted and filtered by the server, 5,000 rows deep."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, expect
from tests.browser.conftest import Watched
from tests.browser.seed import MANY_RUNS, Seeded, Wire, loss, point

pytestmark = pytest.mark.browser


def names(page: Page) -> list[str]:
    """The names in the rows, from top to bottom."""
    rows = page.locator(".grid-row:has(a)")
    ordered = rows.evaluate_all(
        "rows => rows.map(row => [row.ariaRowIndex, row.querySelector('a').textContent])"
    )
    return [name for _, name in sorted(ordered, key=lambda pair: int(pair[0]))]


def changes(page: Page) -> list[str]:
    """The requests that will change runs, by the last part of their path."""
    asked: list[str] = []
    reading = {"search", "table", "groups"}

    def note(request: Request) -> None:
        path = request.url.partition("?")[0]
        if "/runs/" in path and request.method == "POST" and Path(path).name not in reading:
            asked.append(Path(path).name)

    page.on("request", note)
    return asked


def test_columns_that_differ_are_shown(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}")
    expect(page.get_by_role("columnheader", name="lr")).to_be_visible()
    expect(page.get_by_role("columnheader", name="accuracy")).to_be_visible()
    expect(page.get_by_role("columnheader", name="model")).to_have_count(0)

    page.get_by_role("button", name="Columns:").click()
    page.get_by_label("model", exact=True).check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("columnheader", name="model")).to_be_visible()
    assert "show=params.model" in page.url


def test_a_click_on_a_heading_sorts_on_the_server_and_lasts(
    seeded: Seeded, watched: Watched
) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.many}")
    page.get_by_role("columnheader", name="loss").get_by_role("button").first.click()
    expect(page.get_by_role("columnheader", name="loss")).to_have_attribute(
        "aria-sort", "descending"
    )
    expect(page.get_by_role("link", name="run-1040")).to_be_visible()
    expected = sorted(range(MANY_RUNS), key=loss, reverse=True)[:3]
    assert names(page)[:3] == [f"run-{number:04}" for number in expected]
    page.reload()
    expect(page.get_by_role("link", name="run-1040")).to_be_visible()
    assert names(page)[0] == f"run-{expected[0]:04}"


def test_a_filter_is_applied_and_what_is_wrong_with_it_is_said(
    seeded: Seeded, watched: Watched
) -> None:
    watched.expected.append("status of 400")
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.many}")
    box = page.get_by_role("combobox", name="Filter")
    box.fill("metrics.loss < 0.001")
    box.press("Enter")
    few = sum(loss(number) < 0.001 for number in range(MANY_RUNS))
    expect(page.get_by_text(f"{few} runs", exact=True)).to_be_visible()
    box.fill("metrics.loss <")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert names(page), "the rows of before stay while the filter is mended"
    box.fill("run-4999")
    box.press("Enter")
    expect(page.get_by_text("1 run", exact=True)).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_scrollbar_jumps_anywhere_and_only_what_is_in_sight_is_asked_and_drawn(
    seeded: Seeded, watched: Watched
) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.many}?panes=table")
    expect(page.get_by_text("5000 runs", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=f"run-{MANY_RUNS - 1:04}")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    grid = page.get_by_role("grid")
    grid.evaluate("grid => grid.scrollTop = grid.scrollHeight")
    expect(page.get_by_role("link", name="run-0000")).to_be_visible()
    grid.evaluate("grid => grid.scrollTop = grid.scrollHeight / 2")
    expect(page.get_by_role("link", name=f"run-{MANY_RUNS // 2 - 10:04}")).to_be_visible()
    assert sum("runs/table" in url for url in asked) <= 4
    assert page.locator(".grid-row").count() < 80


def test_a_selection_is_deleted_and_brought_back(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.many}?filter=run-010")
    expect(page.get_by_text("10 runs")).to_be_visible()
    asked = changes(page)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".selection")).to_contain_text("2 selected")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("8 runs")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("10 runs")).to_be_visible()
    assert asked == ["set-lifecycle-stage"] * 2


def test_a_row_opens_by_key_and_back_returns(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}?sort=metrics.accuracy")
    expect(page.get_by_role("link", name="calm-otter-0")).to_be_visible()
    page.get_by_role("grid").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="calm-otter-0")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("grid")).to_be_visible()
    assert page.url.endswith("?sort=metrics.accuracy")


def test_a_column_is_made_wider_and_the_address_knows(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}")
    heading = page.get_by_role("columnheader", name="accuracy")
    before = heading.bounding_box()
    assert before is not None
    edge = before["x"] + before["width"]
    middle = before["y"] + before["height"] / 2
    page.mouse.move(edge, middle)
    page.mouse.down()
    page.mouse.move(edge + 60, middle, steps=5)
    page.mouse.up()
    page.wait_for_url("**widths=metrics.accuracy:**")
    after = heading.bounding_box()
    assert after is not None
    assert after["width"] == pytest.approx(before["width"] + 60, abs=3)


def test_charts_follow_the_selection_with_the_same_colours(
    seeded: Seeded, watched: Watched
) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}")
    bars = page.locator(".bars").first
    expect(bars.get_by_role("listitem")).to_have_count(3)
    swatches = page.locator(".grid-row .swatch")
    colours = swatches.evaluate_all("all => all.map(one => one.style.background)")
    assert len(set(colours)) == 3
    page.get_by_role("checkbox", name="Select", exact=True).nth(1).check()
    expect(bars.get_by_role("listitem")).to_have_count(1)
    assert bars.locator("i").evaluate("bar => bar.style.background") in colours


def test_two_thousand_columns_scroll_sideways(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.absurd}?panes=table")
    expect(page.get_by_role("columnheader", name="metric_0000")).to_be_visible()
    assert page.get_by_role("columnheader").count() < 40
    page.get_by_role("grid").evaluate("grid => grid.scrollLeft = grid.scrollWidth")
    # Of the longer values the first 64 characters are the same, so that their columns are hidden.
    expect(page.get_by_role("columnheader", name="p963")).to_be_visible()
    assert page.get_by_role("columnheader").count() < 40


def headings(page: Page) -> list[str]:
    """The headings in sight, from the left."""
    cells = page.get_by_role("columnheader")
    texts = cells.evaluate_all("all => all.map(cell => cell.querySelector('span').textContent)")
    return [str(text) for text in texts]


def test_columns_are_dragged_pinned_and_moved_by_their_menus(
    seeded: Seeded, watched: Watched
) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}?panes=table")
    heading = page.get_by_role("columnheader", name="lr")
    heading.drag_to(
        page.get_by_role("columnheader", name="Started"), target_position={"x": 9, "y": 9}
    )
    expect(page.get_by_role("columnheader").nth(1)).to_contain_text("lr")
    assert "order=params.lr" in page.url

    page.get_by_role("button", name="Column lr").click()
    page.get_by_role("menuitem", name="Move right").click()
    expect(page.get_by_role("columnheader").nth(2)).to_contain_text("lr")
    page.get_by_role("button", name="Column accuracy").click()
    page.get_by_role("menuitem", name="Pin to the left").click()
    expect(page.locator(".grid-head-row .grid-pinned")).to_contain_text("accuracy")
    before = headings(page)
    page.reload()
    expect(page.locator(".grid-head-row .grid-pinned")).to_contain_text("accuracy")
    assert headings(page) == before


def test_numbers_are_coloured_on_request(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}?panes=table")
    page.get_by_role("button", name="Column accuracy").click()
    page.get_by_role("menuitemradio", name="high is good").click()
    page.wait_for_url("**scale=metrics.accuracy:high**")
    coloured = page.locator('.grid-cell[style*="color-mix"]')
    expect(coloured).to_have_count(2)  # the middle one of three is neither good nor bad
    grounds = coloured.evaluate_all("cells => cells.map(cell => cell.style.background)")
    assert sorted("--good" in ground for ground in grounds) == [False, True]


def test_shift_sorts_by_one_more_column(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.many}?panes=table")
    page.get_by_role("columnheader", name="lr").get_by_role("button").first.click()
    expect(page.get_by_role("columnheader", name="lr")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("columnheader", name="loss").get_by_role("button").first.click(
        modifiers=["Shift"]
    )
    expected = sorted(range(MANY_RUNS), key=lambda number: (number % 7, loss(number)), reverse=True)
    expect(page.get_by_role("link", name=f"run-{expected[0]:04}")).to_be_visible()
    assert names(page)[:5] == [f"run-{number:04}" for number in expected[:5]]


def test_names_and_values_are_completed_by_keys(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}?panes=table")
    expect(page.get_by_text("3 runs", exact=True)).to_be_visible()
    box = page.get_by_role("combobox", name="Filter")
    box.press_sequentially("mod")
    expect(page.get_by_role("option", name="params.model")).to_be_visible()
    box.press("Tab")
    box.press_sequentially("= ")
    expect(page.get_by_role("option", name="tree")).to_be_visible()
    box.press("ArrowDown")
    box.press("Enter")
    box.press_sequentially("and st")
    box.press("Tab")
    expect(box).to_have_value("params.model = 'tree' and attributes.start_time ")
    box.press_sequentially("< ago(1d)")
    box.press("Enter")
    expect(page.get_by_text("3 runs", exact=True)).to_be_visible()
    assert "filter=params.model" in page.url


def test_what_is_missing_is_told_and_offered(seeded: Seeded, watched: Watched) -> None:
    watched.expected += ["status of 400"] * 3
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}?panes=table")
    box = page.get_by_role("combobox", name="Filter")
    box.fill("params.")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("A key is missing here")
    expect(page.get_by_role("option", name="params.model")).to_be_visible()
    box.fill("(params.model")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(
        "An operator is missing here, such as =, < or LIKE"
    )
    expect(page.get_by_role("option", name="ILIKE")).to_be_visible()
    list_place = page.locator(".suggestions").bounding_box()
    mark = page.locator(".filter-mirror > span").bounding_box()
    assert list_place is not None
    assert mark is not None
    assert list_place["x"] == pytest.approx(mark["x"], abs=8)
    box.press("Tab")
    expect(box).to_have_value("(params.model = ")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("A value is missing here, such as 1 or 'text'")
    page.get_by_role("option", name="tree").click()
    box.press_sequentially(")")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(box).to_have_value("(params.model = 'tree' )")


def test_an_error_points_at_the_offending_word(seeded: Seeded, watched: Watched) -> None:
    watched.expected += ["status of 400"] * 3
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}?panes=table")
    box = page.get_by_role("combobox", name="Filter")
    wrong = page.locator(".filter-mirror .wrong")
    for text, word, told in (
        ("loss < 3", "loss", "Write metrics.loss, params.loss or tags.loss"),
        ("params.model = tree", "tree", "Text stands in quotes: 'tree'"),
        ("params.model = 'tree' and metric.loss over 3", "over", "An operator is expected here"),
    ):
        box.fill(text)
        box.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(told)
        expect(wrong).to_have_text(word)
    mark = wrong.bounding_box()
    pointer = page.locator(".problem-pointer").bounding_box()
    assert mark is not None
    assert pointer is not None
    assert pointer["x"] == pytest.approx(mark["x"], abs=8)


def test_groups_show_means_and_open_into_their_runs(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(
        f"{seeded.address}/#/experiments/{seeded.many}?panes=table&layout=groups&group=params.lr"
    )
    expect(page.get_by_text("5000 runs in 7 groups")).to_be_visible()
    group = page.get_by_role("row").filter(has_text="lr 0.3")
    members = [number for number in range(MANY_RUNS) if number % 7 == 3]
    mean = sum(loss(number) for number in members) / len(members)
    expect(group).to_contain_text(f"{mean:.4g}")
    expect(group).to_contain_text("±")
    started = group.get_by_title("earliest: ")
    expect(started).to_have_text(re.compile("ago|just now"))
    latest, earliest = (started.get_attribute("title") or "").split("\n")
    assert latest.removeprefix("latest: ") > earliest.removeprefix("earliest: ")
    group.get_by_role("button", name="Show the runs").click()
    expect(page.get_by_role("link", name=f"run-{members[-1]:04}")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name=f"run-{members[-1]:04}")).to_be_visible()
    assert names(page)[:2] == [f"run-{number:04}" for number in members[:-3:-1]]


def test_charts_draw_the_newest_runs_of_every_group(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(
        f"{seeded.address}/#/experiments/{seeded.many}"
        "?layout=groups&group=params.lr&sort=-metrics.loss"
    )
    expect(page.get_by_text("Newest 14 runs of each group")).to_be_visible()
    card = page.get_by_role("article", name="loss", exact=True)
    for rate in range(7):
        members = [number for number in range(MANY_RUNS) if number % 7 == rate][-14:]
        mean = sum(loss(number) for number in members) / len(members)
        name = str(rate / 10)
        expect(card).to_contain_text(f"{name} (14 runs)")
        expect(card).to_contain_text(f"{mean:.5g}")
        group = page.get_by_role("row").filter(has_text=f"lr {name}")
        expect(group.locator(".swatch")).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")


def test_runs_are_grouped_from_a_heading(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.many}?panes=table")
    page.get_by_role("columnheader", name="lr").click(button="right")
    page.get_by_role("menuitem", name="Group by this").click()
    expect(page.get_by_text("5000 runs in 7 groups")).to_be_visible()
    group = page.get_by_role("row").filter(has_text="lr 0.5").get_by_role("gridcell").nth(1)
    group.click(button="right")
    page.get_by_role("menuitem", name="Only the runs of this group").click()
    members = sum(number % 7 == 5 for number in range(MANY_RUNS))
    expect(page.get_by_text(f"{members} runs", exact=True)).to_be_visible()


def test_a_cells_menu_filters_by_its_value(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.many}?panes=table")
    cell = page.get_by_role("row").filter(has_text="run-4999").get_by_role("gridcell").nth(5)
    cell.click(button="right")
    page.get_by_role("menuitem", name="Only", exact=False).first.click()
    count = sum(number % 7 == 4999 % 7 for number in range(MANY_RUNS))
    expect(page.get_by_text(f"{count} runs", exact=True)).to_be_visible()
    page.get_by_role("button", name="Failed", exact=True).click()
    expect(page.get_by_text("No run matches the filter")).to_be_visible()


def test_a_run_is_renamed_in_its_row_and_back(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}?panes=table")
    expect(page.get_by_role("link", name="calm-otter-2")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press(".")
    page.get_by_role("menuitem", name="Rename").click()
    field = page.get_by_label("Name of calm-otter-2")
    field.fill("swift-heron")
    field.press("Enter")
    expect(page.get_by_role("link", name="swift-heron")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="calm-otter-2")).to_be_visible()


def test_tags_are_set_on_many_and_taken_back(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(
        f"{seeded.address}/#/experiments/{seeded.few}?panes=table&show=tags.reviewed"
    )
    page.get_by_role("checkbox", name="Select all runs that match").click()
    page.get_by_role("button", name="Tag", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Key").fill("reviewed")
    dialog.get_by_label("Value").fill("by ann")
    asked = changes(page)
    dialog.get_by_role("button", name="Set tag").click()
    expect(page.get_by_role("gridcell", name="by ann")).to_have_count(3)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("gridcell", name="by ann")).to_have_count(0)
    assert asked == ["tag"] * 2


@pytest.mark.parametrize("form", ["CSV", "JSON", "Parquet"])
def test_exactly_this_view_is_exported(seeded: Seeded, watched: Watched, form: str) -> None:
    page = watched.open(
        f"{seeded.address}/#/experiments/{seeded.many}"
        "?panes=table&sort=-metrics.loss&filter=metrics.loss+>+0.5&order=params.seed"
    )
    number = sum(loss(each) > 0.5 for each in range(MANY_RUNS))
    expect(page.get_by_text(f"{number} runs", exact=True)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
        page.get_by_role("menuitem", name=form).click()
    content = download.value.path().read_bytes()
    first = max(range(MANY_RUNS), key=loss)
    if form == "CSV":
        lines = content.decode().splitlines()
        assert len(lines) == number + 1
        assert lines[0].startswith("run_id,run_name,seed,Started")
        assert f"run-{first:04},{first}," in lines[1]
    elif form == "JSON":
        rows = json.loads(content)
        assert len(rows) == number
        assert rows[0]["loss"] == loss(first)
    else:
        assert content[:4] == content[-4:] == b"PAR1"


def test_runs_are_moved_to_another_experiment_and_back(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}?panes=table")
    page.get_by_role("checkbox", name="Select", exact=True).first.check()
    page.get_by_role("button", name="Move", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Find an experiment").fill("no runs")
    dialog.get_by_label("no runs", exact=True).check()
    dialog.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("2 runs", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("3 runs", exact=True)).to_be_visible()


def fill_nested(address: str) -> str:
    """Three sweeps of four runs each, in an experiment of its own."""
    with closing(Wire(address)) as wire:
        experiment_id = wire.create_experiment("nested runs")
        for sweep in range(3):
            parent = wire.create_run(experiment_id, f"sweep-{sweep}", sweep * 10)
            wire.log(parent, {}, [point("best", sweep)])
            for trial in range(4):
                run_id = wire.create_run(
                    experiment_id,
                    f"trial-{sweep}-{trial}",
                    sweep * 10 + trial + 1,
                    **{"mlflow.parentRunId": parent},
                )
                wire.log(run_id, {}, [point("best", 10 * trial - sweep)])
        return experiment_id


def test_nested_runs_stay_below_their_parents_in_any_order(
    seeded: Seeded, watched: Watched
) -> None:
    experiment_id = fill_nested(seeded.address)
    page = watched.open(
        f"{seeded.address}/#/experiments/{experiment_id}?panes=table&layout=tree&sort=-metrics.best"
    )
    expect(page.get_by_text("3 runs at the top")).to_be_visible()
    assert names(page) == ["sweep-2", "sweep-1", "sweep-0"]
    page.get_by_role("button", name="Show 4 runs below sweep-1").click()
    expect(page.get_by_role("link", name="trial-1-3")).to_be_visible()
    trials = [f"trial-1-{trial}" for trial in range(4)]
    assert names(page) == ["sweep-2", "sweep-1", *reversed(trials), "sweep-0"]
    held: list[Route] = []

    def hold_children(route: Route) -> None:
        if json.loads(route.request.post_data or "{}").get("parent_run_id"):
            held.append(route)
        else:
            route.continue_()

    page.route("**/runs/table", hold_children)
    page.get_by_role("columnheader", name="best").get_by_role("button").first.click()
    expect(page.get_by_role("columnheader", name="best")).to_have_attribute(
        "aria-sort", "ascending"
    )
    # The lines of before stay until the children are here in their new order, too.
    while not held:
        page.wait_for_timeout(20)
    expect(page.locator(".grid.dimmed")).to_have_count(1)
    assert names(page) == ["sweep-2", "sweep-1", *reversed(trials), "sweep-0"]
    for route in held:
        route.continue_()
    page.unroute("**/runs/table")
    expect(page.locator(".grid.dimmed")).to_have_count(0)
    expect(page.get_by_role("link", name="trial-1-0")).to_be_visible()
    assert names(page) == ["sweep-0", "sweep-1", *trials, "sweep-2"]
    page.get_by_role("treegrid").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="trial-0-0")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("link", name="trial-0-0")).to_have_count(0)
