"""Tokens in the browser: made, shown once, used, revoked; and the own password changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Watched
from tests.browser.seed_attacks import ALL
from tests.browser.signed_in import ADMINISTRATOR, PASSWORD, Controlled, controlled
from tests.patience import patient_request

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controlled]:
    with controlled(tmp_path_factory.mktemp("tokens")) as served:
        served.post("experiments/create", name="houses")
        served.post("users/create", username="bob", password=PASSWORD)
        yield served


def reads(server: Controlled, secret: str) -> int:
    return patient_request(
        "POST",
        f"{server.address}/api/2.0/mlflow/experiments/search",
        json={"max_results": 10},
        headers={"Authorization": f"Bearer {secret}"},
    ).status


def test_a_token_is_made_shown_once_used_and_revoked(server: Controlled, watched: Watched) -> None:
    watched.expected.append("status of 404")
    page = server.open(watched, "#/tokens")
    expect(page.get_by_role("heading", name="No tokens yet")).to_be_visible()
    page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("nightly")
    dialog.get_by_label("Read", exact=False).first.check()
    limits = dialog.get_by_label("Name of the experiment or model")
    limits.fill("nothing of that name")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("alert")).to_contain_text("nothing of that name")
    limits.fill("houses")
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("button", name="Remove experiment")).to_be_visible()
    dialog.get_by_role("button", name="Create").click()

    expect(dialog).to_contain_text("not shown again")
    secret = dialog.locator("pre").first.inner_text()
    expect(dialog).to_contain_text(f"export MLFLOW_TRACKING_TOKEN={secret}")
    expect(dialog).to_contain_text("millstream login")
    assert reads(server, secret) == 200
    dialog.get_by_role("button", name="I have copied it").click()
    row = page.get_by_role("row", name="nightly")
    expect(row).to_contain_text("Read")
    expect(row).to_contain_text("experiment ")
    assert secret not in page.content()
    page.reload()
    expect(row).to_contain_text("in 29 d")
    assert secret not in page.content()

    row.get_by_role("button", name="Revoke").click()
    dialog.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("heading", name="No tokens yet")).to_be_visible()
    assert reads(server, secret) == 401


def test_what_people_write_is_text(server: Controlled, watched: Watched) -> None:
    page = server.open(watched, "#/tokens?new=1")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill(ALL[:100])
    dialog.get_by_role("button", name="Create").click()
    dialog.get_by_role("button", name="I have copied it").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("<script>")
    assert page.evaluate("window.attacked") is None


def test_the_own_password_is_changed_and_the_page_goes_on(
    server: Controlled, watched: Watched
) -> None:
    watched.expected += ["status of 400", "status of 401"]
    page = server.open(watched, "#/tokens", "bob")
    page.get_by_role("button", name="Change password").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Current password").fill("not the password")
    dialog.get_by_label("New password").fill("another horse battery")
    dialog.get_by_label("The same again").fill("another horse battery")
    dialog.get_by_role("button", name="Change").click()
    expect(dialog.get_by_role("alert")).to_contain_text("not the present one")
    dialog.get_by_label("Current password").fill(PASSWORD)
    dialog.get_by_role("button", name="Change").click()
    expect(page.get_by_text("Your password is changed")).to_be_visible()
    expect(page.get_by_role("button", name="Account of bob")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Signed in as bob")).to_be_visible()


def test_tokens_of_others_are_not_shown(server: Controlled, watched: Watched) -> None:
    watched.expected.append("status of 403")
    server.post("users/create", username="carl", password=PASSWORD)
    page = server.open(watched, f"#/tokens?of={ADMINISTRATOR}", "carl")
    expect(page.get_by_role("alert")).to_contain_text("only administrators")
    expect(page.get_by_role("alert")).to_contain_text("ask one of them")


def test_where_nobody_signs_in_there_are_no_tokens(fresh: str, watched: Watched) -> None:
    page = watched.open(f"{fresh}/#/tokens")
    expect(page.get_by_role("heading", name="This server knows no users")).to_be_visible()
