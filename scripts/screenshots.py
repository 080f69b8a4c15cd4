"""Pictures of every page in both themes, for the documentation: `python -m scripts.screenshots`.

Run by hand after `make ui`, and look at what comes out before it is committed. The data are the
demo's and those of the browser tests.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.ui_browser import chromium
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from tests.browser.conftest import FLAGS, serving
from tests.browser.seed import Wire, fill_few
from tests.browser.seed_registry import LIVED, fill_lived
from tests.browser.seed_sweeps import EXPERIMENT, sweep, write_project

from millstream.cli.demo_filling import create_experiment, fill, fill_long_run
from millstream.cli.demo_runs import Recipe
from millstream.rest.remote import RemoteStore

IMAGES = Path(__file__).parents[1] / "docs" / "images"
THEMES = ("light", "dark")
COLOURS = 128
RUNS = 200
POINTS = 2_000
COMPARED = 6
SWEEP = ("--random", "40", "--metric", "depth", "--parallel", "2")
SHOWN = (
    ".grid-row, .fact, .code-block, .tree-entry, .history-list li, .comparison-row, "
    ".stage-table, canvas"
)
QUIET_MS = 700
PLACE = "/srv/millstream"
"""What the pictures call the folder of the files, which was made for them."""
RENAME = """([from, to]) => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        texts.currentNode.data = texts.currentNode.data.replaceAll(from, to);
    }
}"""


class Data(NamedTuple):
    """A server, where its files are, and the ids of what it shows."""

    home: str
    address: str
    experiment_id: str
    newest: str
    long_run: str
    files_of: str
    compared: str
    sweep: str

    def pages(self) -> dict[str, str]:
        """The addresses of the pages by the names of their pictures."""
        runs = f"#/experiments/{self.experiment_id}"
        model = f"#/models/{LIVED}"
        return {
            "experiments": "#/experiments",
            "runs": f"{runs}?sort=-metrics.val/accuracy&metric=loss",
            "run": f"{runs}/runs/{self.newest}",
            "long-run": f"{runs}/runs/{self.long_run}",
            "run-files": f"{self.files_of}?view=artifacts&path=predictions.csv",
            "run-comparison": self.compared,
            "sweep": self.sweep,
            "status": "#/status",
            "webhooks": "#/admin/webhooks",
            "stages": "#/admin/stages",
            "models": "#/models",
            "model": model,
            "model-history": f"{model}?view=history",
            "version": f"{model}/versions/4",
            "comparison": f"{model}/compare?versions=5,4,1",
        }


@contextmanager
def filled() -> Iterator[Data]:
    """A server with a few hundred runs, some files and a model that has a life."""
    with tempfile.TemporaryDirectory() as home, serving(Path(home)) as address:
        recipe = Recipe(runs=RUNS, params=12, metrics=20, seed=7, until=time.time_ns() // 1_000_000)
        store = RemoteStore(address)
        try:
            experiment_id = create_experiment(store, "model search")
            newest = fill(store, experiment_id, recipe, _nothing)
            long_run = fill_long_run(store, experiment_id, recipe, POINTS, _nothing)
        finally:
            store.close()
        with closing(Wire(address)) as wire:
            few = wire.create_experiment("street scenes", team="vision")
            files_of = f"#/experiments/{few}/runs/{fill_few(wire, few)}"
            fill_lived(wire)
            valley = wire.create_experiment(EXPERIMENT)
            found = wire.post(
                "runs/search",
                experiment_ids=[experiment_id],
                filter=f"attributes.run_id != '{long_run}'",
                max_results=COMPARED,
            )
        run_ids = ",".join(run["info"]["run_id"] for run in found["runs"])
        compared = f"#/experiments/{experiment_id}/compare?runs={run_ids}"
        parent = sweep(address, write_project(Path(home)), *SWEEP)
        swept = f"#/experiments/{valley}/runs/{parent}"
        yield Data(home, address, experiment_id, newest, long_run, files_of, compared, swept)


def _nothing(_: int) -> None:
    """Nobody watches."""


def photograph(page: Page, data: Data, place: str, path: Path) -> None:
    """Write the picture of a page once it is quiet, in few colours."""
    page.goto(f"{data.address}/{place}")
    page.locator(SHOWN).first.wait_for()
    page.wait_for_timeout(QUIET_MS)
    page.evaluate(RENAME, [data.home, PLACE])
    with Image.open(io.BytesIO(page.screenshot())) as whole:
        few = whole.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


def main() -> None:
    """Parse, fill, photograph."""
    parser = argparse.ArgumentParser(prog="python -m scripts.screenshots", description=__doc__)
    parser.add_argument("--only", nargs="*", help="names of pictures, without theme")
    parser.add_argument("--folder", type=Path, default=IMAGES)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with filled() as data, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for theme in THEMES:
            context = browser.new_context(
                viewport={"width": 1280, "height": 720},
                color_scheme="dark" if theme == "dark" else "light",
            )
            page = context.new_page()
            for name, place in data.pages().items():
                if options.only is None or name in options.only:
                    path = options.folder / f"{name}-{theme}.png"
                    photograph(page, data, place, path)
                    print(f"{path.name}: {path.stat().st_size / 1024:.0f} KB", flush=True)
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
