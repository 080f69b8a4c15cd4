"""The files of a run: their tree, and a preview for every kind."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Request, expect
from tests.browser.clipboard import copied
from tests.browser.conftest import Watched
from tests.browser.seed_files import PARQUET_ROWS, SeededFiles, files
from tests.browser.seed_registry import SeededRegistry

pytestmark = pytest.mark.browser


def address_of(filed: SeededFiles, path: str = "") -> str:
    run = f"{filed.address}/#/experiments/{filed.experiment_id}/runs/{filed.run_id}"
    return f"{run}?view=artifacts&path={path}"


def preview_of(page: Page) -> Locator:
    return page.locator(".preview")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("config.yaml", "depth"),
        ("data/houses.csv", "=1+1"),
        ("data/houses-zstd.parquet", "street 0"),
        ("data/houses-gzip.parquet", "street 0"),
        ("data/houses-brotli.parquet", "compressed by BROTLI"),
        ("empty.txt", "The file is empty"),
        ("model/MLmodel", "sklearn"),
        ("model/model.pkl", "80 04 95 00"),
        ("notebook.ipynb", "ZeroDivisionError"),
        ("report.md", "What this run is"),
        ("result.json", "12345678901234567890"),
        ("table.json", "question 4"),
        ("train.py", "import millstream"),
    ],
)
def test_files_are_shown_by_their_kind(
    filed: SeededFiles, watched: Watched, path: str, shown: str
) -> None:
    page = watched.open(address_of(filed))
    for part in path.split("/"):
        page.get_by_role("treeitem", name=re.compile(re.escape(part))).first.click()
    expect(preview_of(page)).to_contain_text(shown)
    assert page.url.endswith(f"path={path}")


def test_the_tree_is_walked_by_keys_and_searched(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed))
    tree = page.get_by_role("tree")
    page.get_by_role("treeitem", name="data").wait_for()
    tree.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.get_by_role("treeitem", name="houses-brotli").wait_for()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("houses-brotli")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("treeitem", name="houses-brotli")).to_have_count(0)
    page.keyboard.press("f")
    page.keyboard.type("model req")
    expect(page.get_by_role("treeitem")).to_have_count(1)
    page.get_by_role("treeitem", name="model/requirements.txt").click()
    expect(preview_of(page)).to_contain_text("scikit-learn==1.7.2")
    page.get_by_label("Find files").fill("no such file")
    expect(page.get_by_text("No path contains “no such file”")).to_be_visible()


def test_a_link_to_a_file_shows_where_it_is(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed, "model/MLmodel"))
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("MLmodel")
    preview_of(page).get_by_role("button", name="requirements.txt").click()
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("requirements.txt")


def test_files_of_logged_models_stand_beside_those_of_the_run(
    registry: SeededRegistry, watched: Watched
) -> None:
    run = f"{registry.address}/#/experiments/{registry.experiment_id}/runs/{registry.run_id}"
    page = watched.open(f"{run}?view=overview")
    models = page.get_by_role("region", name="Models")
    models.get_by_role("button", name="Files").click()
    preview = preview_of(page)
    expect(preview.get_by_role("region", name="Signature")).to_contain_text("rooms")
    expect(preview).to_contain_text(f'load_model("models:/{registry.model_id}")')
    expect(preview.get_by_role("button", name="Register model")).to_be_visible()
    model = page.get_by_role("treeitem", name="model", exact=True)
    expect(model).to_have_attribute("aria-expanded", "true")
    page.get_by_role("treeitem", name="requirements.txt").click()
    expect(preview).to_contain_text("scikit-learn==1.7.2")
    page.get_by_label("Find files").fill("model req")
    expect(page.get_by_role("treeitem")).to_have_count(1)
    expect(page.get_by_role("treeitem")).to_contain_text("model/requirements.txt")


def test_a_folder_shows_what_it_holds_and_comes_as_a_zip_file(
    filed: SeededFiles, watched: Watched, tmp_path: Path
) -> None:
    page = watched.open(address_of(filed))
    page.get_by_role("treeitem", name="plots").click()
    preview = preview_of(page)
    expect(preview).to_contain_text("3 files")
    assert page.url.endswith("path=plots/")
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("plots")
    with page.expect_download() as download:
        preview.get_by_role("button", name="Download as zip").click()
    assert download.value.suggested_filename == "plots.zip"
    download.value.save_as(tmp_path / "plots.zip")
    with zipfile.ZipFile(tmp_path / "plots.zip") as archive:
        assert archive.testzip() is None
        assert archive.read("plots/tiny.png") == files()["plots/tiny.png"]
        assert len(archive.namelist()) == 3
    preview.get_by_role("button", name="curve.svg").click()
    expect(page.get_by_role("treeitem", selected=True)).to_contain_text("curve.svg")
    page.get_by_role("treeitem", name="plots").click()
    expect(page.get_by_role("treeitem", name="curve.svg")).to_have_count(1)
    page.get_by_role("treeitem", name="plots").click()
    expect(page.get_by_role("treeitem", name="curve.svg")).to_have_count(0)


def test_all_files_of_a_run_come_as_a_zip_file(
    filed: SeededFiles, watched: Watched, tmp_path: Path
) -> None:
    page = watched.open(address_of(filed))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all as zip").click()
    download.value.save_as(tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        for path, content in files().items():
            assert archive.read(f"{filed.run_id}/{path}") == content


def test_why_a_folder_does_not_come_is_said(filed: SeededFiles, watched: Watched) -> None:
    watched.expected = ["Failed to load resource"]
    page = watched.open(address_of(filed, "plots/"))
    page.route("**/get-artifact?*archive=zip", lambda route: route.fulfill(status=400, body="{}"))
    preview_of(page).get_by_role("button", name="Download as zip").click()
    expect(page.get_by_text("The folder cannot be downloaded: ")).to_be_visible()


def test_a_folder_with_a_model_shows_the_model(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed, "model/"))
    preview = preview_of(page)
    expect(preview.get_by_role("region", name="Signature")).to_contain_text("rooms")
    expect(preview).to_contain_text(f'load_model("runs:/{filed.run_id}/model")')
    expect(preview.get_by_role("button", name="Register folder")).to_be_visible()
    expect(preview.get_by_role("button", name="Download as zip")).to_be_visible()


def test_of_a_large_text_only_a_part_is_fetched(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed))
    with page.expect_response(lambda got: "big.log" in got.url and got.status == 206) as answer:
        page.get_by_role("treeitem", name="big.log").click()
    assert int(answer.value.headers["content-length"]) == 512 * 1024
    expect(page.get_by_text(re.compile(r"The first 524 KB of 1\.\d MB"))).to_be_visible()


def test_a_parquet_file_is_read_by_ranges(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed))
    spans: list[int] = []

    def note(request: Request) -> None:
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
        if found and "houses.parquet" in request.url:
            spans.append(int(found[2]) - int(found[1]) + 1)

    page.on("request", note)
    page.get_by_role("treeitem", name="data").click()
    page.get_by_role("treeitem", name=re.compile("houses.parquet")).click()
    preview = preview_of(page)
    expect(preview).to_contain_text("Rows 1 to 100 of 250")
    expect(preview.get_by_role("cell", name="street 99", exact=True)).to_be_attached()
    preview.get_by_role("button", name="Rows after").click()
    expect(preview.get_by_role("cell", name="street 100", exact=True)).to_be_visible()
    expect(preview.get_by_role("row").nth(1)).to_contain_text("1970-01-01T00:01:40")
    # One of five groups of rows; the rest of the file was never asked for.
    assert spans
    assert sum(spans) < PARQUET_ROWS * 12


def test_a_logged_table_shows_its_images(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed, "table.json"))
    image = preview_of(page).get_by_role("img", name="plots/tiny.png")
    expect(image).to_have_js_property("naturalWidth", 16)
    page.get_by_role("button", name="Tree").click()
    page.get_by_role("button", name="data: ").click()
    expect(preview_of(page)).to_contain_text("5 items")


def test_a_page_runs_its_scripts_only_when_told_to(filed: SeededFiles, watched: Watched) -> None:
    watched.expected.append("Blocked script execution")
    page = watched.open(address_of(filed, "report.html"))
    frame = page.frame_locator(".preview-frame")
    told = frame.locator("#told")
    expect(told).to_have_text("Told without scripts.")
    expect(told).to_have_css("color", "rgb(1, 2, 3)")
    page.get_by_role("button", name="Run scripts in a sandbox").click()
    expect(told).to_have_text("Told by a script.")
    assert page.locator(".preview-frame").get_attribute("sandbox") == "allow-scripts"
    page.reload()
    expect(told).to_have_text("Told without scripts.")


def test_a_figure_of_plotly_is_drawn_by_the_servers_own_library(
    filed: SeededFiles, watched: Watched
) -> None:
    watched.expected += ["Blocked script execution", "https://cdn.plot.ly"]
    page = watched.open(address_of(filed, "figure.html"))
    plot = page.frame_locator(".preview-frame").locator("#plot")
    expect(plot).to_have_text("Nothing drawn")
    page.get_by_role("button", name="Run scripts in a sandbox").click()
    expect(plot).to_have_text("2 traces drawn")


def test_an_image_is_fitted_and_enlarged(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed, "plots/residuals.png"))
    image = page.get_by_role("img", name="plots/residuals.png")
    expect(image).to_have_js_property("naturalWidth", 320)
    expect(image).to_have_css("width", "320px")
    for _ in range(4):
        page.get_by_role("button", name="Larger (+)").click()
    expect(image).to_have_css("image-rendering", "pixelated")
    page.get_by_role("button", name="Fit").click()
    expect(image).to_have_css("width", "320px")
    page.locator(".preview-image").focus()
    page.keyboard.press("-")
    expect(image).to_have_css("width", "256px")


def test_a_pdf_is_drawn_page_by_page(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed, "paper.pdf"))
    expect(preview_of(page)).to_contain_text("40 pages")
    first = page.get_by_role("img", name="paper.pdf, page 1", exact=True)
    expect(first).to_have_attribute("aria-busy", "false")
    # A pixel of the square, 100 points from the left and from the bottom of 300 by 240.
    colour = first.evaluate(
        """canvas => Array.from(canvas.getContext("2d").getImageData(
            canvas.width / 3, canvas.height * 140 / 240, 1, 1).data)"""
    )
    assert colour == pytest.approx([26, 102, 204, 255], abs=2)
    assert page.locator(".pdf-page").count() < 6
    page.locator(".pdf-scroll").evaluate("pane => { pane.scrollTop = pane.scrollHeight }")
    expect(page.get_by_role("img", name="paper.pdf, page 40")).to_be_visible()
    expect(first).to_have_count(0)


def test_sound_is_played_by_the_browser(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed, "sound.wav"))
    expect(page.locator("audio")).to_have_js_property("duration", 0.5)


def test_a_notebook_shows_its_outputs(filed: SeededFiles, watched: Watched) -> None:
    page = watched.open(address_of(filed, "notebook.ipynb"))
    preview = preview_of(page)
    expect(preview.get_by_role("columnheader", name="rooms")).to_be_visible()
    expect(preview.get_by_role("img", name="Output image")).to_have_js_property("width", 64)
    expect(preview.get_by_role("heading", name="Houses")).to_be_visible()


def test_a_file_downloads_and_tells_how_python_gets_it(
    filed: SeededFiles, watched: Watched
) -> None:
    page = watched.open(address_of(filed, "plots/tiny.png"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "tiny.png"
    page.get_by_role("button", name="Copy the code that downloads it").click()
    code = copied(page, lambda text: f'"runs:/{filed.run_id}/plots/tiny.png"' in text)
    assert f'millstream.set_tracking_uri("{filed.address}")' in code


def test_a_file_that_is_gone_says_so(filed: SeededFiles, watched: Watched) -> None:
    watched.expected.append("status of 404")
    page = watched.open(address_of(filed, "none.txt"))
    expect(page.get_by_role("alert")).to_contain_text("No such artifact")
