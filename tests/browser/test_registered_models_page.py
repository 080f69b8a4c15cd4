"""The list of models and the page of one: found, made, described, renamed, deleted."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched
from tests.browser.seed_registry import BARE, LIVED, MANY_MODELS, SeededRegistry

pytestmark = pytest.mark.browser


def make_model(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/#/models")
    page.get_by_role("button", name="New model").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_a_new_server_says_how_to_register_the_first_model(fresh: str, watched: Watched) -> None:
    page = watched.open(f"{fresh}/#/models")
    expect(page.get_by_role("heading", name="No registered models yet")).to_be_visible()
    python, command = page.locator("pre").all_inner_texts()
    assert f'set_tracking_uri("{fresh}")' in python
    assert "register_model(" in python
    assert command.startswith("millstream models register --run-id")


def test_models_are_found_by_name_and_by_tag(registry: SeededRegistry, watched: Watched) -> None:
    watched.expected.append("status of 400")
    page = watched.open(f"{registry.address}/#/models")
    expect(page.get_by_text("200+ models")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("HOUSE-PR")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 model", exact=True)).to_be_visible()
    row = page.get_by_role("row", name=LIVED)
    # The latest version, then Production and Staging.
    for at, version in ((1, "5"), (2, "4"), (3, "5")):
        expect(row.get_by_role("gridcell").nth(at)).to_have_text(version)
    expect(row).to_contain_text("@champion 4")
    box = page.get_by_role("textbox", name="Filter")
    box.fill("tags.team = 'team-3' and name like 'model-00%'")
    box.press("Enter")
    expected = sum(number % 7 == 3 for number in range(100))
    expect(page.get_by_text(f"{expected} models")).to_be_visible()
    box.fill("tags.team =")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("A value is missing here")
    assert page.locator(".grid-row").count() > 0, "the rows of before stay"


def test_many_models_scroll_by_pages_and_few_are_drawn(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(f"{registry.address}/#/models?sort=name&filter=model-")
    expect(page.get_by_text("200+ models")).to_be_visible()
    for loaded in range(400, MANY_MODELS, 200):
        page.get_by_role("grid").evaluate("grid => grid.scrollTop = grid.scrollHeight")
        expect(page.get_by_text(f"{loaded}+ models")).to_be_visible()
    page.get_by_role("grid").evaluate("grid => grid.scrollTop = grid.scrollHeight")
    expect(page.get_by_text(f"{MANY_MODELS} models")).to_be_visible()
    page.get_by_role("grid").evaluate("grid => grid.scrollTop = grid.scrollHeight")
    expect(page.get_by_role("link", name=f"model-{MANY_MODELS - 1:04}")).to_be_visible()
    assert page.locator(".grid-row").count() < 80


def test_a_model_opens_by_key_and_by_the_search_box(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(f"{registry.address}/#/experiments")
    expect(page.get_by_role("grid")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=LIVED)).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Control+k")
    page.keyboard.type(LIVED)
    option = page.get_by_role("option", name=LIVED)
    expect(option).to_contain_text("Production 4")
    option.click()
    expect(page.get_by_role("heading", name=LIVED)).to_be_visible()
    expect(page).to_have_title(f"{LIVED} · Models · Millstream")
    page.keyboard.press("Control+k")
    page.keyboard.type(f"models:/{LIVED}/3")
    expect(page.get_by_role("option", name=f"{LIVED} / Version 3")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Version 3")).to_be_visible()


def test_a_model_is_made_described_tagged_renamed_and_deleted(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(f"{registry.address}/#/models")
    make_model(page, registry.address, "fresh model")
    expect(page.get_by_text("No versions yet")).to_be_visible()
    description = page.get_by_role("region", name="Description")
    description.get_by_role("button", name="Say what this model predicts").click()
    page.get_by_role("textbox", name="Description in Markdown").fill(
        "Two\nlines, *both* short\n\n- [the card](https://example.org/card)"
    )
    page.keyboard.press("Control+Enter")
    expect(description.locator("p").first).to_have_text("Two\nlines, both short")
    expect(description.locator("em")).to_have_text("both")
    expect(description.get_by_role("link")).to_have_attribute("href", "https://example.org/card")
    page.get_by_label("Add a tag").fill("team = risk")
    page.get_by_label("Add a tag").press("Enter")
    expect(page.get_by_role("button", name="risk")).to_be_visible()

    page.get_by_role("button", name="Actions for this model").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("older model")
    page.get_by_label("Comment").fill("A better name")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", name="older model")).to_be_visible()
    page.get_by_role("button", name="History").click()
    history = page.get_by_role("region", name="History")
    expect(history).to_contain_text("renamed the model from fresh model to older model")
    expect(history).to_contain_text("A better name")

    page.get_by_role("button", name="Actions for this model").click()
    page.get_by_role("menuitem", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete")).to_be_disabled()
    dialog.get_by_label("Type the name").fill("older model")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="older model")).to_have_count(0)


def test_a_taken_name_is_refused_in_the_dialog(registry: SeededRegistry, watched: Watched) -> None:
    watched.expected.append("status of 400")
    page = watched.open(f"{registry.address}/#/models")
    page.get_by_role("button", name="New model").click()
    page.get_by_label("Name", exact=True).fill(BARE)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("already exists")


def test_what_was_in_use_at_a_moment_is_one_address(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(f"{registry.address}/#/models/{LIVED}?at=2020-01-31T12:00Z")
    then = page.get_by_role("region", name="In use then")
    expect(then).to_contain_text("Nothing")
    expect(page.get_by_label("As it was on")).to_be_visible()
    page.get_by_role("button", name="Now", exact=True).click()
    now = page.get_by_role("region", name="In use now")
    expect(now).to_contain_text("Version 4")
    expect(now).to_contain_text("carla")
    assert "at=" not in page.url


def test_an_alias_is_set_moved_rolled_back_and_removed(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(f"{registry.address}/#/models/{LIVED}")
    aliases = page.get_by_role("region", name="Aliases")
    page.get_by_role("button", name="Set an alias").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Alias").fill("challenger")
    dialog.get_by_label("Version").fill("99")
    expect(dialog).to_contain_text("There is no version 99.")
    dialog.get_by_label("Version").fill("5")
    dialog.get_by_role("button", name="Point to version 5").click()
    row = aliases.locator(".standing-row", has_text="@challenger")
    expect(row).to_contain_text("Version 5")

    row.get_by_role("button", name="Actions for @challenger").click()
    page.get_by_role("menuitem", name="Point elsewhere").click()
    page.get_by_role("dialog").get_by_label("Version").fill("3")
    page.get_by_role("button", name="Point to version 3").click()
    expect(row).to_contain_text("Version 3")

    row.get_by_role("button", name="Actions for @challenger").click()
    page.get_by_role("menuitem", name="Roll back").click()
    expect(page.get_by_role("dialog")).to_contain_text("points to version 5 again")
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(row).to_contain_text("Version 5")

    row.get_by_role("button", name="Actions for @challenger").click()
    page.get_by_role("menuitem", name="Remove").click()
    expect(row).to_have_count(0)


def test_the_history_is_filtered_by_kind_and_version(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(f"{registry.address}/#/models/{LIVED}?view=history")
    history = page.get_by_role("region", name="History")
    page.get_by_role("button", name="Stages", exact=True).click()
    move = history.get_by_role("listitem").filter(has_text="carla moved version 4")
    expect(move).to_contain_text("from Staging to Production")
    expect(move).to_contain_text("and moved version 2 from Production to Archived")
    expect(move).to_contain_text("agreed in the review of Tuesday")
    box = page.get_by_label("Only of version")
    box.fill("1")
    box.press("Enter")
    expect(history.get_by_role("listitem")).to_have_count(2)
    assert "kinds=stages" in page.url
    assert "version=1" in page.url


def test_an_unknown_model_says_so(registry: SeededRegistry, watched: Watched) -> None:
    watched.expected.append("status of 404")
    page = watched.open(f"{registry.address}/#/models/unknown")
    expect(page.get_by_role("alert")).to_contain_text("unknown")


def test_a_long_description_leaves_the_stages_in_sight(
    registry: SeededRegistry, watched: Watched
) -> None:
    page = watched.open(f"{registry.address}/#/models/{registry.absurd}")
    written = page.get_by_role("region", name="What is written")
    expect(written).to_contain_text("ddd")
    assert written.evaluate("part => part.scrollHeight > part.clientHeight")
    expect(page.get_by_role("button", name="In use now")).to_be_in_viewport()
