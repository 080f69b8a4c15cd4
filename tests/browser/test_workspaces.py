"""A server with workspaces: the pages show one of them, and lead into the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Watched, serving

from millstream import connect, settings
from millstream.entities.experiments import CreateExperiment
from millstream.entities.users import Actor
from millstream.entities.workspaces import CreateWorkspace

BY = Actor("the test")


@pytest.fixture
def teams(tmp_path: Path) -> Iterator[str]:
    """The address of a server with the workspaces `default` and `vision`."""
    store = connect.open_store(str(tmp_path / "mlruns"), settings.Settings())
    connect.access_of(store).workspaces.create(CreateWorkspace("vision"), BY).result()
    store.experiments.create(CreateExperiment("of-default")).result()
    store.close()
    with serving(tmp_path, "--enable-workspaces") as url:
        yield url


def test_another_workspace_is_chosen(teams: str, watched: Watched) -> None:
    page = watched.open(f"{teams}/#/experiments")
    expect(page.get_by_text("of-default")).to_be_visible()
    page.get_by_role("button", name="Workspace default: choose another").click()
    page.get_by_role("menuitemradio", name="Workspace vision").click()
    expect(page.get_by_role("button", name="Workspace vision: choose another")).to_be_visible()
    page.goto(f"{teams}/#/experiments")
    page.reload()
    expect(page.get_by_role("button", name="Workspace vision: choose another")).to_be_visible()
    expect(page.get_by_text("of-default")).to_have_count(0)
    page.get_by_role("button", name="Workspace vision: choose another").click()
    page.get_by_role("menuitemradio", name="Workspace default").click()
    expect(page.get_by_role("button", name="Workspace default: choose another")).to_be_visible()
    page.goto(f"{teams}/#/experiments")
    expect(page.get_by_text("of-default")).to_be_visible()


def test_workspaces_are_made_described_and_deleted(teams: str, watched: Watched) -> None:
    watched.expected.append("status of 400")
    page = watched.open(f"{teams}/#/experiments")
    page.get_by_role("button", name="Workspace default: choose another").click()
    page.get_by_role("menuitem", name="All workspaces").click()
    page.get_by_role("button", name="New workspace").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Red Team")
    expect(dialog.get_by_role("alert")).to_contain_text("Lower-case letters")
    expect(dialog.get_by_role("button", name="Create")).to_be_disabled()
    dialog.get_by_label("Name").fill("red-team")
    dialog.get_by_label("Description").fill("Churn")
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Churn")).to_be_visible()

    page.get_by_role("button", name="Actions for red-team").click()
    page.get_by_role("menuitem", name="Edit").click()
    dialog.get_by_label("Description").fill("Churn and pricing")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Churn and pricing")).to_be_visible()

    page.get_by_role("button", name="Actions for red-team").click()
    page.get_by_role("menuitem", name="Show this workspace").click()
    expect(page.get_by_role("button", name="Workspace red-team: choose another")).to_be_visible()
    page.goto(f"{teams}/#/experiments?new=1")
    page.get_by_label("Name", exact=True).fill("mine")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="mine")).to_be_visible()

    page.goto(f"{teams}/#/administration/workspaces")
    page.get_by_role("button", name="Actions for red-team").click()
    page.get_by_role("menuitem", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_role("alert")).to_contain_text("red-team")
    dialog.get_by_label("Delete for good").check()
    expect(dialog.get_by_role("button", name="Delete")).to_be_disabled()
    dialog.get_by_label("Type the name").fill("red-team")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="Workspace default: choose another")).to_be_visible()
    page.goto(f"{teams}/#/administration/workspaces")
    expect(page.get_by_role("button", name="Actions for vision")).to_be_visible()
    expect(page.get_by_role("button", name="Actions for red-team")).to_have_count(0)
    page.get_by_role("button", name="Actions for default").click()
    expect(page.get_by_role("menuitem", name="Edit")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Delete")).to_have_count(0)


def test_a_server_without_workspaces_offers_none(fresh: str, watched: Watched) -> None:
    page = watched.open("about:blank")
    with page.expect_response("**/api/v1/session") as session:
        page.goto(f"{fresh}/#/experiments")
    expect(page.get_by_text("Default")).to_be_visible()
    assert session.value.json().get("workspace") is None  # by which the page knows
    expect(page.get_by_role("button", name="Workspace")).to_have_count(0)
