"""A person signs in at a provider with a real browser, by http and by https."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import PATIENCE
from tests.certificates import Authority
from tests.openid_provider.process import running_provider
from tests.openid_provider.server import SIGN_IN, signing_in

pytestmark = pytest.mark.browser

SESSION = "/api/v1/session"
PEOPLE = {"subject-1": {"preferred_username": "ada", "groups": ["platform"]}}


def fill_in(page: Page) -> None:
    """The provider's two pages: who it is, and that we may know."""
    page.locator("[name=login]").fill("subject-1")
    page.locator("[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_browser_signs_in(tmp_path: Path, browser: Browser, scheme: str) -> None:
    issued = Authority(tmp_path).issue()
    tls = ("--ssl-certfile", str(issued.both)) if scheme == "https" else ()
    context = browser.new_context(ignore_https_errors=True)
    with running_provider(PEOPLE) as provider, signing_in(tmp_path, provider, *tls) as url:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        # Its page asks another host for a font, which no test may wait for.
        page.route("https://fonts.googleapis.com/**", lambda route: route.abort())
        page.goto(f"{url}{SIGN_IN}?return_to={SESSION}")
        assert page.url.startswith(provider.issuer)
        fill_in(page)
        page.wait_for_url(url + SESSION)
        state = json.loads(page.locator("body").inner_text())
        assert (state["username"], state["is_admin"]) == ("ada", True)
        cookies = {cookie["name"]: cookie for cookie in context.cookies(url)}
        assert not any("millstream-sign-in" in name for name in cookies)
        session = next(cookie for name, cookie in cookies.items() if "millstream-session" in name)
        assert session["httpOnly"] is True
        assert session["secure"] is (scheme == "https")
        page.goto("about:blank")
    context.close()


def test_the_first_administrator_may_come_from_the_provider(
    tmp_path: Path, browser: Browser
) -> None:
    context = browser.new_context()
    with running_provider(PEOPLE) as provider, signing_in(tmp_path, provider) as url:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.route("https://fonts.googleapis.com/**", lambda route: route.abort())
        page.goto(f"{url}/#/models")
        page.get_by_role("link", name="Sign in with your organisation").click()
        fill_in(page)
        page.wait_for_url(f"{url}/#/models")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Models")
        page.goto("about:blank")
    context.close()


def test_a_person_sees_why_not_and_can_try_again(tmp_path: Path, browser: Browser) -> None:
    context = browser.new_context()
    complaints: list[str] = []
    with running_provider(PEOPLE) as provider, signing_in(tmp_path, provider) as url:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.route("https://fonts.googleapis.com/**", lambda route: route.abort())
        page.goto(f"{url}{SIGN_IN}?return_to={SESSION}")
        for slot in range(8):
            context.clear_cookies(name=f"millstream-sign-in-{slot}")
        fill_in(page)
        page.on("console", lambda message: complaints.append(message.text))
        expect(page.get_by_role("heading", level=1)).to_have_text("You are not signed in")
        expect(page.get_by_role("main")).to_contain_text("was not begun in this browser")
        page.reload()
        font = page.evaluate("getComputedStyle(document.body).fontFamily")
        assert "system-ui" in font
        assert [text for text in complaints if "400" not in text] == []
        # The provider knows the person by now, and sends it back at once.
        page.get_by_role("link", name="Sign in again").click()
        page.wait_for_url(url + "/")
        page.goto(url + SESSION)
        assert json.loads(page.locator("body").inner_text())["username"] == "ada"
        page.goto("about:blank")
    context.close()
