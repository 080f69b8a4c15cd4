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
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests.browser.conftest import FLAGS, serving
from tests.browser.seed import Wire, fill_few
from tests.browser.seed_access import fill_access
from tests.browser.seed_registry import LIVED, fill_lived
from tests.browser.seed_sweeps import EXPERIMENT, sweep, write_project
from tests.browser.signed_in import Controlled, controlled

from millstream.cli.demo_filling import create_experiment, fill, fill_long_run
from millstream.cli.demo_runs import Recipe
from millstream.entities.console import ConsoleLine, LogConsole
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
    ".stage-table, .console-line, canvas"
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


ACCESS = {
    "sign-in": ("#/experiments", "Sign in"),
    "tokens": ("#/tokens", "nightly"),
    "users": ("#/administration/users", "bob"),
    "groups": ("#/administration/groups", "Who looks at numbers"),
    "roles": ("#/administration/roles", "Manager of all models"),
    "audit": ("#/audit", "role.assign"),
}
"""The pages about access by the names of their pictures, and what they show when they are there.

Nobody is signed in at the first.
"""


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
            "console": f"{self.files_of}?view=console",
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
            trained = fill_few(wire, few)
            files_of = f"#/experiments/{few}/runs/{trained}"
            fill_lived(wire)
            log = LogConsole(trained, "one", list(_printed()))
            valley = wire.create_experiment(EXPERIMENT)
            found = wire.post(
                "runs/search",
                experiment_ids=[experiment_id],
                filter=f"attributes.run_id != '{long_run}'",
                max_results=COMPARED,
            )
        with closing(RemoteStore(address)) as store:
            store.console.log(log).result()
        run_ids = ",".join(run["info"]["run_id"] for run in found["runs"])
        compared = f"#/experiments/{experiment_id}/compare?runs={run_ids}"
        parent = sweep(address, write_project(Path(home)), *SWEEP)
        swept = f"#/experiments/{valley}/runs/{parent}"
        yield Data(home, address, experiment_id, newest, long_run, files_of, compared, swept)


def _printed() -> Iterator[ConsoleLine]:
    """What a training script prints, with a warning among it."""
    now = time.time_ns() // 1_000_000
    for epoch in range(24):
        loss, accuracy = 2.4 * 0.86**epoch + 0.05, 1 - 0.7 * 0.88**epoch
        text = (
            f"epoch {epoch + 1:2}/24  loss {loss:.4f}  val/accuracy \x1b[32m{accuracy:.4f}\x1b[0m"
        )
        yield ConsoleLine(2 * epoch, text, timestamp=now)
        if epoch == 5:
            warning = "\x1b[33mUserWarning: 3 images are smaller than 224 x 224\x1b[0m"
            yield ConsoleLine(2 * epoch + 1, warning, "stderr", now)


def _nothing(_: int) -> None:
    """Nobody watches."""


def photograph(page: Page, data: Data, place: str, path: Path) -> None:
    """Write the picture of a page once it is quiet."""
    page.goto(f"{data.address}/{place}")
    page.locator(SHOWN).first.wait_for()
    page.wait_for_timeout(QUIET_MS)
    page.evaluate(RENAME, [data.home, PLACE])
    keep(page, path)


def photograph_access(browser: Browser, server: Controlled, options: argparse.Namespace) -> None:
    """Write the pictures of the pages about access, as an administrator sees them."""
    for theme in THEMES:
        context = in_theme(browser, theme)
        for number, (name, (place, shown)) in enumerate(ACCESS.items()):
            if number == 1:
                server.sign_in(context)
            if options.only is None or name in options.only:
                page = context.new_page()  # or it would know of no sign-in
                page.goto(f"{server.address}/{place}")
                page.get_by_text(shown).first.wait_for()
                page.wait_for_timeout(QUIET_MS)
                keep(page, options.folder / f"{name}-{theme}.png")
        context.close()


def in_theme(browser: Browser, theme: str) -> BrowserContext:
    """A window in a theme."""
    return browser.new_context(
        viewport={"width": 1280, "height": 720},
        color_scheme="dark" if theme == "dark" else "light",
    )


def keep(page: Page, path: Path) -> None:
    """Write what a page looks like now, in few colours."""
    with Image.open(io.BytesIO(page.screenshot())) as whole:
        few = whole.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1024:.0f} KB", flush=True)


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
            context = in_theme(browser, theme)
            page = context.new_page()
            for name, place in data.pages().items():
                if options.only is None or name in options.only:
                    photograph(page, data, place, options.folder / f"{name}-{theme}.png")
            context.close()
        with tempfile.TemporaryDirectory() as home, controlled(Path(home)) as server:
            fill_access(server, "carol")
            photograph_access(browser, server, options)
        browser.close()


if __name__ == "__main__":
    main()
