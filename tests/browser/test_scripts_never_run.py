"""Scripts in names, notes, values and files of every kind never run in the page's origin."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, Route, expect
from tests.browser.conftest import PATIENCE, WATCH_POLICY, serving
from tests.browser.seed_attacks import ELSEWHERE, Attacked, files, fill_attacks

pytestmark = pytest.mark.browser
KINDS = Path(__file__).parents[2] / "ui/src/data/file_kinds.ts"
VIEWS = ["values", "overview", "charts", "images", "artifacts"]
QUIET = 0.2  # seconds
STREAMS = "eventsource", "websocket"
SAFE_LINKS = "https://", "http://", "mailto:"
#: What browsers say of scripts that they did not run and of files that they could not read.
REFUSALS = (
    "Blocked script execution",
    "violates the following Content Security Policy",
    "Failed to load resource",
)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """A server whose every text tries to run a script."""
    with serving(tmp_path_factory.mktemp("attacked")) as address:
        yield fill_attacks(address)


class Suspected:
    """A page whose every dialog, foreign request and violated policy is remembered."""

    def __init__(self, browser: Browser, attacked: Attacked) -> None:
        self._attacked = attacked
        self._context = browser.new_context(viewport={"width": 1440, "height": 900})
        self._context.set_default_timeout(PATIENCE)
        self._context.add_init_script(WATCH_POLICY)
        self._context.route(lambda url: not url.startswith(attacked.address), self._foreign)
        self.foreign: list[str] = []
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        self.page: Page = self._context.new_page()
        self.page.on("dialog", self._dialog)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self._context.on("page", lambda page: self.foreign.append(f"opened {page.url}"))
        self._under_way: set[Request] = set()
        self._changed = time.monotonic()
        self.page.on("request", lambda request: self._note(request, begins=True))
        for event in ("requestfinished", "requestfailed"):
            self.page.on(event, lambda request: self._note(request, begins=False))
        self.page.goto(f"{attacked.address}/#/experiments")

    def close(self) -> None:
        self._context.close()

    def open(self, address: str) -> Page:
        self.page.goto(f"{self._attacked.address}/{address}")
        return self.page

    def run(self, query: str) -> Page:
        run = f"#/experiments/{self._attacked.experiment_id}/runs/{self._attacked.run_id}"
        return self.open(f"{run}?{query}")

    def settle(self) -> None:
        """Wait until the page has asked for nothing for a while, and all it asked for is there."""
        ends = time.monotonic() + PATIENCE / 1_000
        while self._under_way or time.monotonic() - self._changed < QUIET:
            assert time.monotonic() < ends, f"still under way: {self._under_way}"
            self.page.wait_for_timeout(20)

    def expect_nothing_ran(self, violation: str | None = None, *, in_frame: bool = False) -> None:
        """`violation` is the one that is expected; `in_frame` says that a frame runs scripts."""
        self.settle()
        page = self.page
        assert page.evaluate("[window.attacked, window.top.attacked, {}.attacked]") == [None] * 3
        assert page.evaluate("Object.keys(localStorage).filter(key => key == 'attacked')") == []
        assert page.evaluate("document.cookie") == ""
        links: list[str] = page.evaluate(
            "[...document.querySelectorAll('a')].map(link => link.href || 'https://')"
        )
        assert [link for link in links if not link.startswith(SAFE_LINKS)] == []
        made = page.evaluate("document.querySelectorAll('#root script, #root [onerror]').length")
        assert made == 0
        assert (self.foreign, self.dialogs) == ([], [])
        # What fails within a frame that runs scripts is its own business.
        assert in_frame or self.errors == []
        found: list[str] = page.evaluate("window.violations")
        assert {each.partition(" ")[0] for each in found} <= {violation}

    def _note(self, request: Request, *, begins: bool) -> None:
        if request.resource_type not in STREAMS:
            self._changed = time.monotonic()
            (self._under_way.add if begins else self._under_way.discard)(request)

    def _foreign(self, route: Route) -> None:
        self.foreign.append(route.request.url)
        route.abort()

    def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not any(each in text for each in REFUSALS):
            self.errors.append(text)


@pytest.fixture
def suspected(browser: Browser, attacked: Attacked) -> Iterator[Suspected]:
    """A page of its own, for a test after which nothing can be said of it."""
    opened = Suspected(browser, attacked)
    yield opened
    opened.close()


class Wanderer:
    """One page that goes from test to test, so that what an earlier view left running is seen too.

    Where a test left a dialog open, or something that is not to be, there is a new one.
    """

    def __init__(self, browser: Browser, attacked: Attacked) -> None:
        self._browser, self._attacked = browser, attacked
        self._at: Suspected | None = None

    @contextmanager
    def visit(self) -> Iterator[Suspected]:
        if self._at is not None and self._at.page.get_by_role("dialog").count():
            self.close()
        if self._at is None:
            self._at = Suspected(self._browser, self._attacked)
        yield self._at
        try:
            self._at.expect_nothing_ran()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._at is not None:
            self._at.close()
            self._at = None


@pytest.fixture(scope="module")
def wanderer(browser: Browser, attacked: Attacked) -> Iterator[Wanderer]:
    made = Wanderer(browser, attacked)
    yield made
    made.close()


@pytest.fixture
def wandering(wanderer: Wanderer) -> Iterator[Suspected]:
    """The page of all tests that leave nothing behind."""
    with wanderer.visit() as suspected:
        yield suspected


@pytest.mark.parametrize(
    "attack",
    [
        "window.attacked = 1",
        "setTimeout(() => alert(1))",
        f"void fetch('{ELSEWHERE}').catch(() => 0)",
        "document.getElementById('root').append(document.createElement('script'))",
        "document.body.append(Object.assign(document.createElement('a'), {href: 'data:,'}))",
    ],
)
def test_an_attack_would_be_noticed(suspected: Suspected, attack: str) -> None:
    # A page that is still being drawn for the first time throws away what is put into it.
    expect(suspected.page.get_by_text("onerror=").first).to_be_visible()
    suspected.settle()
    suspected.page.evaluate(attack)
    with pytest.raises(AssertionError):
        suspected.expect_nothing_ran()


def test_lists_show_names_as_text(wandering: Suspected, attacked: Attacked) -> None:
    page = wandering.open("#/experiments")
    expect(page.get_by_text("onerror=").first).to_be_visible()
    wandering.expect_nothing_ran()
    page = wandering.open(f"#/experiments/{attacked.experiment_id}?show=tags.team,params.rate")
    expect(page.get_by_text("onerror=").first).to_be_visible()
    wandering.expect_nothing_ran()
    page.keyboard.press("Control+k")
    page.locator(".palette-field input").fill("run")
    wandering.expect_nothing_ran()


@pytest.mark.parametrize("view", VIEWS)
def test_views_of_a_run_show_texts_as_text(wandering: Suspected, view: str) -> None:
    page = wandering.run(f"view={view}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("onerror=")
    wandering.expect_nothing_ran()


def test_consoles_show_lines_as_text(wandering: Suspected) -> None:
    page = wandering.run("view=console")
    log = page.get_by_role("log")
    expect(log).to_contain_text("<script>")
    expect(log.locator(".console-line")).to_have_count(4)
    expect(log.locator("a, img, iframe, script, svg")).to_have_count(0)
    page.get_by_label("Find in the console").fill("onerror=")
    expect(log.locator("mark").first).to_have_text("onerror=")
    wandering.expect_nothing_ran()


def test_notes_have_neither_tags_nor_links_that_act(wandering: Suspected) -> None:
    page = wandering.run("view=overview")
    notes = page.get_by_role("region", name="Notes")
    expect(notes.locator("h2")).to_contain_text("<script>")
    expect(notes.locator("a, img, iframe, script")).to_have_count(0)
    notes.get_by_role("button", name="Edit notes").click()
    notes.get_by_role("button", name="Preview").click()
    expect(notes.locator("h2")).to_contain_text("<script>")
    wandering.expect_nothing_ran()


def test_every_kind_that_is_previewed_is_attacked() -> None:
    text = KINDS.read_text()
    table = text[text.index("const KINDS") : text.index("];\n\n")]
    kinds = re.findall(r'"(\w+)",\s*/(.+)/(i?),?\n?\s*\]', table)
    assert len(kinds) == text[: text.index(";")].count("|") - 1, "text is what no pattern finds"
    for kind, pattern, ignores_case in kinds:
        flags = re.IGNORECASE if ignores_case else 0
        assert any(re.search(pattern, path, flags) for path in files()), kind


@pytest.mark.parametrize("path", list(files()))
def test_previews_run_nothing(wandering: Suspected, path: str) -> None:
    page = wandering.run(f"view=artifacts&path={quote(path)}")
    expect(page.locator(".preview-head")).to_contain_text(path)
    expect(page.locator(".preview > :nth-child(2)")).to_be_visible()
    wandering.expect_nothing_ran()
    for name in ("Tree", "Source", "Model", "Read"):
        button = page.locator(".preview-bar").get_by_role("button", name=name, exact=True)
        if button.count():
            button.click()
            wandering.expect_nothing_ran()


@pytest.mark.parametrize("view", ["table", "images", "code", "files"])
def test_compared_runs_show_texts_as_text(
    wandering: Suspected, attacked: Attacked, view: str
) -> None:
    runs = f"runs={attacked.run_id},{attacked.child_run_id}&rows=all&view={view}"
    for path in ("notes.md", "drawing.svg") if view == "files" else ("",):
        compare = f"#/experiments/{attacked.experiment_id}/compare?{runs}&path={path}"
        page = wandering.open(compare)
        expect(page.get_by_text("onerror=").first).to_be_visible()
        wandering.expect_nothing_ran()


@pytest.mark.parametrize("path", ["escapes.html", "plotly.html"])
def test_scripts_in_the_sandbox_reach_nothing(suspected: Suspected, path: str) -> None:
    page = suspected.run(f"view=artifacts&path={path}")
    frame = page.frame_locator(".preview-frame")
    if path == "escapes.html":
        expect(frame.locator("#told")).to_have_text("no script ran")
    page.get_by_role("button", name="Run scripts in a sandbox").click()
    if path == "escapes.html":
        expect(frame.locator("#told")).to_have_text("scripts ran")
    suspected.expect_nothing_ran(in_frame=True)


def test_a_page_in_the_sandbox_cannot_lead_elsewhere(suspected: Suspected) -> None:
    page = suspected.run("view=artifacts&path=leaves.html")
    page.get_by_role("button", name="Run scripts in a sandbox").click()
    ends = time.monotonic() + PATIENCE / 1_000
    while not page.evaluate("window.violations.length"):
        assert time.monotonic() < ends, "nothing was refused"
        page.wait_for_timeout(50)
    assert ELSEWHERE in page.evaluate("window.violations[0]")
    suspected.expect_nothing_ran("frame-src", in_frame=True)


def test_a_page_opened_by_itself_runs_nothing(suspected: Suspected, attacked: Attacked) -> None:
    address = f"get-artifact?run_id={attacked.run_id}&path=escapes.html&sandbox=scripts"
    page = suspected.open(address)
    expect(page.locator("#told")).to_have_text("no script ran")
    assert (suspected.foreign, suspected.dialogs) == ([], [])


REGISTRY = {
    "#/models": "model <img",
    "#/models/{model}": "onerror=",
    "#/models/{model}?view=history": "onerror=",
    "#/models/{model}/versions/1": "onerror=",
    "#/models/{model}/versions/2": "onerror=",
    "#/models/{model}/versions/2?view=history": "onerror=",
    "#/models/{model}/compare?versions=2,1&rows=all": "onerror=",
    "#/admin/webhooks": "webhook <img",
    "#/admin/webhooks/{webhook}": "webhook <img",
    "#/status": "Server",
}


@pytest.mark.parametrize("address", list(REGISTRY))
def test_pages_of_the_registry_show_texts_as_text(
    wandering: Suspected, attacked: Attacked, address: str
) -> None:
    model = quote(attacked.model, safe="")
    page = wandering.open(address.format(model=model, webhook=attacked.webhook_id))
    expect(page.get_by_text(REGISTRY[address]).first).to_be_visible()
    wandering.expect_nothing_ran()


@pytest.mark.parametrize("page_of", ["", "/versions/1"])
def test_descriptions_have_neither_tags_nor_links_that_act(
    wandering: Suspected, attacked: Attacked, page_of: str
) -> None:
    page = wandering.open(f"#/models/{quote(attacked.model, safe='')}{page_of}")
    description = page.get_by_role("region", name="Description")
    expect(description.locator("h2")).to_contain_text("<script>")
    expect(description.locator("a, img, iframe, script")).to_have_count(0)
    wandering.expect_nothing_ran()


def test_what_is_asked_before_a_move_shows_texts_as_text(
    wandering: Suspected, attacked: Attacked
) -> None:
    page = wandering.open(f"#/models/{quote(attacked.model, safe='')}/versions/2")
    page.get_by_role("button", name="Move", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Canary").first.click()
    expect(dialog.get_by_role("region", name="Gates")).to_contain_text("gate <img")
    wandering.expect_nothing_ran()


def test_a_folder_shows_names_as_text(wandering: Suspected) -> None:
    page = wandering.run("view=artifacts&path=images/")
    expect(page.locator(".preview")).to_contain_text("onerror=")
    wandering.expect_nothing_ran()
