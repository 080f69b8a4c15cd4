"""The pages about access at two sizes in both themes: they fit, and axe agrees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched
from tests.browser.seed_access import fill_access
from tests.browser.signed_in import Controlled, controlled
from tests.browser.test_accessibility import AXE, change_theme, findings
from tests.browser.test_looks import PICTURES, THEMES

pytestmark = pytest.mark.browser
LONG = "a.name-of-many-letters" * 8
SIZES = [(1280, 720), (390, 844)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controlled]:
    """A little of everything, with a name that is too long for any place."""
    with controlled(tmp_path_factory.mktemp("looks")) as served:
        assert fill_access(served, LONG) == "1"
        yield served


PLACES = {
    "tokens": ("#/tokens", "nightly"),
    "token-new": ("#/tokens?new=1", "Only for"),
    "users": ("#/administration/users", "bob"),
    "user-new": ("#/administration/users?new=1", "Service account"),
    "groups": ("#/administration/groups", "Who looks at numbers"),
    "roles": ("#/administration/roles", "Manager of all models"),
    "audit": ("#/audit", "role.assign"),
}


@contextmanager
def judged(page: Page, name: str, size: tuple[int, int]) -> Iterator[None]:
    """What the page looks like at the end, in both themes: fits, and axe agrees."""
    yield
    page.wait_for_load_state("networkidle")
    PICTURES.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        change_theme(page, theme)
        page.screenshot(path=PICTURES / f"access-{name}-{size[0]}-{theme}.png")
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{name} is {overflow} pixels too wide in the {theme} theme"
        if AXE.is_file():
            assert findings(page, AXE.read_text()) == [], f"{name}, {theme}"
    page.emulate_media(color_scheme=THEMES[0])


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_pages_fit_and_are_accessible(
    server: Controlled, watched: Watched, size: tuple[int, int]
) -> None:
    page = server.open(watched, "#/tokens", size=size)
    for name, (place, shown) in PLACES.items():
        with judged(page, name, size):
            page.goto(f"{server.address}/{place}")
            expect(page.get_by_text(shown).first).to_be_visible()
    with judged(page, "members", size):
        page.goto(f"{server.address}/#/experiments/1")
        page.get_by_role("button", name="You may manage this").click()
        expect(page.get_by_role("list", name="Members")).to_be_visible()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_signing_in_fits_and_is_accessible(
    server: Controlled, watched: Watched, size: tuple[int, int]
) -> None:
    watched.expected.append("status of 401")
    page = watched.open(f"{server.address}/#/models", size)
    with judged(page, "sign-in", size):
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.get_by_label("Name").fill("bob")
        page.get_by_label("Password").fill("not it")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
    page.goto(f"{server.address}/first-administrator")
    with judged(page, "first-administrator", size):
        expect(page.get_by_role("heading", name="This address is not whole")).to_be_visible()
