"""Scripts in names, notes, values and files of every kind never run in the page's origin."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Dialog, Page, Route, expect
from tests.browser.conftest import PATIENCE, WATCH_POLICY, serving
from tests.browser.seed_attacks import ELSEWHERE, Attacked, files, fill_attacks

pytestmark = pytest.mark.browser
KINDS = Path(__file__).parents[2] / "ui/src/data/file_kinds.ts"
VIEWS = ["values", "overview", "charts", "images", "artifacts"]
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
        self.page.goto(f"{attacked.address}/#/experiments")

    def close(self) -> None:
        self._context.close()

    def open(self, address: str) -> Page:
        self.page.goto(f"{self._attacked.address}/{address}")
        return self.page

    def run(self, query: str) -> Page:
        run = f"#/experiments/{self._attacked.experiment_id}/runs/{self._attacked.run_id}"
        return self.open(f"{run}?{query}")

    def expect_nothing_ran(self, violation: str | None = None, *, in_frame: bool = False) -> None:
        """`violation` is the one that is expected; `in_frame` says that a frame runs scripts."""
        self.page.wait_for_load_state("networkidle")
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
    opened = Suspected(browser, attacked)
    yield opened
    opened.close()


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
    suspected.page.evaluate(attack)
    with pytest.raises(AssertionError):
        suspected.expect_nothing_ran()


def test_lists_show_names_as_text(suspected: Suspected, attacked: Attacked) -> None:
    page = suspected.open("#/experiments")
    expect(page.get_by_text("onerror=").first).to_be_visible()
    suspected.expect_nothing_ran()
    page = suspected.open(f"#/experiments/{attacked.experiment_id}?show=tags.team,params.rate")
    expect(page.get_by_text("onerror=").first).to_be_visible()
    suspected.expect_nothing_ran()
    page.keyboard.press("Control+k")
    page.locator(".palette-field input").fill("run")
    suspected.expect_nothing_ran()


@pytest.mark.parametrize("view", VIEWS)
def test_views_of_a_run_show_texts_as_text(suspected: Suspected, view: str) -> None:
    page = suspected.run(f"view={view}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("onerror=")
    suspected.expect_nothing_ran()


def test_notes_have_neither_tags_nor_links_that_act(suspected: Suspected) -> None:
    page = suspected.run("view=overview")
    notes = page.get_by_role("region", name="Notes")
    expect(notes.locator("h2")).to_contain_text("<script>")
    expect(notes.locator("a, img, iframe, script")).to_have_count(0)
    notes.get_by_role("button", name="Edit notes").click()
    notes.get_by_role("button", name="Preview").click()
    expect(notes.locator("h2")).to_contain_text("<script>")
    suspected.expect_nothing_ran()


def test_every_kind_that_is_previewed_is_attacked() -> None:
    text = KINDS.read_text()
    table = text[text.index("const KINDS") : text.index("];\n\n")]
    kinds = re.findall(r'"(\w+)",\s*/(.+)/(i?),?\n?\s*\]', table)
    assert len(kinds) == text[: text.index(";")].count("|") - 1, "text is what no pattern finds"
    for kind, pattern, ignores_case in kinds:
        flags = re.IGNORECASE if ignores_case else 0
        assert any(re.search(pattern, path, flags) for path in files()), kind


@pytest.mark.parametrize("path", list(files()))
def test_previews_run_nothing(suspected: Suspected, path: str) -> None:
    page = suspected.run(f"view=artifacts&path={quote(path)}")
    expect(page.locator(".preview-head")).to_contain_text(path)
    expect(page.locator(".preview > :nth-child(2)")).to_be_visible()
    suspected.expect_nothing_ran()
    for name in ("Tree", "Source", "Model", "Read"):
        button = page.locator(".preview-bar").get_by_role("button", name=name, exact=True)
        if button.count():
            button.click()
            suspected.expect_nothing_ran()


@pytest.mark.parametrize("view", ["table", "images", "code", "files"])
def test_compared_runs_show_texts_as_text(
    suspected: Suspected, attacked: Attacked, view: str
) -> None:
    runs = f"runs={attacked.run_id},{attacked.child_run_id}&rows=all&view={view}"
    for path in ("notes.md", "drawing.svg") if view == "files" else ("",):
        compare = f"#/experiments/{attacked.experiment_id}/compare?{runs}&path={path}"
        page = suspected.open(compare)
        expect(page.get_by_text("onerror=").first).to_be_visible()
        suspected.expect_nothing_ran()


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
    suspected: Suspected, attacked: Attacked, address: str
) -> None:
    model = quote(attacked.model, safe="")
    page = suspected.open(address.format(model=model, webhook=attacked.webhook_id))
    expect(page.get_by_text(REGISTRY[address]).first).to_be_visible()
    suspected.expect_nothing_ran()


@pytest.mark.parametrize("page_of", ["", "/versions/1"])
def test_descriptions_have_neither_tags_nor_links_that_act(
    suspected: Suspected, attacked: Attacked, page_of: str
) -> None:
    page = suspected.open(f"#/models/{quote(attacked.model, safe='')}{page_of}")
    description = page.get_by_role("region", name="Description")
    expect(description.locator("h2")).to_contain_text("<script>")
    expect(description.locator("a, img, iframe, script")).to_have_count(0)
    suspected.expect_nothing_ran()


def test_what_is_asked_before_a_move_shows_texts_as_text(
    suspected: Suspected, attacked: Attacked
) -> None:
    page = suspected.open(f"#/models/{quote(attacked.model, safe='')}/versions/2")
    page.get_by_role("button", name="Move", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Canary").first.click()
    expect(dialog.get_by_role("region", name="Gates")).to_contain_text("gate <img")
    suspected.expect_nothing_ran()


def test_a_folder_shows_names_as_text(suspected: Suspected) -> None:
    page = suspected.run("view=artifacts&path=images/")
    expect(page.locator(".preview")).to_contain_text("onerror=")
    suspected.expect_nothing_ran()
