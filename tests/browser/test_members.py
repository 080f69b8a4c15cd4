"""Who may do what with an experiment or a model, as its managers and others see it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Watched
from tests.browser.signed_in import PASSWORD, Controlled, controlled

pytestmark = pytest.mark.browser


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controlled]:
    """An experiment and a model of the administrator; two users, one group."""
    with controlled(tmp_path_factory.mktemp("members")) as served:
        served.post("experiments/create", name="houses")
        served.post("registered-models/create", name="prices")
        served.post("model-versions/create", name="prices", source="s3://models/prices")
        for username in ("bob", "carl"):
            served.post("users/create", username=username, password=PASSWORD)
        served.post("groups", "v1", name="analysts")
        yield served


def test_a_manager_grants_changes_and_takes_back(server: Controlled, watched: Watched) -> None:
    watched.expected += ["status of 404", "status of 403"]
    page = server.open(watched, "#/experiments")
    page.get_by_role("link", name="houses").click()
    page.get_by_role("button", name="You may manage this").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name of the user").fill("nobody")
    dialog.get_by_role("button", name="Grant").click()
    expect(dialog.get_by_role("alert")).to_contain_text("nobody")
    dialog.get_by_label("Name of the user").fill("bob")
    dialog.get_by_role("button", name="Grant").click()
    expect(dialog.get_by_label("Permission of bob")).to_have_value("EDIT")
    # It is emptied once all that follows the grant is here, whatever has been written meanwhile.
    expect(dialog.get_by_label("Name of the user")).to_have_value("")
    dialog.get_by_label("Grant to a").select_option("Group")
    dialog.get_by_label("Name of the group").fill("analysts")
    dialog.get_by_label("Permission", exact=True).select_option("Nothing")
    dialog.get_by_role("button", name="Grant").click()
    expect(dialog.get_by_label("Permission of analysts")).to_have_value("NO_PERMISSIONS")

    place = page.url.partition("/#")[2]
    theirs = server.open(watched, f"#{place}", "bob")
    theirs.get_by_role("button", name="You may edit this").click()
    expect(theirs.get_by_role("dialog")).to_contain_text("ask one of them for more")
    expect(theirs.get_by_role("dialog").get_by_role("button", name="Grant")).to_have_count(0)

    dialog.get_by_label("Permission of bob").select_option("Manager")
    expect(page.get_by_text("“bob” is manager")).to_be_visible()
    theirs.reload()
    expect(theirs.get_by_role("button", name="You may manage this")).to_be_visible()
    dialog.get_by_role("button", name="Take back from bob").click()
    expect(dialog.get_by_label("Permission of bob")).to_have_count(0)
    dialog.get_by_role("button", name="Close").click()
    taken_back = page.get_by_role("status").filter(has_text="Taken back from “bob”")
    taken_back.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="You may manage this").click()
    expect(dialog.get_by_label("Permission of bob")).to_have_value("MANAGE")


def test_what_somebody_may_not_do_is_not_offered(server: Controlled, watched: Watched) -> None:
    page = server.open(watched, "#/models/prices", "carl")
    expect(page.get_by_role("button", name="You may read this")).to_be_visible()
    expect(page.get_by_role("button", name="Actions for this model")).to_have_count(0)
    page.goto(f"{server.address}/#/models/prices/versions/1")
    move = page.get_by_role("button", name="Move")
    expect(move).to_be_disabled()
    expect(move).to_have_attribute(
        "title", "You may read this: only editors may do that. Ask one of its managers."
    )
    expect(page.get_by_role("button", name="Actions for this version")).to_have_count(0)
    mine = server.open(watched, "#/models/prices")
    expect(mine.get_by_role("button", name="You may manage this")).to_be_visible()
    mine.get_by_role("button", name="Actions for this model").click()
    expect(mine.get_by_role("menuitem", name="Delete")).to_be_visible()


def test_lists_offer_what_one_may_and_ask_once(server: Controlled, watched: Watched) -> None:
    found = server.ask("GET", "/api/2.0/mlflow/experiments/get-by-name?experiment_name=houses", {})
    granted = {
        "resource_type": "experiment",
        "resource_id": found["experiment"]["experiment_id"],
        "permission": "EDIT",
        "username": "bob",
    }
    server.post("users/permissions/grant", "3.0/mlflow", **granted)
    asked: list[str] = []
    page = server.open(watched, "#/experiments", "bob")
    # The page of before has asked by now, so that its question is not counted.
    expect(page.get_by_role("link", name="Default")).to_be_visible()
    expect(page.get_by_role("button", name="Actions for Default")).to_have_count(0)
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.get_by_role("link", name="Default")).to_be_visible()
    expect(page.get_by_role("button", name="Actions for Default")).to_have_count(0)
    page.get_by_role("button", name="Actions for houses").click()
    expect(page.get_by_role("menuitem", name="Rename")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Delete")).to_have_count(0)
    assert sum("permissions/own" in url for url in asked) == 1

    page.goto(f"{server.address}/#/models")
    expect(page.get_by_role("link", name="prices")).to_be_visible()
    expect(page.get_by_role("button", name="Actions for prices")).to_have_count(0)
    page.goto(f"{server.address}/#/models/prices")
    for absent in ("Edit description", "Set an alias", "Set a gate"):
        expect(page.get_by_role("button", name=absent)).to_have_count(0)
    expect(page.get_by_label("Add a tag")).to_have_count(0)


def test_who_is_no_administrator_sees_the_stages_and_cannot_change_them(
    server: Controlled, watched: Watched
) -> None:
    page = server.open(watched, "#/admin/stages", "carl")
    expect(page.get_by_role("button", name="New stage")).to_be_disabled()
    expect(page.get_by_role("checkbox", name="Production is protected")).to_be_disabled()
    tabs = page.get_by_role("navigation", name="Admin").get_by_role("link")
    expect(tabs).to_have_text(["Stages"])
    mine = server.open(watched, "#/admin/stages")
    expect(mine.get_by_role("checkbox", name="Production is protected")).to_be_enabled()


def test_members_are_suggested_while_a_name_is_typed(server: Controlled, watched: Watched) -> None:
    page = server.open(watched, "#/models/prices")
    page.get_by_role("button", name="You may manage this").click()
    dialog = page.get_by_role("dialog")
    suggested = dialog.locator("datalist option")
    dialog.get_by_label("Name of the user").fill("AR")
    expect(suggested).to_have_count(1)
    expect(suggested).to_have_attribute("value", "carl")
    dialog.get_by_label("Grant to a").select_option("Group")
    dialog.get_by_label("Name of the group").fill("ana")
    expect(suggested).to_have_count(1)
    expect(suggested).to_have_attribute("value", "analysts")


def test_what_may_not_be_read_is_as_if_it_were_not_there(
    server: Controlled, watched: Watched
) -> None:
    watched.expected.append("status of 404")
    granted = {
        "resource_type": "registered_model",
        "resource_id": "prices",
        "permission": "NO_PERMISSIONS",
        "username": "carl",
    }
    server.post("users/permissions/grant", "3.0/mlflow", **granted)
    hidden = server.open(watched, "#/models/prices", "carl")
    absent = server.open(watched, "#/models/pricey", "carl")
    shown = hidden.get_by_role("alert")
    expect(shown).to_contain_text("prices")
    told = shown.inner_text().replace("prices", "pricey")
    expect(absent.get_by_role("alert")).to_contain_text("pricey")
    assert absent.get_by_role("alert").inner_text() == told
    expect(hidden.get_by_role("button", name="You may")).to_have_count(0)


def test_where_nobody_signs_in_nobody_is_a_member(fresh: str, watched: Watched) -> None:
    page = watched.open(f"{fresh}/#/experiments/0")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("button", name="Views")).to_be_visible()
    expect(page.get_by_role("button", name="You may")).to_have_count(0)
