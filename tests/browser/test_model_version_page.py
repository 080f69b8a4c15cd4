"""From a run to a model in use and back, by clicking; the page of a version; versions compared."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser.clipboard import copied
from tests.browser.conftest import Watched
from tests.browser.seed_registry import FRESH_RUN, LIVED, PRICING, SeededRegistry

pytestmark = pytest.mark.browser


def version_address(registry: SeededRegistry, version: int, query: str = "") -> str:
    return f"{registry.address}/#/models/{LIVED}/versions/{version}{query}"


def move(page: Page, stage: str, comment: str) -> None:
    page.get_by_role("button", name="Move", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=stage).check()
    dialog.get_by_label("Comment").fill(comment)
    dialog.get_by_role("button", name=f"Move to {stage}").click()
    expect(dialog).to_have_count(0)


def test_a_run_becomes_a_version_moves_to_production_and_back(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(
        f"{registry.address}/#/experiments/{registry.experiment_id}/runs/{registry.run_id}"
    )
    for number in (1, 2):
        page.get_by_role("button", name="Register model").click()
        page.get_by_label("Name", exact=True).fill("linear_regression_model")
        page.get_by_label("Comment").fill("From the walkthrough")
        page.get_by_role("button", name="Register", exact=True).click()
        expect(page.get_by_role("heading", name=f"Version {number}")).to_be_visible()
        move(page, "Production", f"Reason {number}")
        page.get_by_role("link", name=FRESH_RUN).click()
        expect(page.get_by_role("link", name=f"linear_regression_model {number}")).to_be_visible()

    page.get_by_role("link", name="linear_regression_model 2").click()
    page.get_by_role("link", name="linear_regression_model", exact=True).click()
    in_use = page.get_by_role("region", name="In use now")
    expect(in_use).to_contain_text("Version 2")
    expect(in_use).not_to_contain_text("Version 1")
    in_use.get_by_role("button", name="Roll back the last change of Production").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Version 2 is in None again")
    expect(dialog).to_contain_text("Version 1 is in Production again")
    dialog.get_by_label("Comment").fill("Too slow in use")
    dialog.get_by_role("button", name="Roll back").click()
    expect(in_use).to_contain_text("Version 1")
    expect(in_use).not_to_contain_text("Version 2")

    page.get_by_role("button", name="History").click()
    changes = page.get_by_role("region", name="History").get_by_role("listitem")
    expect(changes.nth(0)).to_contain_text("Too slow in use")
    expect(changes.nth(0)).to_contain_text("moved version 1 from Archived to Production")
    expect(changes.nth(1)).to_contain_text("moved version 2 from None to Production")
    expect(changes.nth(1)).to_contain_text("and moved version 1 from Production to Archived")
    expect(changes.nth(1)).to_contain_text("Reason 2")
    expect(changes.nth(2)).to_contain_text(f"registered version 2 from the run {FRESH_RUN}")


def test_a_folder_of_a_run_is_registered_from_its_manifest(
    registry: SeededRegistry, watched: Watched
) -> None:
    run = f"#/experiments/{registry.experiment_id}/runs/{registry.run_id}"
    page = watched.open(f"{registry.address}/{run}?view=artifacts&path=kept/MLmodel")
    page.get_by_role("button", name="Register folder").click()
    page.get_by_label("Name", exact=True).fill("kept in a run")
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()
    expect(page.get_by_role("region", name="Signature")).to_contain_text("rooms")
    expect(page.get_by_role("region", name="Made of")).to_contain_text(FRESH_RUN)


def test_what_would_be_archived_is_said_and_can_be_kept(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(version_address(registry, 3))
    page.get_by_role("button", name="Move", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Move")).to_be_disabled()
    dialog.get_by_role("radio", name="Staging").check()
    keep = dialog.get_by_role("checkbox", name="Archive version 5, which is in Staging now")
    expect(keep).to_be_checked()
    keep.uncheck()
    with page.expect_request("**/model-versions/transition-stage") as asked:
        dialog.get_by_role("button", name="Move to Staging").click()
    body = json.loads(asked.value.post_data or "{}")
    assert body == {
        "name": LIVED,
        "version": "3",
        "stage": "Staging",
        "archive_existing_versions": False,
    }
    expect(page.locator(".head-facts")).to_contain_text("Staging")


def test_the_page_shows_what_a_version_was_made_of(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(version_address(registry, 4))
    made_of = page.get_by_role("region", name="Made of")
    for text in ("keen-heron-3", "house prices", "train.py", "houses", "3 requirements"):
        expect(made_of).to_contain_text(text)
    expect(page.get_by_role("region", name="Metrics")).to_contain_text("19.25")
    expect(page.get_by_role("region", name="Params")).to_contain_text("Ridge")
    made_of.get_by_role("button", name="3 requirements").click()
    expect(page.locator(".requirements")).to_contain_text("scikit-learn==1.7.2")
    page.keyboard.press("Escape")
    made_of.get_by_role("link", name="mlflow-artifacts:/").click()
    preview = page.locator(".preview")
    expect(preview.get_by_role("region", name="Signature")).to_contain_text("rooms")
    expect(page.get_by_role("treeitem", name="requirements.txt")).to_be_visible()


def test_the_signature_and_the_commands_fit_the_version(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(version_address(registry, 4))
    signature = page.get_by_role("region", name="Signature")
    expect(signature).to_contain_text("sklearn 1.7.2 · Python 3.12.3")
    expect(signature.get_by_role("row", name="built long no")).to_be_visible()
    expect(signature.get_by_role("row", name="quantile double 0.5")).to_be_visible()
    code = page.get_by_role("region", name="Use it").locator("pre")
    expect(code.nth(0)).to_contain_text(f'set_tracking_uri("{registry.address}")')
    expect(code.nth(0)).to_contain_text(f'load_model("models:/{LIVED}/4")')
    expect(code.nth(1)).to_contain_text(f"millstream models serve -m models:/{LIVED}/4 ")
    expect(code.nth(2)).to_contain_text('"columns":["rooms","distance","built"]')
    page.get_by_role("button", name="@champion", exact=True).click()
    expect(code.nth(1)).to_contain_text(f"models:/{LIVED}@champion")
    page.get_by_role("button", name="Copy code").nth(1).click()
    copied(page, lambda text: f"models:/{LIVED}@champion" in text)


def test_the_page_shows_where_a_version_runs(registry: SeededRegistry, watched: Watched) -> None:
    page = watched.open(version_address(registry, 4))
    part = page.get_by_role("region", name="Deployments")
    expect(part).to_contain_text("2 live")
    for text in (PRICING, "endpoint blue", "by carla", "revision 4", "4140f35c4b28"):
        expect(part).to_contain_text(text)
    link = part.get_by_role("link", name="https://prices.example.com/invocations")
    expect(link).to_have_attribute("rel", "noreferrer noopener")
    expect(part).to_contain_text("tcp://edge-7.example.com:8080")
    expect(part.get_by_role("link")).to_have_count(1)
    part.get_by_role("button", name="Copy the digest of the image").first.click()
    copied(page, lambda text: text.startswith("sha256:4140f35c4b28"))
    expect(part).not_to_contain_text("revision 3")
    part.get_by_role("button", name="Earlier 1").click()
    expect(part).to_contain_text("replaced")
    expect(part).to_contain_text("revision 3")


def test_where_a_version_ran_stays_and_where_it_never_did_is_nothing(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(version_address(registry, 2))
    part = page.get_by_role("region", name="Deployments")
    expect(part).to_contain_text("none live")
    part.get_by_role("button", name="Earlier 2").click()
    expect(part).to_contain_text("ended")
    page.goto(version_address(registry, 5))
    expect(page.get_by_role("region", name="Made of")).to_contain_text("keen-heron-4")
    expect(part).to_have_count(0)


def test_the_table_marks_versions_that_are_live(registry: SeededRegistry, watched: Watched) -> None:
    page = watched.open(f"{registry.address}/#/models/{LIVED}")
    mark = page.locator(".live")
    expect(mark).to_have_text(["2 places"])
    expect(mark).to_have_attribute("title", re.compile(f"of blue on {PRICING}"))


def test_versions_are_selected_by_key_and_compared(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(f"{registry.address}/#/models/{LIVED}")
    expect(page.get_by_role("columnheader", name="mse")).to_be_visible()
    for key in "jxjxc":
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    assert page.url.endswith("versions=5,4")
    table = page.get_by_role("table", name="Comparison")
    mse = table.get_by_role("row", name="mse")
    expect(mse).to_contain_text("17.5")
    expect(mse).to_contain_text("19.25")
    expect(mse).to_contain_text("+1.75 (+10 %)")
    expect(table.get_by_role("row", name="folds")).to_have_count(0)
    page.get_by_role("button", name="All", exact=True).click()
    expect(table.get_by_role("row", name="folds")).to_be_visible()
    page.get_by_label("Add a version").fill("1")
    page.get_by_role("button", name="Add", exact=True).click()
    built = table.get_by_role("row", name="built")
    expect(built.get_by_role("cell").nth(0)).to_have_text("long, optional")
    expect(built.get_by_role("cell").nth(2).locator(".absent")).to_be_visible()


def test_a_version_is_deleted_with_a_reason_that_stays(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(f"{registry.address}/#/models/{registry.absurd}/versions/129")
    page.get_by_role("button", name="Actions for this version").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_label("Comment").fill("Trained on the wrong table")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="Version 128")).to_be_visible()
    expect(page.get_by_role("link", name="Version 129")).to_have_count(0)
    page.get_by_role("button", name="History").click()
    newest = page.get_by_role("region", name="History").get_by_role("listitem").first
    expect(newest).to_contain_text("deleted version 129")
    expect(newest).to_contain_text("Trained on the wrong table")


def test_an_unknown_version_says_so(registry: SeededRegistry, watched: Watched) -> None:
    watched.expected.append("status of 404")
    page = watched.open(version_address(registry, 999))
    expect(page.get_by_role("alert")).to_contain_text("999")
