"""The status page: what the server says of itself, asked again while it is seen."""

from __future__ import annotations

from contextlib import closing

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Watched
from tests.browser.seed import Wire

import millstream

pytestmark = pytest.mark.browser


def test_the_server_says_how_it_is_doing(fresh: str, watched: Watched) -> None:
    page = watched.open(f"{fresh}/#/experiments")
    expect(page.get_by_role("grid")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_have_text("All is well")
    server = page.get_by_role("region", name="Server")
    expect(server).to_contain_text(millstream.__version__)
    expect(server).to_contain_text(fresh)
    expect(page.get_by_role("region", name="Database")).to_contain_text("SQLite")
    artifacts = page.get_by_role("region", name="Artifacts")
    expect(artifacts).to_contain_text("Counted", timeout=30_000)

    contents = page.get_by_role("region", name="Contents")
    expect(contents).to_contain_text("Registered models0")
    with closing(Wire(fresh)) as wire:
        wire.post("registered-models/create", name="houses")
    expect(contents).to_contain_text("Registered models1", timeout=30_000)


def test_a_page_that_is_left_asks_no_more(fresh: str, watched: Watched) -> None:
    page = watched.open(f"{fresh}/#/status")
    expect(page.get_by_role("status")).to_have_text("All is well")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_event("request", lambda request: request.url.endswith("/api/v1/status"))
    page.get_by_role("link", name="Stages").click()
    expect(page.get_by_role("table")).to_be_visible()
    asked.clear()
    page.wait_for_timeout(6_000)
    assert [url for url in asked if url.endswith("/status")] == []
