"""Measure our server beside the peers and write the table: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import compileall
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import artifact_proxy, reading, scripts, tracking
from benchmarks.servers import FASTTRACKML, PRODUCTS, Product, running
from benchmarks.table import TARGETS, write

PARTS = ("tracking", "reading", "artifacts", "scripts")


def main() -> None:
    """Parse, measure, write."""
    options = _options()
    compileall.compile_dir(str(Path(__file__).parents[1] / "src"), quiet=2)
    chosen = [p for p in PRODUCTS if not options.only or p.name.lower() in options.only]
    figures = {}
    for product in chosen:
        product.prepare()
        figures[product.name] = dict(_measure(product, options))
        for name, value in figures[product.name].items():
            print(f"{product.name:12} {name:70} {value:12,.2f}", flush=True)
    write(
        options.output,
        figures,
        TARGETS,
        f"{platform.machine()}, Python {platform.python_version()}",
        " A search of 60,000 ms had not answered after a minute; a rate of 0 saw no answer in the "
        "time given.",
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="*", help="names of products, such as millstream")
    parser.add_argument("--parts", nargs="*", default=PARTS, choices=PARTS)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each piece of load")
    parser.add_argument("--runs", type=int, default=100_000, help="to search among")
    parser.add_argument("--points", type=int, default=1_000_000, help="of the long series")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results.md"))
    return parser.parse_args()


def _measure(product: Product, options: argparse.Namespace) -> Iterator[tuple[str, float]]:
    with _folder() as folder, running(product, folder) as server:
        yield "start to first /health (s)", server.start
        if "tracking" in options.parts:
            yield from tracking.measure(server, options.seconds).items()
        if "artifacts" in options.parts and product.proxy:
            yield from artifact_proxy.measure(server).items()
        if "scripts" in options.parts and product is not FASTTRACKML:
            yield from scripts.measure(product, server.url).items()
    if "reading" in options.parts:
        with _folder() as folder:
            run_id = reading.prepare(product, folder, options.runs, options.points)
            with running(product, folder) as server:
                yield from reading.measure(server, run_id, options.seconds).items()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        yield Path(name)


if __name__ == "__main__":
    main()
