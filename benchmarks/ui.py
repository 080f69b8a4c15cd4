"""The pages in a real browser, ours beside MLflow's, on the same runs: `python -m benchmarks.ui`.

Chromium is the system's, headless. Runs are found by their links and plots by their ink, so that
both products are measured by the same code; what is sorted and filtered is said in the address.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.servers import MLFLOW, OURS, Product, running
from benchmarks.table import write
from benchmarks.ui_browser import Chromium, Figures
from benchmarks.ui_corpus import EXPERIMENT, Corpus, corpus, ensure_filled
from benchmarks.ui_lighthouse import audit, prepare

DISTANCE = 20_000
SPEED = 5_000
METRIC = "val/accuracy"
FILTERS = {
    "a metric": "metrics.%60val/accuracy%60+%3E+0.9",
    "a param": "params.model+%3D+%27mixer%27",
}

TARGETS: dict[str, tuple[str, float] | None] = {
    "runs page, cold: first paint (ms)": ("<=", 300),
    "runs page, cold: rows usable (ms)": ("<=", 1_000),
    "runs page, warm: rows usable (ms)": ("<=", 1_000),
    "runs page, cold: JavaScript, compressed (KB)": ("<=", 250),
    "runs page, cold: all bytes (KB)": None,
    "runs page, cold: responses": None,
    "sorted by a metric (ms)": ("<=", 300),
    "filtered by a metric (ms)": ("<=", 300),
    "filtered by a param (ms)": ("<=", 300),
    "frames per second while 20,000 pixels scroll by": (">=", 50),
    "longest frame while scrolling (ms)": None,
    "frames of scrolling that show rows (%)": None,
    "heap of JavaScript after scrolling (MB)": ("<=", 300),
    "resident memory of the page's process (MB)": ("<=", 300),
    "long run: charts in sight drawn (ms)": ("<=", 500),
    "long run: charts in sight": None,
    "long run, from the runs page: charts in sight drawn (ms)": ("<=", 500),
    "long run: spikes kept (%)": (">=", 100),
    "long run: zoomed (ms)": ("<=", 200),
    "Lighthouse performance, experiments page": (">=", 95),
    "Lighthouse performance, runs page": (">=", 95),
    "Lighthouse performance, run page": (">=", 95),
    "Lighthouse accessibility, experiments page": (">=", 95),
    "Lighthouse accessibility, runs page": (">=", 95),
    "Lighthouse accessibility, run page": (">=", 95),
}


class Places:
    """The addresses of one product's pages, after the server's own."""

    def __init__(self, product: Product, data: Corpus, long_run: str) -> None:
        self._is_ours = product is OURS
        experiment = f"#/experiments/{EXPERIMENT}"
        self.experiments = "#/experiments"
        self.runs = experiment if self._is_ours else f"{experiment}/runs"
        self.run = f"{experiment}/runs/{data.newest}"
        long = f"{experiment}/runs/{long_run}"
        self.long_run = long if self._is_ours else f"{long}/model-metrics"

    def sorted(self) -> str:
        """The runs, the best by a metric first."""
        if self._is_ours:
            return f"{self.runs}?sort=-metrics.{METRIC}"
        return f"{self.runs}?orderByKey=metrics.%60{METRIC}%60&orderByAsc=false"

    def filtered(self, text: str) -> str:
        """The runs that a filter leaves, in the usual order."""
        name = "filter" if self._is_ours else "searchFilter"
        return f"{self.runs}?{name}={text}"


def measure(url: str, places: Places) -> Figures:
    """All figures of one product but Lighthouse's."""
    figures: Figures = {}
    with Chromium() as chromium:
        figures |= chromium.load(f"{url}/{places.runs}")
        # Scrolled where it is sorted: elsewhere MLflow shows a few sweeps, folded.
        figures["sorted by a metric (ms)"] = chromium.change(places.sorted())
        figures |= chromium.scroll(DISTANCE, SPEED) | chromium.memory()
        for name, text in FILTERS.items():
            chromium.change(places.runs)
            figures[f"filtered by {name} (ms)"] = chromium.change(places.filtered(text))
    with Chromium() as chromium:
        figures |= chromium.charts(f"{url}/{places.long_run}")
    with Chromium() as chromium:
        figures |= chromium.opened(f"{url}/{places.runs}", places.long_run)
    return figures


def audits(url: str, places: Places) -> Figures:
    """Lighthouse's scores, 0 to 100."""
    figures: Figures = {}
    pages = (("experiments", places.experiments), ("runs", places.runs), ("run", places.run))
    for name, place in pages:
        for category, score in audit(f"{url}/{place}").items():
            figures[f"Lighthouse {category}, {name} page"] = score
    return figures


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def main() -> None:
    """Parse, fill, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ui", description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--points", type=int, default=1_000_000, help="of each of ten metrics")
    parser.add_argument("--folder", type=Path, help="keeps the data for the next time")
    parser.add_argument("--products", nargs="*", default=["Millstream", "MLflow"])
    parser.add_argument("--no-lighthouse", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/ui.md"))
    options = parser.parse_args()
    data = corpus(options.runs, options.points)
    figures: dict[str, Figures] = {}
    if not options.no_lighthouse:
        prepare()
    with _folder(options.folder) as home:
        for product in (OURS, MLFLOW):
            if product.name not in options.products:
                continue
            product.prepare()
            folder = home / f"{product.name.lower()}-{options.runs}-{options.points}"
            long_run = ensure_filled(product, folder, data)
            places = Places(product, data, long_run)
            with running(product, folder) as server:
                found = measure(server.url, places)
                if not options.no_lighthouse:
                    found |= audits(server.url, places)
            for name, value in found.items():
                print(f"{product.name:12} {name:50} {value}", flush=True)
            figures[product.name] = found
    write(
        options.output,
        figures,
        TARGETS,
        f"{platform.machine()}, Python {platform.python_version()}",
        f" {options.runs:,} runs with 50 params and 50 metrics each and one with ten metrics of "
        f"{options.points:,} points, in SQLite, in headless Chromium at 1440 x 900; the machine's "
        f"{os.cpu_count()} processors had a load of {os.getloadavg()[0]:.0f} meanwhile. "
        "Resident memory is the renderer's, what it shares with other processes included.",
    )


if __name__ == "__main__":
    main()
