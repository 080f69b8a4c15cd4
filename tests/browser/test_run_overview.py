"""The overview of a run: notes, origin, children, datasets; and its images by step."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Watched
from tests.browser.seed_files import CHILDREN, COMMIT, SeededFiles

pytestmark = pytest.mark.browser


def address_of(filed: SeededFiles, view: str) -> str:
    run = f"{filed.address}/#/experiments/{filed.experiment_id}/runs/{filed.run_id}"
    return f"{run}?view={view}"


def test_everything_captured_is_told(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed, "overview"))
    about = page.get_by_role("region", name="About")
    commit = about.get_by_role("link", name=COMMIT[:12])
    expect(commit).to_have_attribute(
        "href", f"https://github.com/example/residuals/commit/{COMMIT}"
    )
    expect(commit).to_have_attribute("rel", "noopener noreferrer")
    for text in ("Finished", "1 min 30 s", "ann", "projects/train.py", "main", filed.run_id):
        expect(about).to_contain_text(text)
    datasets = page.get_by_role("region", name="Datasets")
    for text in ("houses", "train", "5000 rows", "distance"):
        expect(datasets).to_contain_text(text)
    link = datasets.get_by_role("link", name="https://example.org/houses.csv")
    expect(link).to_be_visible()


def test_children_lead_to_their_pages_and_back(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed, "overview"))
    children = page.get_by_role("region", name="Child runs")
    expect(children.get_by_role("row")).to_have_count(CHILDREN + 1)
    expect(children.get_by_role("row", name="fold-2")).to_contain_text("0.75")
    children.get_by_role("link", name="fold-1").click()
    expect(page.get_by_role("heading", name="fold-1")).to_be_visible()
    page.get_by_role("button", name="Overview").click()
    page.get_by_role("region", name="About").get_by_role("link", name="calm-otter-0").click()
    expect(page.get_by_role("heading", name="calm-otter-0")).to_be_visible()


def test_notes_are_written_in_markdown_and_brought_back(
    filed: SeededFiles, watched: Watched
) -> None:
    run = f"{filed.address}/#/experiments/{filed.experiment_id}/runs/{filed.other_run_id}"
    page = watched.open(f"{run}?view=overview")
    notes = page.get_by_role("region", name="Notes")
    notes.get_by_role("button", name="Write notes").click()
    page.keyboard.type("A **bold** claim")
    notes.get_by_role("button", name="Preview").click()
    expect(notes.locator("strong")).to_have_text("bold")
    notes.get_by_role("button", name="Write").click()
    page.get_by_label("Notes in Markdown").press("Control+Enter")
    expect(notes.locator("strong")).to_have_text("bold")
    page.reload()
    expect(notes.locator("strong")).to_have_text("bold")
    notes.get_by_role("button", name="Edit notes").click()
    page.get_by_label("Notes in Markdown").fill("")
    notes.get_by_role("button", name="Save").click()
    expect(notes.locator("strong")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(notes.locator("strong")).to_have_text("bold")


def test_notes_show_images_of_the_run_only(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed, "overview"))
    notes = page.get_by_role("region", name="Notes")
    image = notes.get_by_role("img", name="Residuals")
    expect(image).to_have_js_property("naturalWidth", 320)
    expect(notes.get_by_role("link", name="the page")).to_have_attribute(
        "rel", "noopener noreferrer nofollow"
    )


def test_images_follow_the_slider(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed, "images"))
    expect(page.get_by_role("img", name="attention at step 20")).to_be_visible()
    page.get_by_role("button", name="Step before").click()
    expect(page.get_by_role("img", name="samples/digits at step 10")).to_be_visible()
    assert "image_step=10" in page.url
    page.get_by_role("slider", name="Step").press("Home")
    expect(page.get_by_role("img", name="attention at step 0")).to_be_visible()
    page.get_by_label("Find images").fill("digits")
    expect(page.get_by_role("img", name="attention at step 0")).to_have_count(0)


def test_measurements_of_the_machine_have_charts_of_their_own(
    filed: SeededFiles, watched: Watched
) -> None:
    page = watched.open(address_of(filed, "charts"))
    expect(page.get_by_role("img", name="loss")).to_be_visible()
    expect(page.locator(".chart-card")).to_have_count(1)
    page.get_by_role("button", name="System", exact=True).click()
    expect(page.get_by_role("img", name="system/cpu_utilization_percentage")).to_be_visible()
    expect(page.locator(".chart-card")).to_have_count(1)
