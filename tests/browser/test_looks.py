"""Every page at three sizes in both themes: nothing overflows, and pictures to look at."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import PAGES, ROOT, Watched
from tests.browser.seed import Seeded
from tests.browser.seed_files import SeededFiles
from tests.browser.seed_registry import BARE, LIVED, SeededRegistry
from tests.browser.seed_sweeps import SeededSweeps

pytestmark = pytest.mark.browser
PICTURES = ROOT / "ui/test-results"
SIZES = [(1440, 900), (1280, 720), (390, 844)]
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
KINDS_OF_CHARTS = (
    "c1~scatter~params.lr~metrics.accuracy~metrics.train/loss",
    "c2~parallel~params.lr~metrics.accuracy~metrics.train/loss",
    "c3~contour~params.lr~metrics.accuracy~metrics.train/loss~log=x",
    "c4~box~metrics.accuracy~params.model",
    "c5~bar~metrics.accuracy",
    "c6~line~metrics.train/loss~metrics.val/loss",
)
SHOWN = (
    ".grid-row, .fact, .code-block, .tree-entry, .history-list li, .comparison-row, .panel-note, "
    ".stage-table, .section, .image-key, .chart-card"
)
PREVIEWED = ".preview-body, .preview-image img, .preview-frame, .pdf-page"


def addresses(seeded: Seeded) -> dict[str, str]:
    few, absurd = f"#/experiments/{seeded.few}", f"#/experiments/{seeded.absurd}"
    return {
        "experiments": "#/experiments",
        "runs-few": few,
        "runs-many": f"#/experiments/{seeded.many}?sort=-metrics.loss",
        "runs-groups": f"#/experiments/{seeded.many}?layout=groups&group=params.lr",
        "runs-colours": f"#/experiments/{seeded.many}?scale=metrics.loss:low&pin=metrics.loss",
        "runs-absurd": absurd,
        "runs-absurd-groups": f"{absurd}?layout=groups&group=params.p1k,metrics.metric_0000",
        "runs-none": f"#/experiments/{seeded.empty}",
        "charts": f"{few}?panes=charts&smooth=0.6&charts={','.join(KINDS_OF_CHARTS)}",
        "run": f"{few}/runs/{seeded.run_id}?smooth=0.6",
        "run-files": f"{few}/runs/{seeded.run_id}?view=artifacts&path=predictions.csv",
        "run-comparison": f"{few}/compare?runs={seeded.run_id}&rows=all",
        "run-absurd": f"{absurd}/runs/{seeded.absurd_run_id}",
    }


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_pages_fit_their_window(seeded: Seeded, watched: Watched, size: tuple[int, int]) -> None:
    photograph(watched, seeded.address, addresses(seeded), size)


def registry_addresses(registry: SeededRegistry) -> dict[str, str]:
    lived, absurd = f"#/models/{LIVED}", f"#/models/{registry.absurd}"
    return {
        "models": "#/models",
        "models-none": "#/models?filter=nothing-has-this-name",
        "model": lived,
        "model-history": f"{lived}?view=history",
        "model-bare": f"#/models/{BARE}?view=versions",
        "model-absurd": absurd,
        "model-absurd-history": f"{absurd}?view=history",
        "version": f"{lived}/versions/4",
        "version-use": f"{lived}/versions/4?view=use",
        "version-absurd": f"{absurd}/versions/130",
        "status": "#/status",
        "webhooks": "#/admin/webhooks",
        "stages": "#/admin/stages",
        "comparison": f"{lived}/compare?versions=5,4,1&show=all",
        "run-registered": f"#/experiments/{registry.experiment_id}/runs/{registry.run_id}",
    }


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_pages_of_the_registry_fit_their_window(
    registry: SeededRegistry, watched: Watched, size: tuple[int, int]
) -> None:
    photograph(watched, registry.address, registry_addresses(registry), size)


def file_addresses(filed: SeededFiles) -> dict[str, str]:
    run = f"#/experiments/{filed.experiment_id}/runs/{filed.run_id}"
    paths = {
        "image": "plots/residuals.png",
        "json": "result.json",
        "markdown": "report.md",
        "model": "model/MLmodel",
        "notebook": "notebook.ipynb",
        "page": "report.html",
        "parquet": "data/houses.parquet",
        "code": "train.py",
        "table": "table.json",
        "binary": "model/model.pkl",
        "pdf": "paper.pdf",
    }
    views = {f"run-{view}": f"{run}?view={view}" for view in ("overview", "system", "images")}
    return views | {
        f"file-{name}": f"{run}?view=artifacts&path={path}" for name, path in paths.items()
    }


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_pages_of_files_fit_their_window(
    filed: SeededFiles, watched: Watched, size: tuple[int, int]
) -> None:
    watched.expected.append("Blocked script execution")
    views = {name: it for name, it in file_addresses(filed).items() if name.startswith("run-")}
    photograph(watched, filed.address, views, size)
    files = {name: it for name, it in file_addresses(filed).items() if name not in views}
    photograph(watched, filed.address, files, size, shown=PREVIEWED)


def sweep_addresses(swept: SeededSweeps) -> dict[str, str]:
    runs = f"#/experiments/{swept.experiment_id}/runs"
    named = {"sweep": swept.whole, "sweep-bare": swept.bare, "sweep-long": swept.long}
    pages = {name: f"{runs}/{run_id}?view=sweep" for name, run_id in named.items()}
    return pages | {"sweep-overview": f"{runs}/{swept.whole}?view=overview"}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_pages_of_sweeps_fit_their_window(
    swept: SeededSweeps, watched: Watched, size: tuple[int, int]
) -> None:
    photograph(watched, swept.address, sweep_addresses(swept), size)


def photograph(
    watched: Watched,
    base: str,
    addresses: dict[str, str],
    size: tuple[int, int],
    shown: str = SHOWN,
) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page = watched.open(f"{base}/#/experiments", size)
    for name, address in addresses.items():
        page.goto(f"{base}/{address}")
        page.wait_for_load_state("networkidle")
        page.locator(shown).first.wait_for()
        expect(page.locator(".chart-body:empty")).to_have_count(0)
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            page.screenshot(path=PICTURES / f"{name}-{size[0]}-{theme}.png")
            overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, f"{name} is {overflow} pixels too wide in the {theme} theme"
        page.emulate_media(color_scheme=THEMES[0])


def test_a_chosen_theme_lasts(seeded: Seeded, watched: Watched) -> None:
    page = watched.open(f"{seeded.address}/#/experiments")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="change to light").click()
    page.get_by_role("button", name="change to dark").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    page.get_by_role("button", name="change to the system").wait_for()
    assert page.evaluate(ground) == dark


def test_the_page_has_no_inline_script_or_style() -> None:
    if not PAGES.is_file():
        pytest.skip("the pages are not built: run `make ui`")
    text = PAGES.read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text) == []
