"""The page of one run: what it logged, charts that ask again when zoomed, files."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Request, expect
from tests.browser.conftest import Watched
from tests.browser.seed import STEPS, Seeded

pytestmark = pytest.mark.browser


def run_address(seeded: Seeded, query: str = "") -> str:
    return f"{seeded.address}/#/experiments/{seeded.few}/runs/{seeded.run_id}{query}"


def test_what_the_run_logged_is_listed(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(run_address(seeded))
    facts = page.get_by_role("region", name="What the run logged")
    expect(facts.get_by_text("0.01", exact=True)).to_be_visible()
    metric = facts.locator(".fact.metric", has_text="val/loss")
    # Last, lowest and highest, NaN aside, and the last step; the extremes come by themselves.
    expect(metric.locator(":scope > *")).to_have_text(["val/loss", "0.11111", "0.11111", "1", "8"])
    expect(page.get_by_text("Finished", exact=True)).to_be_visible()
    expect(page.get_by_text("1 min 30 s")).to_be_visible()
    expect(page).to_have_title("calm-otter-2 · few runs · Millstream")


def test_everything_is_asked_for_once(seeded: Seeded, watched: Watched) -> None:
    page = watched.open("about:blank")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.goto(run_address(seeded))
    expect(page.locator("canvas").first).to_be_visible()
    calls = [each for each in asked if "api/" in each.url and "/news" not in each.url]
    texts = [f"{each.url} {each.post_data or ''}" for each in calls]
    assert sorted(set(texts)) == sorted(texts)
    assert sum("runs/get" in text for text in texts) == 1
    of_series = [each for each in calls if each.url.endswith("/metrics/series")]
    series = [json.loads(each.post_data or "{}") for each in of_series]
    (whole,) = [body for body in series if body["buckets"] > 1]
    assert {"train/loss", "val/loss"} <= set(whole["metric_keys"])


def test_a_tag_is_added_changed_deleted_and_brought_back(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(run_address(seeded))
    facts = page.get_by_role("region", name="What the run logged")
    page.get_by_label("Add a tag").fill("reviewed = yes")
    page.get_by_label("Add a tag").press("Enter")
    facts.get_by_role("button", name="yes").click()
    page.get_by_label("Change reviewed").fill("no")
    page.get_by_label("Change reviewed").press("Enter")
    expect(facts.get_by_role("button", name="no", exact=True)).to_be_visible()
    page.get_by_label("Delete the tag reviewed").click()
    expect(facts.get_by_text("reviewed")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(facts.get_by_text("reviewed")).to_be_visible()


def test_the_run_is_renamed_in_its_title(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(
        f"{seeded.address}/#/experiments/{seeded.absurd}/runs/{seeded.absurd_run_id}"
    )
    page.get_by_role("heading").get_by_role("button").click()
    page.get_by_role("textbox", name="Rename").fill("short")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="short")).to_be_visible()


def test_a_chart_asks_for_finer_points_when_zoomed(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(run_address(seeded, "?metric=train"))
    chart = page.get_by_role("img", name="train/loss")
    over = chart.locator(".u-over")
    expect(over).to_be_visible()
    expect(page.get_by_text(f"{STEPS} points")).to_be_visible()
    box = over.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    with page.expect_request("**/api/v1/metrics/series") as asked:
        page.mouse.move(box["x"] + box["width"] * 0.25, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=4)
        page.mouse.up()
    body = json.loads(asked.value.post_data or "{}")
    assert body["start_step"] == pytest.approx(STEPS * 0.25, abs=STEPS * 0.02)
    assert body["end_step"] == pytest.approx(STEPS * 0.5, abs=STEPS * 0.02)
    assert "range=" in page.url
    over.dblclick()
    expect(page.get_by_role("button", name="Whole range")).to_have_count(0)


def test_hovering_tells_the_value_and_the_axis_can_be_changed(
    seeded: Seeded, watched: Watched
) -> None:
    page = watched.open(run_address(seeded, "?metric=val"))
    chart = page.get_by_role("img", name="val/loss")
    chart.locator(".u-over").hover(position={"x": 2, "y": 20})
    expect(chart.locator(".chart-hover")).to_contain_text("step 0")
    expect(chart.locator(".chart-hover")).to_contain_text("calm-otter-2")
    page.get_by_role("button", name="Date and time on the x-axis").click()
    chart.locator(".u-over").hover(position={"x": 2, "y": 20})
    expect(chart.locator(".chart-hover")).to_contain_text("2023-11-1")
    assert "x=wall" in page.url


def test_metrics_logged_once_have_no_chart(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(run_address(seeded))
    expect(page.get_by_text("Without 1 metric logged only once")).to_be_visible()
    expect(page.locator(".chart-card")).to_have_count(2)


def test_an_unknown_run_says_so(seeded: Seeded, watched: Watched) -> None:
    watched.expected.append("status of 404")
    page = watched.open(f"{seeded.address}/#/experiments/1/runs/{'0' * 32}")
    expect(page.get_by_role("alert")).to_contain_text("not found")
