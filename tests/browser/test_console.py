"""The console of a run on its page: live, in its colours and searched; and why a run ended."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import Watched, serving

from millstream.entities import console as c
from millstream.entities import runs as r
from millstream.rest.remote import RemoteStore

pytestmark = pytest.mark.browser

WITHIN = 10_000  # milliseconds: sooner than a page asks again that is not told
MANY = 3_000
NEEDLES = (5, 1_500, 2_995)
AT_ONCE = 1_000


class Printing:
    """A server with a run that prints, or has failed."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.store = RemoteStore(address)

    def run(self, name: str) -> str:
        return self.store.runs.create(r.CreateRun("0", "ada", name)).result().info.run_id

    def write(self, run_id: str, *lines: c.ConsoleLine) -> None:
        for start in range(0, len(lines), AT_ONCE):
            some = list(lines[start : start + AT_ONCE])
            self.store.console.log(c.LogConsole(run_id, "one", some)).result()

    def page(self, watched: Watched, run_id: str, view: str = "console") -> Page:
        return watched.open(f"{self.address}/#/experiments/0/runs/{run_id}?view={view}")


@pytest.fixture(scope="module")
def printing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Printing]:
    with serving(tmp_path_factory.mktemp("printing")) as address:
        made = Printing(address)
        yield made
        made.store.close()


def line_of(log: Locator, text: str) -> Locator:
    return log.locator(".console-line", has_text=text)


def colour(line: Locator, text: str) -> str:
    span = line.locator(".console-text span", has_text=text)
    found: str = span.evaluate("span => getComputedStyle(span).color")
    return found


def test_lines_appear_while_they_are_written_and_are_followed(
    printing: Printing, watched: Watched
) -> None:
    run_id = printing.run("live")
    page = printing.page(watched, run_id)
    expect(page.get_by_text("Nothing written yet")).to_be_visible()
    printing.write(run_id, c.ConsoleLine(0, "epoch 0"))
    log = page.get_by_role("log")
    expect(line_of(log, "epoch 0")).to_be_visible(timeout=WITHIN)
    printing.write(run_id, *(c.ConsoleLine(number, f"epoch {number}") for number in range(1, 201)))
    expect(line_of(log, "epoch 200")).to_be_in_viewport(timeout=WITHIN)
    expect(log).to_have_accessible_name("201 lines")
    log.evaluate("log => log.scrollTop = 0")
    expect(line_of(log, "epoch 1").first).to_be_in_viewport()
    printing.write(run_id, c.ConsoleLine(201, "epoch 201"))
    expect(log).to_have_accessible_name("202 lines", timeout=WITHIN)
    expect(line_of(log, "epoch 201")).to_have_count(0)
    page.get_by_role("button", name="End").click()
    expect(line_of(log, "epoch 201")).to_be_in_viewport()


def test_lines_have_their_colours(printing: Printing, watched: Watched) -> None:
    run_id = printing.run("colours")
    printing.write(
        run_id,
        c.ConsoleLine(0, "plain \x1b[31mred\x1b[0m after \x1b[1mbold\x1b[22m"),
        c.ConsoleLine(1, "\x1b[38;2;1;2;3mexact\x1b[0m \x1b[38;5;196mcube\x1b[39m"),
        c.ConsoleLine(2, "a \x1b[2Kcleared\x07 bell"),
        c.ConsoleLine(3, "trouble", "stderr"),
    )
    page = printing.page(watched, run_id)
    log = page.get_by_role("log")
    first, second = line_of(log, "plain"), line_of(log, "exact")
    expect(first.locator(".console-text")).to_have_text("plain red after bold")
    red, green, blue = (int(x) for x in colour(first, "red")[4:-1].split(","))
    assert red > max(green, blue)
    assert colour(first, "after") == colour(first, "plain") != colour(first, "red")
    weight = first.locator(".console-text span", has_text="bold")
    assert int(weight.evaluate("span => getComputedStyle(span).fontWeight")) >= 600
    assert colour(second, "exact") == "rgb(1, 2, 3)"
    assert colour(second, "cube") == "rgb(255, 0, 0)"
    expect(line_of(log, "bell").locator(".console-text")).not_to_contain_text("\x07")
    expect(line_of(log, "trouble")).to_contain_text("stderr:")


def test_a_console_is_searched_to_its_last_line(printing: Printing, watched: Watched) -> None:
    run_id = printing.run("searched")
    texts = [
        f"line {number} \x1b[32mNee\x1b[0mdle" if number in NEEDLES else f"line {number}"
        for number in range(MANY)
    ]
    printing.write(run_id, *(c.ConsoleLine(number, text) for number, text in enumerate(texts)))
    page = printing.page(watched, run_id)
    log = page.get_by_role("log")
    field = page.get_by_label("Find in the console")
    field.fill("needle")
    for place, number in enumerate((*NEEDLES, NEEDLES[0]), 1):
        told = f"{(place - 1) % len(NEEDLES) + 1} of {len(NEEDLES)}"
        expect(page.get_by_role("status").filter(has_text=told)).to_be_visible()
        line = log.locator(".console-line.current")
        expect(line).to_contain_text(f"line {number} ")
        expect(line).to_be_in_viewport()
        assert "".join(line.locator("mark").all_inner_texts()) == "Needle"
        field.press("Enter")
    shared = page.url
    assert "console=needle" in shared
    opened = watched.open(shared)
    expect(opened.locator(".console-line.current")).to_contain_text(f"line {NEEDLES[0]} ")
    expect(opened.locator(".console-line.current")).to_be_in_viewport()
    field.fill("nowhere to be found")
    expect(page.get_by_role("status").filter(has_text="Not found")).to_be_visible()


def test_long_lines_are_wrapped_where_the_window_is_narrow(
    printing: Printing, watched: Watched
) -> None:
    run_id = printing.run("long lines")
    printing.write(run_id, c.ConsoleLine(0, "word " * 200))
    page = printing.page(watched, run_id)
    wrap = page.get_by_role("button", name="Wrap lines")
    expect(wrap).to_have_attribute("aria-pressed", "false")
    one_line = page.locator(".console-line").bounding_box()
    wrap.click()
    page.reload()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    several_lines = page.locator(".console-line").bounding_box()
    assert one_line is not None
    assert several_lines is not None
    assert several_lines["height"] > 2 * one_line["height"]
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{printing.address}/#/experiments/0/runs/{run_id}?view=console")
    expect(wrap).to_have_attribute("aria-pressed", "true")


def test_the_page_of_a_run_says_why_it_ended(printing: Printing, watched: Watched) -> None:
    run_id = printing.run("failed")
    tags = {
        "millstream.end.reason": "ZeroDivisionError: division by zero",
        "millstream.end.traceback": 'Traceback (most recent call last):\n  File "train.py", line 3',
    }
    batch = r.LogBatch(run_id, tags=[r.RunTag(key, value) for key, value in tags.items()])
    printing.store.runs.log_batch(batch).result()
    printing.store.runs.update(r.UpdateRun(run_id, "FAILED", 1_700_000_000_000)).result()
    page = printing.page(watched, run_id, "overview")
    state = page.locator(".run-state").first
    expect(state).to_have_attribute(
        "title", re.compile("^Failed .* ZeroDivisionError: division by zero$")
    )
    about = page.get_by_role("region", name="About")
    expect(about).to_contain_text("ZeroDivisionError: division by zero")
    about.get_by_role("button", name="Traceback", exact=True).click()
    expect(about.locator(".code-block")).to_contain_text('File "train.py", line 3')
