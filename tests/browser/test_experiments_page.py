"""The list of experiments: found, made, renamed, deleted and brought back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Watched, serving
from tests.browser.seed import Seeded

pytestmark = pytest.mark.browser


def test_experiments_are_listed_and_found_by_name(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments")
    expect(page.get_by_role("link", name="few runs")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("MANY")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("link", name="many runs")).to_be_visible()
    assert page.url.endswith("?name=MANY")


def test_an_experiment_is_made_renamed_deleted_and_brought_back(
    seeded: Seeded, watched: Watched
) -> None:
    page = watched.open(f"{seeded.address}/#/experiments")
    page.get_by_role("button", name="New experiment").click()
    page.get_by_label("Name", exact=True).fill("fresh")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="fresh")).to_be_visible()
    expect(page.get_by_text("No runs yet")).to_be_visible()

    page.get_by_role("link", name="Experiments", exact=True).last.click()
    page.get_by_role("button", name="Actions for fresh").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_label("Name", exact=True).fill("stale")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("link", name="stale")).to_be_visible()

    page.get_by_role("button", name="Actions for stale").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_role("link", name="stale")).to_have_count(0)
    page.get_by_role("status").get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("link", name="stale")).to_be_visible()


def test_a_taken_name_is_refused_in_the_dialog(seeded: Seeded, watched: Watched) -> None:
    watched.expected.append("status of 400")
    page = watched.open(f"{seeded.address}/#/experiments")
    page.get_by_role("button", name="New experiment").click()
    page.get_by_label("Name", exact=True).fill("few runs")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("alert")).to_contain_text("already exists")


@pytest.fixture
def prefixed(tmp_path: Path) -> Iterator[str]:
    """The address of a new server whose pages stand below a prefix."""
    with serving(tmp_path, "--static-prefix", "/ml") as announced:
        yield f"{announced.removesuffix('/ml')}/ml"


def test_a_new_server_shows_how_to_log_the_first_run_below_any_prefix(
    prefixed: str, watched: Watched
) -> None:
    page = watched.open(f"{prefixed}/")
    expect(page.get_by_role("heading", name="Default")).to_be_visible()
    code = page.locator("pre")
    expect(code).to_contain_text(f'millstream.set_tracking_uri("{prefixed}")')
    assert len((code.text_content() or "").splitlines()) == 3


def test_pages_that_come_later_are_found_below_a_prefix(prefixed: str, watched: Watched) -> None:
    page = watched.open(f"{prefixed}/#/status")
    expect(page.get_by_role("status")).to_have_text("All is well")
    expect(page.get_by_role("region", name="Server")).to_contain_text(prefixed)
    page.get_by_role("link", name="Webhooks").click()
    expect(page.get_by_text(f"MILLSTREAM_TRACKING_URI={prefixed}")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page.get_by_text(f'set_tracking_uri("{prefixed}")')).to_be_visible()


def test_the_search_box_and_the_list_of_keys_open_by_key(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.few}")
    expect(page.get_by_role("grid")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("many")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="many runs")).to_be_visible()


def test_a_run_is_found_by_its_id(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments")
    expect(page.get_by_role("grid")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type(seeded.run_id)
    expect(page.get_by_role("option", name="calm-otter-2")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="calm-otter-2")).to_be_visible()


def test_an_experiment_that_there_is_not_is_not_shown_as_empty(
    seeded: Seeded, watched: Watched
) -> None:
    watched.expected.append("status of 404")
    page = watched.open(f"{seeded.address}/#/experiments/987654")
    expect(page.get_by_role("heading", name="The experiment could not be loaded")).to_be_visible()
    expect(page.get_by_text("987654").last).to_be_visible()
    expect(page.get_by_text("No runs yet")).to_have_count(0)


def test_states_that_no_run_has_are_a_filter_too(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments/{seeded.empty}?status=KILLED")
    expect(page.get_by_role("heading", name="No run matches the filter")).to_be_visible()
    page.get_by_role("button", name="Clear the filter").click()
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()
