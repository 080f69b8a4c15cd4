"""Charts: no spike is lost, zoom asks again, hover is shared, arrangements last, brushes select."""

from __future__ import annotations

import json
import math
import re
import sys
import types
from contextlib import closing
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import Watched
from tests.browser.seed import Seeded, Wire, point

pytestmark = pytest.mark.browser
LONG = 20_000
SPIKE = 13_377
RATES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]


class Charted(NamedTuple):
    """An experiment of six runs, the last of which has a long metric with one high point."""

    address: str
    experiment_id: str
    run_ids: list[str]

    def runs(self, query: str = "") -> str:
        return f"{self.address}/#/experiments/{self.experiment_id}?panes=charts{query}"

    def run(self, query: str = "") -> str:
        page = f"{self.address}/#/experiments/{self.experiment_id}/runs/{self.run_ids[-1]}"
        return page + query


@pytest.fixture(scope="module")
def charted(seeded: Seeded) -> Charted:
    with closing(Wire(seeded.address)) as wire:
        experiment_id = wire.create_experiment("charts")
        run_ids = [fill_run(wire, experiment_id, number) for number in range(len(RATES))]
    return Charted(seeded.address, experiment_id, run_ids)


def fill_run(wire: Wire, experiment_id: str, number: int) -> str:
    run_id = wire.create_run(experiment_id, f"tuned-{number}", number)
    model = "tree" if number % 2 else "forest"
    params = {"lr": str(RATES[number]), "depth": str(number + 1), "model": model}
    points = [
        point(key, (number + 1) * math.exp(-step / 20), step, number)
        for key in ("alpha", "beta", "gamma")
        for step in range(60)
    ]
    points += [point("epoch", step / 10, step, number) for step in range(60)]
    points.append(point("score", number * number))
    if number == len(RATES) - 1:
        points += [
            point("long/loss", 50 if step == SPIKE else math.sin(step / 900), step, number)
            for step in range(LONG)
        ]
    wire.log(run_id, params, points)
    wire.finish(run_id, number)
    return run_id


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("article", name=title, exact=True)


def titles(page: Page) -> list[str]:
    return page.locator(".chart-card h3").all_inner_texts()


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=6)
    page.mouse.up()


def plot_of(chart: Locator) -> dict[str, float]:
    over = chart.locator(".u-over")
    expect(over).to_be_visible()
    box = over.bounding_box()
    assert box is not None
    return {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]}


def drawn_near_the_top(chart: Locator, share: float) -> int:
    """Strong pixels in the upper tenth of the plot, at a share of its width."""
    return int(
        chart.evaluate(
            """(chart, share) => {
                const canvas = chart.querySelector("canvas");
                const over = chart.querySelector(".u-over").getBoundingClientRect();
                const own = canvas.getBoundingClientRect();
                const ratio = canvas.width / own.width;
                const x = Math.round((over.left - own.left + over.width * share - 2) * ratio);
                const y = Math.round((over.top - own.top) * ratio);
                const height = Math.round(over.height * ratio / 10);
                const { data } = canvas.getContext("2d").getImageData(x, y, 5 * ratio, height);
                return data.filter((value, at) => at % 4 === 3 && value > 100).length;
            }""",
            share,
        )
    )


def test_one_high_point_among_many_is_drawn(charted: Charted, watched: Watched) -> None:
    watched.expected.append("readback")  # only this test reads pixels
    page = watched.open(charted.run("?metric=long"))
    chart = card(page, "long/loss")
    expect(chart.get_by_text("20 000 points")).to_be_visible()  # thin space
    plot_of(chart)
    assert drawn_near_the_top(chart, SPIKE / (LONG - 1)) > 0
    assert drawn_near_the_top(chart, 0.3) == 0


@pytest.mark.parametrize("axis", ["step", "relative", "wall"])
def test_a_closer_look_asks_for_finer_points_on_every_axis(
    charted: Charted, watched: Watched, axis: str
) -> None:
    page = watched.open(charted.run(f"?metric=long&x={axis}"))
    chart = card(page, "long/loss")
    box = plot_of(chart)
    middle = box["y"] + box["height"] / 2
    spike = box["x"] + box["width"] * SPIKE / LONG
    with page.expect_response("**/api/v1/metrics/series") as answered:
        drag(page, (spike - 15, middle), (spike + 15, middle))
    asked = json.loads(answered.value.request.post_data or "{}")
    assert asked["start_step"] <= SPIKE <= asked["end_step"]
    assert asked["end_step"] - asked["start_step"] < LONG / 5
    series = answered.value.json()["series"][0]
    assert max(series["values"]) == 50
    assert "range=" in page.url
    chart.locator(".u-over").dblclick()
    page.wait_for_url(lambda url: "range=" not in url)


def test_any_metric_can_be_the_x_axis_and_a_range_of_it_asks_for_its_steps(
    charted: Charted, watched: Watched
) -> None:
    page = watched.open(charted.run("?metric=alpha"))
    page.get_by_role("button", name="Lines").click()
    page.get_by_role("combobox", name="X-axis").select_option(label="epoch")
    page.wait_for_url("**x=metrics.epoch**")
    page.keyboard.press("Escape")
    box = plot_of(card(page, "alpha"))
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.4, middle)
    page.mouse.move(box["x"] + box["width"] * 0.5, middle)
    # Which of two neighbours is the middle's depends on a fraction of a pixel.
    middle_one = re.compile(r"epoch (2\.9|3)(?![.\d])")
    expect(card(page, "alpha").locator(".chart-hover")).to_contain_text(middle_one)
    with page.expect_request("**/api/v1/metrics/series") as asked:
        drag(
            page,
            (box["x"] + box["width"] * 0.5, middle),
            (box["x"] + box["width"] * 0.75, middle),
        )
    body = json.loads(asked.value.post_data or "{}")
    assert sorted(body["metric_keys"]) == ["alpha", "epoch"]
    assert body["start_step"] == pytest.approx(30, abs=3)
    assert body["end_step"] == pytest.approx(45, abs=3)


def test_the_crosshair_is_at_the_same_place_in_all_charts(
    charted: Charted, watched: Watched
) -> None:
    page = watched.open(charted.runs())
    box, *_ = (plot_of(card(page, title)) for title in ("alpha", "beta", "gamma"))
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    expect(card(page, "alpha").locator(".chart-hover")).to_be_visible()
    expect(card(page, "alpha").locator(".chart-hover")).to_contain_text("tuned-5")
    expect(card(page, "beta").locator(".chart-hover")).to_be_hidden()
    lines = [card(page, title).locator(".u-cursor-x") for title in ("alpha", "beta", "gamma")]
    places = [line.evaluate("line => new DOMMatrix(line.style.transform).e") for line in lines]
    assert places[0] == pytest.approx(box["width"] / 3, abs=2)
    assert places[1:] == pytest.approx([places[0]] * 2, abs=2)


def test_groups_are_their_mean_with_a_band(charted: Charted, watched: Watched) -> None:
    page = watched.open(charted.runs("&layout=groups&group=params.model"))
    box = plot_of(card(page, "alpha"))
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.move(box["x"] + 1, middle)
    hover = card(page, "alpha").locator(".chart-hover")
    tree = hover.locator(".chart-hover-row", has_text="tree (3 runs)")
    # Runs that begin at 2, 4 and 6: their mean, and a sample standard deviation to both sides.
    expect(tree.locator("b")).to_have_text("4")
    expect(tree.locator("small")).to_have_text("2 to 6")
    page.get_by_role("button", name="Lines").click()
    page.get_by_role("button", name="Every run as a line").click()
    page.keyboard.press("Escape")
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    expect(hover).to_contain_text("tuned-5")


def test_a_chart_is_dragged_to_another_place_and_stays_there(
    charted: Charted, watched: Watched
) -> None:
    page = watched.open(charted.runs())
    plot_of(card(page, "gamma"))
    before = ["alpha", "beta", "epoch", "gamma", "score"]
    assert titles(page)[:5] == before
    target = card(page, "alpha")
    card(page, "gamma").get_by_role("link").drag_to(target, target_position={"x": 20, "y": 80})
    moved = ["gamma", "alpha", "beta", "epoch", "score"]
    expect(page.locator(".chart-card h3").first).to_have_text("gamma")
    assert titles(page)[:5] == moved
    page.reload()
    plot_of(card(page, "gamma"))
    assert titles(page)[:5] == moved
    page.get_by_role("button", name="Actions for gamma").click()
    page.get_by_role("menuitem", name="Move right").click()
    expect(page.locator(".chart-card h3").nth(1)).to_have_text("gamma")


def test_charts_are_resized_removed_brought_back_and_seen_whole(
    charted: Charted, watched: Watched
) -> None:
    page = watched.open(charted.runs())
    narrow = card(page, "alpha").bounding_box()
    page.get_by_role("button", name="Actions for alpha").click()
    page.get_by_role("menuitem", name="Two columns wide").click()
    page.wait_for_url("**sizes=metrics.alpha~2**")
    wide = card(page, "alpha").bounding_box()
    assert narrow is not None
    assert wide is not None
    assert wide["width"] == pytest.approx(narrow["width"] * 2, abs=2)

    page.get_by_role("button", name="Actions for beta").click()
    page.get_by_role("menuitem", name="Remove").click()
    expect(card(page, "beta")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(card(page, "beta")).to_be_visible()

    card(page, "beta").get_by_role("link", name="beta").click()
    whole = page.get_by_role("dialog", name="beta")
    plot_of(whole)
    assert "full=metrics.beta" in page.url
    page.keyboard.press("Escape")
    expect(whole).to_have_count(0)


def test_a_section_folds_and_stays_folded(charted: Charted, watched: Watched) -> None:
    page = watched.open(charted.runs())
    page.get_by_role("button", name="charts 5").click()
    expect(card(page, "alpha")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name="charts 5")).to_have_attribute("aria-expanded", "false")
    expect(card(page, "alpha")).to_have_count(0)


def test_a_chart_of_two_metrics_is_added(charted: Charted, watched: Watched) -> None:
    page = watched.open(charted.runs())
    page.get_by_role("button", name="Add a chart").click()
    dialog = page.get_by_role("dialog", name="Add a chart")
    expect(dialog.get_by_label("Kind")).to_be_focused()
    expect(dialog.get_by_role("button", name="Add", exact=True)).to_be_disabled()
    dialog.get_by_label("Add to Metrics").select_option(label="alpha")
    dialog.get_by_label("Add to Metrics").select_option(label="beta")
    dialog.get_by_role("button", name="Add", exact=True).click()
    plot_of(card(page, "alpha, beta"))
    assert "charts=c1~line~metrics.alpha~metrics.beta" in page.url


def select_area(
    page: Page, chart: Locator, start: tuple[float, float], end: tuple[float, float]
) -> None:
    canvas = chart.locator("canvas").first
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None
    drag(page, (box["x"] + start[0], box["y"] + start[1]), (box["x"] + end[0], box["y"] + end[1]))


def selected(page: Page) -> set[str]:
    page.wait_for_url("**selected=**")
    return set(page.url.split("selected=")[1].split("&")[0].split(","))


def test_a_brush_on_an_axis_selects_the_runs_within(charted: Charted, watched: Watched) -> None:
    query = "&charts=c1~parallel~params.lr~params.model~metrics.score~title=all"
    page = watched.open(charted.runs(query))
    chart = card(page, "all")
    expect(chart.get_by_text("6 runs")).to_be_visible()
    box = chart.locator("canvas").first.bounding_box()
    assert box is not None
    # The first axis: 56 pixels from the left, from 0.6 below 40 pixels down to 0.1 or less.
    select_area(page, chart, (56, 36), (56, 40 + (box["height"] - 64) * 0.45))
    runs = selected(page)
    assert charted.run_ids[-1] in runs
    assert charted.run_ids[0] not in runs
    assert runs == set(charted.run_ids[-len(runs) :])


def test_the_line_under_the_pointer_stands_out(charted: Charted, watched: Watched) -> None:
    query = "&charts=c1~parallel~params.lr~params.model~metrics.score~title=all"
    page = watched.open(charted.runs(query))
    canvas = card(page, "all").locator("canvas").first
    expect(card(page, "all").get_by_text("6 runs")).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None

    def picture() -> str:
        drawn: str = canvas.evaluate("canvas => canvas.toDataURL()")
        return drawn

    # Beside the plot nothing stands out.
    page.mouse.move(box["x"] + 2, box["y"] + box["height"] - 2)
    page.wait_for_timeout(200)
    before = picture()
    for below in range(40, int(box["height"]) - 24, 2):
        page.mouse.move(box["x"] + 80, box["y"] + below)
        page.wait_for_timeout(30)
        if picture() != before:
            return
    raise AssertionError("the pointer crossed all lines, and none stood out")


def test_a_frame_around_points_selects_their_runs(charted: Charted, watched: Watched) -> None:
    query = "&charts=c1~scatter~params.lr~metrics.score~params.model~title=points"
    page = watched.open(charted.runs(query))
    chart = card(page, "points")
    expect(chart.get_by_text("6 runs")).to_be_visible()
    box = chart.locator("canvas").first.bounding_box()
    assert box is not None
    select_area(page, chart, (box["width"] * 0.6, 20), (box["width"] - 4, box["height"] - 50))
    runs = selected(page)
    assert charted.run_ids[-1] in runs
    assert charted.run_ids[0] not in runs


def test_every_kind_of_chart_is_drawn(charted: Charted, watched: Watched) -> None:
    kinds = [
        "c1~contour~params.lr~params.depth~metrics.score~title=contour",
        "c2~box~metrics.score~params.model~title=box",
        "c3~bar~metrics.score~params.model~title=means",
        "c4~bar~metrics.score~title=bars",
        "c5~contour~metrics.score~params.model~metrics.score~title=none",
    ]
    page = watched.open(charted.runs(f"&charts={','.join(kinds)}"))
    for title in ("box", "means", "bars"):
        expect(card(page, title).locator("canvas").first).to_be_visible()
    # The rates and depths lie on one line, and the models are no numbers.
    expect(card(page, "contour").get_by_text("not all on one line")).to_be_visible()
    expect(card(page, "none").get_by_text("not all on one line")).to_be_visible()


def taken(page: Page, title: str, entry: str) -> bytes:
    page.get_by_role("button", name=f"Actions for {title}").click()
    with page.expect_download() as downloaded:
        page.get_by_role("menuitem", name=entry).click()
    return downloaded.value.path().read_bytes()


@pytest.mark.parametrize("title", ["alpha", "points"])
def test_a_chart_is_taken_away_as_image_and_data(
    charted: Charted, watched: Watched, title: str
) -> None:
    query = "&charts=c1~scatter~params.lr~metrics.score~title=points"
    page = watched.open(charted.runs(query))
    expect(card(page, title).locator("canvas").first).to_be_visible()
    assert taken(page, title, "Download PNG").startswith(b"\x89PNG\r\n")
    svg = taken(page, title, "Download SVG").decode()
    assert svg.startswith("<svg")
    assert title in svg
    assert svg.count("<path") >= len(RATES)
    rows = json.loads(taken(page, title, "Download JSON"))
    assert {row["run_id"] for row in rows} == set(charted.run_ids)
    if title == "alpha":
        assert len(rows) == 60 * len(RATES)
        first = next(row for row in rows if row["run_id"] == charted.run_ids[0])
        assert (first["step"], first["value"]) == (0, 1)
    header = taken(page, title, "Download CSV").decode().splitlines()[0]
    assert header.split(",") == list(rows[0])


def test_the_code_of_a_chart_draws_what_it_shows(
    charted: Charted, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = watched.open(charted.runs())
    plot_of(card(page, "alpha"))
    page.get_by_role("button", name="Actions for alpha").click()
    page.get_by_role("menuitem", name="Copy Python code").click()
    expect(page.get_by_text("Code copied")).to_be_visible()
    code = page.evaluate("navigator.clipboard.readText()")
    drawn: list[tuple[list[float], list[float]]] = []
    plotting = types.ModuleType("matplotlib.pyplot")

    def plot(x: list[float], y: list[float], **_: Any) -> None:
        drawn.append((x, y))

    for name in ("xlabel", "title", "legend", "show"):
        setattr(plotting, name, lambda *_: None)
    plotting.plot = plot  # type: ignore[attr-defined]  # a stand-in for a module
    package = types.ModuleType("matplotlib")
    package.pyplot = plotting  # type: ignore[attr-defined]  # a stand-in for a module
    monkeypatch.setitem(sys.modules, "matplotlib", package)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", plotting)
    exec(compile(code, "chart.py", "exec"), {})  # noqa: S102  # it is our own page's code
    assert sorted(y[0] for _, y in drawn) == [1, 2, 3, 4, 5, 6]
    assert all(x == list(range(60)) for x, _ in drawn)
