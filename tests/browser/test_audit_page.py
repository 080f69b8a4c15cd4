"""The audit log in the browser: newest first, filtered, paged, exported, verified."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Watched
from tests.browser.signed_in import ADMINISTRATOR, PASSWORD, Controlled, controlled

pytestmark = pytest.mark.browser


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Controlled]:
    with controlled(tmp_path) as served:
        served.post("users/create", username="bob", password=PASSWORD)
        served.post("groups", "v1", name="analysts")
        yield served


def test_the_log_is_filtered_exported_and_verified(
    server: Controlled, watched: Watched, tmp_path: Path
) -> None:
    page = server.open(watched, "#/audit")
    newest = page.get_by_role("row").nth(1)
    expect(newest).to_contain_text("session.create")
    expect(page.get_by_role("row", name="group.create")).to_contain_text("analysts")
    page.get_by_role("row", name="group.create").get_by_role("button", name="group.create").click()
    expect(page.get_by_role("row")).to_have_count(2)
    assert "action=group.create" in page.url
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("textbox", name="Actor").fill("nobody")
    page.get_by_role("textbox", name="Actor").press("Enter")
    expect(page.get_by_role("heading", name="Nothing of that kind happened")).to_be_visible()
    page.get_by_role("button", name="Clear").click()

    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    lines = Path(download.value.path()).read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert {event["action"] for event in events} >= {"group.create", "user.create"}

    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("status")).to_contain_text("The log is whole")
    with closing(sqlite3.connect(tmp_path / "mlruns/millstream.db")) as database, database:
        database.execute("UPDATE audit_events SET actor = 'eve' WHERE action = 'group.create'")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("status")).to_contain_text("The log is broken at entry")


def test_a_long_log_comes_page_by_page(server: Controlled, watched: Watched) -> None:
    for number in range(230):
        server.post("groups", "v1", name=f"group-{number}")
    page = server.open(watched, f"#/audit?actor={ADMINISTRATOR}&action=group.create")
    expect(page.get_by_role("row", name="group-229")).to_be_visible()
    grid = page.get_by_role("grid", name="Audit log")
    expect(grid).to_have_attribute("aria-rowcount", "201")
    grid.press("End")
    expect(grid).to_have_attribute("aria-rowcount", "232")


def test_the_log_is_for_administrators(server: Controlled, watched: Watched) -> None:
    watched.expected.append("status of 403")
    page = server.open(watched, "#/audit", "bob")
    expect(page.get_by_role("alert")).to_contain_text("only administrators")
    page.get_by_role("button", name="Account of bob").click()
    expect(page.get_by_role("menuitem", name="My tokens")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Audit log")).to_have_count(0)
