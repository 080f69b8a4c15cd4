"""Stages in the browser: made, ordered, protected, closed to each other; and brought back."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Watched
from tests.browser.seed import Wire
from tests.browser.seed_registry import LIVED, fill_lived

pytestmark = pytest.mark.browser


def policy(address: str) -> Any:
    with closing(Wire(address)) as wire:
        return json.loads(wire.send("GET", "/api/v1/stages", b""))


def test_a_protected_stage_of_ones_own_is_made_and_undone(fresh: str, watched: Watched) -> None:
    before = policy(fresh)
    page = watched.open(f"{fresh}/#/admin/stages")
    save = page.get_by_role("button", name="Save", exact=True)
    expect(save).to_be_disabled()
    page.get_by_role("button", name="New stage").click()
    page.get_by_label("Name of the new stage").fill("Canary")
    page.get_by_role("button", name="Move Canary up").click()
    page.get_by_label("Canary is protected").check()
    page.get_by_label("From None to Production").uncheck()
    page.get_by_label("Protected aliases").fill("champion")
    save.click()
    page.get_by_role("dialog").get_by_label("Comment").fill("Try before all get it")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("rowheader").nth(2)).to_have_text("Canary")
    expect(save).to_be_disabled()
    made = {stage["name"]: stage for stage in policy(fresh)["stages"]}
    assert list(made) == ["None", "Staging", "Canary", "Production", "Archived"]
    assert made["Canary"]["protected"] is True
    assert made["None"]["next_stages"] == ["Staging", "Canary", "Archived"]
    assert policy(fresh)["protected_aliases"] == ["champion"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("rowheader")).to_have_count(4)
    assert policy(fresh) == before


def test_a_stage_that_holds_versions_cannot_be_left_out(fresh: str, watched: Watched) -> None:
    watched.expected.append("status of 400")
    with closing(Wire(fresh)) as wire:
        fill_lived(wire)
    page = watched.open(f"{fresh}/#/models/{LIVED}")
    expect(page.get_by_role("heading", name=LIVED)).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.get_by_role("link", name="Stages").click()
    page.get_by_role("button", name="Take out Production").click()
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Production")
    dialog.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Discard changes").click()
    expect(page.get_by_role("rowheader", name="Production")).to_be_visible()
