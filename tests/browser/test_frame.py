"""What is painted before the script has run."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched
from tests.browser.seed import Seeded

pytestmark = pytest.mark.browser

SIZES = [(1440, 900), (390, 844)]
GROUND = "getComputedStyle(document.body).backgroundColor"
DARK = "rgb(17, 20, 23)"


def without_script(page: Page, address: str) -> None:
    """The page as it is while its modules are on their way."""
    page.route("**/assets/*.js", lambda route: route.abort())
    page.goto("about:blank")
    page.goto(address)


@pytest.mark.parametrize("size", SIZES)
def test_the_frame_is_painted_without_the_script_and_does_not_move(
    seeded: Seeded, watched: Watched, size: tuple[int, int]
) -> None:
    watched.expected = ["Failed to load resource"]
    page = watched.open(f"{seeded.address}/#/experiments", size)
    expect(page.get_by_role("link", name="Millstream")).to_be_visible()
    parts = [page.locator(f".{name}") for name in ("rail", "rail-mark", "top-bar")]
    drawn = [part.bounding_box() for part in parts]
    without_script(page, f"{seeded.address}/#/experiments")
    expect(page.locator(".rail-mark path").first).to_be_visible()
    expect(page.get_by_role("link")).to_have_count(0)
    assert [part.bounding_box() for part in parts] == drawn


def test_the_colours_that_were_chosen_are_there_before_the_script(
    seeded: Seeded, watched: Watched
) -> None:
    watched.expected = ["Failed to load resource"]
    page = watched.open(f"{seeded.address}/#/experiments")
    page.get_by_role("button", name="Colours as the system").click()
    page.get_by_role("button", name="Light: change to dark").click()
    expect(page.get_by_role("button", name="Dark: change")).to_be_visible()
    assert page.evaluate(GROUND) == DARK
    without_script(page, f"{seeded.address}/#/experiments")
    assert page.evaluate(GROUND) == DARK
    assert page.locator("html").get_attribute("data-theme") == "dark"


PARTS = ("experiments_page", "runs_page", "run_page", "charts", "grid")


@pytest.mark.parametrize(
    ("place", "parts"),
    [
        ("experiments", {"experiments_page", "grid"}),
        ("experiments/1?filter=x", {"runs_page", "charts", "grid"}),
        ("experiments/1/runs/0a?view=charts", {"run_page", "charts"}),
        ("models", set()),
    ],
)
def test_what_the_address_opens_is_asked_for_beside_the_first_script(
    seeded: Seeded, watched: Watched, place: str, parts: set[str]
) -> None:
    watched.expected = ["Failed to load resource"]
    page = watched.open("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/assets/index-*.js", lambda route: route.abort())
    page.goto(f"{seeded.address}/#/{place}", wait_until="networkidle")
    assert {part for part in PARTS if any(f"/{part}-" in url for url in asked)} == parts
