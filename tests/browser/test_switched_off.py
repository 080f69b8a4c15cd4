"""Pages that a server has with some option only say so where it was started without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Watched
from tests.browser.seed import Seeded

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("place", "heading", "command"),
    [
        ("administration/users", "This server knows no users", "millstream server --auth"),
        ("administration/groups", "This server knows no users", "millstream server --auth"),
        ("administration/roles", "This server knows no users", "millstream server --auth"),
        ("audit", "This server knows no users", "millstream server --auth"),
        ("tokens", "This server knows no users", "millstream server --auth"),
        (
            "administration/workspaces",
            "This server has no workspaces",
            "millstream server --enable-workspaces",
        ),
    ],
)
def test_a_page_says_with_which_option_it_is_there(
    seeded: Seeded, watched: Watched, place: str, heading: str, command: str
) -> None:
    page = watched.open(f"{seeded.address}/#/{place}")
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.get_by_text(command)).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
