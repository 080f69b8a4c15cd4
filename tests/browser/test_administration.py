"""Users, groups and roles in the browser, as administrators keep them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched
from tests.browser.seed_attacks import ALL
from tests.browser.signed_in import ADMINISTRATOR, PASSWORD, Controlled, controlled
from tests.patience import patient_request

from millstream import connect, settings
from millstream.entities import users as u
from millstream.testing.access import BY

pytestmark = pytest.mark.browser


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controlled]:
    with controlled(tmp_path_factory.mktemp("administration")) as served:
        yield served


def signs_in(server: Controlled, username: str, password: str = PASSWORD) -> bool:
    address = f"{server.address}/api/v1/session"
    fields = {"username": username, "password": password}
    return patient_request("POST", address, json=fields).status == 200


def act(page: Page, username: str, entry: str) -> None:
    page.get_by_role("button", name=f"Actions for {username}").click()
    page.get_by_role("menuitem", name=entry).click()


def test_an_account_at_a_provider_is_shown_and_unlinked(tmp_path: Path, watched: Watched) -> None:
    store = connect.open_store(str(tmp_path / "mlruns"), settings.Settings())
    users = connect.access_of(store).users
    users.create(u.CreateUser("bob"), BY).result()
    users.link(u.LinkUser("bob", "https://login.example.com/realm", "subject-7"), BY).result()
    store.close()
    with controlled(tmp_path) as server:
        page = server.open(watched, "#/administration/users")
        row = page.get_by_role("row", name="bob")
        expect(row).to_contain_text("subject-7 login.example.com")
        act(page, "bob", "Unlink from login.example.com")
        page.get_by_role("dialog").get_by_role("button", name="Unlink").click()
        expect(row).not_to_contain_text("subject-7")
        page.goto("about:blank")  # the stream of news ends before the server does


def test_a_user_is_made_promoted_shut_out_and_deleted(server: Controlled, watched: Watched) -> None:
    watched.expected.append("status of 400")
    page = server.open(watched, "#/experiments")
    page.get_by_role("button", name=f"Account of {ADMINISTRATOR}").click()
    page.get_by_role("menuitem", name="Administration").click()
    page.get_by_role("button", name="New user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("bob")
    dialog.get_by_label("New password").fill(PASSWORD)
    dialog.get_by_label("The same again").fill(PASSWORD)
    dialog.get_by_role("button", name="Create").click()
    row = page.get_by_role("row", name="bob")
    expect(row).to_contain_text("by password")
    assert signs_in(server, "bob")

    act(page, "bob", "Make administrator")
    expect(row).to_contain_text("Administrator")
    page.get_by_role("button", name="Undo").last.click()
    expect(row).not_to_contain_text("Administrator")

    act(page, "bob", "Shut out")
    expect(row).to_contain_text("Shut out")
    assert not signs_in(server, "bob")
    act(page, "bob", "Let in again")
    expect(row).to_contain_text("Active")

    act(page, "bob", "Set another password")
    dialog.get_by_label("New password").fill("another horse battery")
    dialog.get_by_label("The same again").fill("another horse battery")
    dialog.get_by_role("button", name="Set").click()
    expect(page.get_by_text("has another password")).to_be_visible()
    assert signs_in(server, "bob", "another horse battery")
    assert not signs_in(server, "bob")

    act(page, "bob", "Delete")
    dialog.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def test_the_last_administrator_stays(server: Controlled, watched: Watched) -> None:
    watched.expected.append("status of 4")
    page = server.open(watched, "#/administration/users")
    act(page, ADMINISTRATOR, "No longer administrator")
    expect(page.get_by_role("alert")).to_contain_text("administrator")
    expect(page.get_by_role("row", name=ADMINISTRATOR)).to_contain_text("Administrator")


def test_a_service_account_is_made_with_a_token(server: Controlled, watched: Watched) -> None:
    page = server.open(watched, "#/administration/users?new=1")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("ci-bot")
    dialog.get_by_label("Service account").check()
    expect(dialog.get_by_label("New password")).to_have_count(0)
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Tokens of ci-bot")).to_be_visible()
    page.get_by_role("button", name="New token").click()
    dialog.get_by_label("Name", exact=True).fill("nightly")
    dialog.get_by_role("button", name="Create").click()
    secret = dialog.locator("pre").first.inner_text()
    answer = patient_request(
        "GET",
        f"{server.address}/api/2.0/mlflow/users/current",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.json()["user"]["username"] == "ci-bot"


def test_a_group_has_members_and_another_name(server: Controlled, watched: Watched) -> None:
    watched.expected.append("status of 404")
    for name in ("bob", "carl"):
        server.post("users/create", username=name, password=PASSWORD)
    page = server.open(watched, "#/administration/groups")
    expect(page.get_by_role("heading", name="No groups yet")).to_be_visible()
    page.get_by_role("button", name="New group").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("analysts")
    dialog.get_by_role("button", name="Create").click()
    field = page.get_by_label("New member of analysts")
    field.fill("nobody")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("nobody")
    for name in ("bob", "carl"):
        field.fill(name)
        field.press("Enter")
        expect(page.get_by_role("list", name="Members of analysts")).to_contain_text(name)
        expect(field).to_have_value("")  # which it is later, whatever has been written meanwhile
    page.get_by_role("button", name="Remove bob from analysts").click()
    expect(page.get_by_role("list", name="Members of analysts")).not_to_contain_text("bob")
    page.get_by_role("button", name="Edit analysts").click()
    dialog.get_by_label("Name").fill("readers")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("list", name="Members of readers")).to_contain_text("carl")
    page.get_by_role("button", name="Delete readers").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No groups yet")).to_be_visible()


def test_a_role_permits_and_is_given(server: Controlled, watched: Watched) -> None:
    server.post("users/create", username="bob", password=PASSWORD)
    server.post("registered-models/create", name="prices")
    page = server.open(watched, "#/administration/roles?new=1")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("reviewers")
    dialog.get_by_role("button", name="Create").click()
    page.get_by_label("Permission that reviewers gets").select_option("Manager")
    page.get_by_label("Of what kind").select_option("Model")
    page.get_by_role("button", name="Permit").click()
    expect(page.get_by_role("list", name="Permissions of reviewers")).to_contain_text("all models")
    page.get_by_label("Who gets reviewers", exact=True).fill("bob")
    page.get_by_label("Who gets reviewers", exact=True).press("Enter")
    expect(page.get_by_role("list", name="Who has reviewers")).to_contain_text("bob")

    theirs = server.open(watched, "#/models/prices", "bob")
    expect(theirs.get_by_role("button", name="You may manage this")).to_be_visible()
    page.get_by_role("button", name="Take reviewers from bob").click()
    expect(page.get_by_role("list", name="Who has reviewers")).to_have_count(0)
    theirs.reload()
    expect(theirs.get_by_role("button", name="You may read this")).to_be_visible()


def test_what_people_write_is_text(server: Controlled, watched: Watched) -> None:
    written = ALL[:120]
    server.post("groups", "v1", name="g", description=written)
    server.post("roles/create", "3.0/mlflow", name="r", description=written)
    for noun in ("groups", "roles"):
        page = server.open(watched, f"#/administration/{noun}")
        expect(page.get_by_text("<script>")).to_be_visible()
        assert page.evaluate("window.attacked") is None


def test_others_are_told_that_this_is_for_administrators(
    server: Controlled, watched: Watched
) -> None:
    watched.expected.append("status of 403")
    server.post("users/create", username="bob", password=PASSWORD)
    for noun in ("users", "groups", "roles"):
        page = server.open(watched, f"#/administration/{noun}", "bob")
        expect(page.get_by_role("alert")).to_contain_text("only administrators")
        tabs = page.get_by_role("navigation", name="Admin").get_by_role("link")
        expect(tabs).to_have_text(["Stages"])
