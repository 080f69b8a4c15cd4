"""Signing in and out, the first administrator, and a server where nobody signs in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched, serving
from tests.browser.signed_in import ADMINISTRATOR, PASSWORD, Controlled, controlled, invitation

pytestmark = pytest.mark.browser
WITHOUT_SESSION = "status of 401"


@pytest.fixture
def unclaimed(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A server without an administrator, and the address that makes one."""
    with serving(tmp_path, "--auth") as address:
        yield address, invitation(tmp_path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Controlled]:
    with controlled(tmp_path) as served:
        yield served


def sign_in(page: Page, name: str, password: str) -> None:
    # Pages that stand there before the server has refused them have fields for names as well.
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_the_first_administrator_is_made_by_the_printed_address(
    unclaimed: tuple[str, str], watched: Watched
) -> None:
    watched.expected += [WITHOUT_SESSION]
    address, printed = unclaimed
    asked = watched.open(f"{address}/#/experiments")
    expect(asked.get_by_role("heading", name="no administrator yet")).to_be_visible()

    page = watched.open(printed)
    expect(page.get_by_role("heading", name="Become the administrator")).to_be_visible()
    secret = printed.partition("#")[2]
    assert secret not in page.url
    assert secret not in page.content()
    page.get_by_label("Name").fill("ada")
    page.get_by_label("New password").fill("correct")
    page.get_by_label("The same again").fill("correct")
    expect(page.get_by_role("alert")).to_contain_text("at least 12")
    expect(page.get_by_role("button", name="Create the account")).to_be_disabled()
    page.get_by_label("New password").fill(PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("not the same")
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("button", name="Account of ada")).to_be_visible()
    assert "first-administrator" not in page.url

    page.go_back()
    assert secret not in page.url
    again = watched.open(printed)
    expect(again.get_by_role("heading", name="Become the administrator")).to_be_visible()
    again.get_by_label("Name").fill("eve")
    again.get_by_label("New password").fill(PASSWORD)
    again.get_by_label("The same again").fill(PASSWORD)
    again.get_by_role("button", name="Create the account").click()
    expect(again.get_by_role("alert")).to_contain_text("administrator")
    watched.expected += ["status of 409"]


def test_whoever_signs_in_sees_the_page_that_was_asked_for(
    server: Controlled, watched: Watched
) -> None:
    watched.expected += [WITHOUT_SESSION]
    page = watched.open(f"{server.address}/#/models?filter=houses")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_role("navigation")).to_have_count(0)
    sign_in(page, ADMINISTRATOR, "not the password")
    expect(page.get_by_role("alert")).to_contain_text("not right")
    expect(page.get_by_label("Name")).to_have_value(ADMINISTRATOR)
    sign_in(page, ADMINISTRATOR, PASSWORD)
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    assert page.url.endswith("#/models?filter=houses")

    page.get_by_role("button", name=f"Account of {ADMINISTRATOR}").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_session_that_ends_elsewhere_asks_again_and_goes_on(
    server: Controlled, watched: Watched
) -> None:
    watched.expected += [WITHOUT_SESSION]
    page = server.open(watched, "#/experiments")
    expect(page.get_by_role("button", name=f"Account of {ADMINISTRATOR}")).to_be_visible()
    page.context.clear_cookies()
    page.get_by_role("link", name="Models").first.click()
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()
    sign_in(page, ADMINISTRATOR, PASSWORD)
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()


def test_changes_are_made_with_the_word_of_the_session(
    server: Controlled, watched: Watched
) -> None:
    page = server.open(watched, "#/experiments?new=1")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("houses")
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="houses")).to_be_visible()


def test_news_come_after_signing_in_without_loading_the_page_again(
    server: Controlled, watched: Watched
) -> None:
    watched.expected += [WITHOUT_SESSION]
    page = watched.open(f"{server.address}/#/experiments")
    sign_in(page, ADMINISTRATOR, PASSWORD)
    expect(page.get_by_role("row", name="Default")).to_be_visible()
    with page.expect_response(re.compile("api/v1/news")):
        page.reload()
    server.post("experiments/create", name="made-elsewhere")
    expect(page.get_by_role("link", name="made-elsewhere")).to_be_visible(timeout=10_000)


def test_where_nobody_signs_in_nothing_tells_of_it(fresh: str, watched: Watched) -> None:
    page = watched.open("about:blank")
    with page.expect_response(re.compile("api/v1/session")):
        page.goto(f"{fresh}/#/experiments")
    expect(page.get_by_role("heading", name="Experiments")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Account of"))).to_have_count(0)
