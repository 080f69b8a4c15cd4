"""The pages below a path of a proxy: nothing is asked for beside it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Watched, serving
from tests.unit.server.reverse_proxy import proxying

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("kept", [False, True], ids=["path taken away", "path kept"])
def test_pages_below_a_path(tmp_path: Path, watched: Watched, kept: bool) -> None:
    options = ("--static-prefix", "/ml") if kept else ("--forwarded-allow-ips", "127.0.0.1")
    told = {} if kept else {"X-Forwarded-Prefix": "/ml"}
    with serving(tmp_path, *options) as server, proxying(server, told, "/ml") as address:
        page = watched.open(f"{address}/")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        expect(page.get_by_role("main")).to_contain_text(f'set_tracking_uri("{address}")')
        page.get_by_role("link", name="Models", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Models")
        page.goto(f"{address}/docs")
        page.get_by_text("Search experiments", exact=False).first.wait_for()
        local = [url for url in asked if urlsplit(url).scheme in ("http", "https")]
        assert len(local) > 5
        assert [url for url in local if not url.startswith(f"{address}/")] == []
        page.goto("about:blank")
