"""A protected stage: the gates speak first, one asks, another approves, both are in the history."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched, serving
from tests.browser.seed import Wire
from tests.browser.seed_registry import LIVED, fill_lived

pytestmark = pytest.mark.browser
GATE = {
    "gate": "good enough",
    "rule": "metric_threshold",
    "stages": ["Production"],
    "metric": "mse",
    "comparison": "<=",
    "threshold": 18,
}


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """A server whose Production is protected, and a model whose versions 1 to 4 miss a gate."""
    with serving(tmp_path) as address, closing(Wire(address)) as wire:
        fill_lived(wire)
        stages = [{"name": "Staging"}, {"name": "Production", "protected": True}]
        wire.send("PUT", "/api/v1/stages", json.dumps({"stages": stages}).encode())
        wire.send("POST", "/api/v1/gates", json.dumps({"name": LIVED, "gate": GATE}).encode())
        yield address


def act_as(page: Page, user: str) -> None:
    token = base64.b64encode(f"{user}:".encode()).decode()
    page.set_extra_http_headers({"Authorization": f"Basic {token}"})


def test_one_asks_and_another_approves(guarded: str, watched: Watched) -> None:
    watched.expected.append("status of 403")
    page = watched.open(f"{guarded}/#/models/{LIVED}/versions/3")
    act_as(page, "ann")
    page.get_by_role("button", name="Move", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Production").check()
    expect(dialog.get_by_role("region", name="Gates")).to_contain_text("good enough expects mse <=")
    expect(dialog).to_contain_text("Production is protected")
    dialog.get_by_role("button", name="Cancel").click()

    page.goto(f"{guarded}/#/models/{LIVED}/versions/5")
    page.get_by_role("button", name="Move", exact=True).click()
    dialog.get_by_role("radio", name="Production").check()
    expect(dialog.get_by_role("region", name="Gates")).to_contain_text("All gates pass")
    dialog.get_by_label("Comment").fill("The fairness report is in")
    dialog.get_by_role("button", name="Ask to move to Production").click()
    waiting = page.get_by_role("region", name="Waiting for approval")
    expect(waiting).to_contain_text("ann asks to move version 5 from Staging to Production")
    expect(waiting).to_contain_text("The fairness report is in")

    waiting.get_by_role("button", name="Approve").click()
    dialog.get_by_role("button", name="Approve").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Let somebody else approve it")
    dialog.get_by_role("button", name="Cancel").click()

    act_as(page, "ben")
    page.goto(f"{guarded}/#/models/{LIVED}")
    waiting.get_by_role("button", name="Approve").click()
    dialog.get_by_label("Comment").fill("Read it, agreed")
    dialog.get_by_role("button", name="Approve").click()
    expect(waiting).to_have_count(0)
    expect(page.get_by_role("region", name="In use now")).to_contain_text("Version 5")
    page.get_by_role("button", name="History").click()
    newest = page.get_by_role("region", name="History").get_by_role("listitem").first
    expect(newest).to_contain_text("ben approved the request to move version 5 to Production")
    expect(newest).to_contain_text("moved version 5 from Staging to Production")
    expect(newest).to_contain_text("Read it, agreed")


def test_a_request_is_refused_with_a_reason(guarded: str, watched: Watched) -> None:
    page = watched.open(f"{guarded}/#/models/{LIVED}/versions/5")
    act_as(page, "ann")
    page.get_by_role("button", name="Move", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Production").check()
    dialog.get_by_role("button", name="Ask to move to Production").click()
    waiting = page.get_by_role("region", name="Waiting for approval")
    waiting.get_by_role("button", name="Actions for the request of ann").click()
    page.get_by_role("menuitem", name="Refuse").click()
    dialog.get_by_label("Comment").fill("Not before the holidays")
    dialog.get_by_role("button", name="Refuse").click()
    expect(waiting).to_have_count(0)
    expect(page.locator(".head-facts")).to_contain_text("Staging")
    page.get_by_role("button", name="History").click()
    newest = page.get_by_role("region", name="History").get_by_role("listitem").first
    expect(newest).to_contain_text("refused the request to move version 5 to Production")
    expect(newest).to_contain_text("Not before the holidays")


def test_a_gate_is_set_shown_changed_and_removed(guarded: str, watched: Watched) -> None:
    page = watched.open(f"{guarded}/#/models/{LIVED}")
    gates = page.get_by_role("region", name="Gates")
    expect(gates).to_contain_text("mse <= 18")
    page.get_by_role("button", name="Set a gate").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("beats the champion")
    dialog.get_by_label("Rule").select_option("metric_against_champion")
    expect(dialog.get_by_role("button", name="Set")).to_be_disabled()
    dialog.get_by_role("textbox", name="Metric").fill("r2")
    dialog.get_by_role("textbox", name="By at least").fill("0.01")
    dialog.get_by_role("button", name="Set").click()
    expect(gates).to_contain_text("r2 higher than the champion")
    expect(gates).to_contain_text("by at least 0.01")

    page.get_by_role("button", name="Actions for the gate good enough").click()
    page.get_by_role("menuitem", name="Change").click()
    dialog.get_by_role("textbox", name="Number").fill("17")
    dialog.get_by_role("button", name="Change").click()
    expect(gates).to_contain_text("mse <= 17")
    page.get_by_role("button", name="Actions for the gate good enough").click()
    page.get_by_role("menuitem", name="Remove").click()
    expect(gates).not_to_contain_text("good enough")
    page.get_by_role("button", name="Undo").click()
    expect(gates).to_contain_text("mse <= 17")

    page.goto(f"{guarded}/#/models/{LIVED}/compare?versions=4,5")
    mse = page.get_by_role("table", name="Comparison").get_by_role("row", name="mse")
    expect(mse.get_by_role("cell").nth(1)).to_contain_text("9.09 %")
    expect(mse.get_by_role("cell").nth(1)).to_contain_text("better")
