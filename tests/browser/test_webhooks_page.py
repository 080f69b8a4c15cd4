"""Webhooks in the browser: made, tried, told of an event, dead, replayed, paused, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched, serving
from tests.browser.seed import Wire
from tests.unit.outbound.receiver import Receiver, answer

pytestmark = pytest.mark.browser


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    yield listening
    listening.close()


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with leave to call receivers on this machine."""
    monkeypatch.setenv("MILLSTREAM_WEBHOOK_ALLOWED_SCHEMES", "http")
    monkeypatch.setenv("MILLSTREAM_WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")
    with serving(tmp_path) as served:
        yield served


def make_webhook(page: Page, receiver: Receiver) -> None:
    page.get_by_role("button", name="New webhook").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("deploy")
    dialog.get_by_label("Address").fill(f"http://127.0.0.1:{receiver.port}/hook")
    dialog.get_by_role("group", name="Models").get_by_label("created").check()
    dialog.get_by_label("Secret").fill("correct horse")
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="deploy")).to_be_visible()


def test_a_webhook_is_made_tried_and_told_of_events(
    address: str, receiver: Receiver, watched: Watched
) -> None:
    page = watched.open(f"{address}/#/admin/webhooks")
    expect(page.get_by_text(f"MILLSTREAM_TRACKING_URI={address}")).to_be_visible()
    make_webhook(page, receiver)
    expect(page.get_by_text("What is sent is signed with a secret")).to_be_visible()
    assert "correct horse" not in page.content()

    page.get_by_role("button", name="Send a sample").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Event").select_option("registered_model.created")
    dialog.get_by_role("button", name="Send", exact=True).click()
    expect(dialog.get_by_role("status")).to_contain_text("The receiver answered 200")
    expect(dialog.get_by_role("status")).to_contain_text("thanks")
    assert receiver.received[0].headers["X-MLflow-Signature"].startswith("v1,")
    dialog.get_by_role("button", name="Close").last.click()

    with closing(Wire(address)) as wire:
        wire.post("registered-models/create", name="houses")
    row = page.get_by_role("row", name="registered_model.created")
    expect(row).to_contain_text("Delivered", timeout=20_000)
    row.get_by_role("button", name="registered_model.created").click()
    expect(dialog.get_by_role("region", name="Sent", exact=True)).to_contain_text("houses")
    expect(dialog.get_by_role("region", name="Answered 200")).to_contain_text("thanks")
    page.reload()
    expect(dialog.get_by_role("region", name="Sent", exact=True)).to_contain_text("houses")


def test_what_was_given_up_is_replayed(address: str, receiver: Receiver, watched: Watched) -> None:
    receiver.behave = answer(404, b"gone away")
    page = watched.open(f"{address}/#/admin/webhooks")
    make_webhook(page, receiver)
    with closing(Wire(address)) as wire:
        wire.post("registered-models/create", name="houses")
    receiver.wait()
    page.get_by_role("button", name="Dead", exact=True).click()
    row = page.get_by_role("row", name="registered_model.created")
    expect(row).to_contain_text("404", timeout=20_000)
    receiver.behave = answer()
    page.get_by_role("button", name="Replay the dead").click()
    expect(page.get_by_text("1 delivery is on the way again")).to_be_visible()
    receiver.wait()
    page.get_by_role("button", name="Delivered", exact=True).click()
    expect(row).to_contain_text("200", timeout=20_000)
    page.get_by_role("button", name="Replay the dead").click()
    expect(page.get_by_text("Nothing is dead")).to_be_visible()


def test_a_webhook_is_edited_paused_and_deleted(
    address: str, receiver: Receiver, watched: Watched
) -> None:
    watched.expected.append("status of 400")
    page = watched.open(f"{address}/#/admin/webhooks")
    make_webhook(page, receiver)
    actions = page.get_by_role("button", name="Actions for this webhook")
    actions.click()
    page.get_by_role("menuitem", name="Edit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Address").fill("ftp://127.0.0.1/hook")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("ftp")
    dialog.get_by_label("Address").fill(f"http://127.0.0.1:{receiver.port}/other")
    dialog.get_by_label("Remove the secret").check()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("What is sent is not signed")).to_be_visible()
    expect(page.locator(".wide-fact")).to_contain_text("/other")

    actions.click()
    page.get_by_role("menuitem", name="Pause").click()
    facts = page.locator(".head-facts")
    expect(facts).to_contain_text("Paused")
    page.get_by_role("button", name="Undo").click()
    expect(facts).to_contain_text("Active")

    actions.click()
    page.get_by_role("menuitem", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No webhooks yet")).to_be_visible()
