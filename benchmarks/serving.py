"""Measure scoring servers: how many predictions a second, how soon ready, how much memory.

`python -m benchmarks.serving` measures all products one after the other and writes the table;
`--only` names some, and then the figures are printed only. What differs between products is in
`scoring_products`. At the end ours serves a forest of 200 trees, without and with batching.
"""

from __future__ import annotations

import argparse
import compileall
import itertools
import json
import platform
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import urllib3
from sklearn.datasets import load_diabetes

from benchmarks.load import Outcome, Script, drive, post
from benchmarks.scoring_products import PRODUCTS, Rows, ScoringProduct, ours
from benchmarks.servers import Running
from benchmarks.table import write

TARGETS: dict[str, tuple[str, float]] = {
    "1 row, 1 connection (req/s)": (">=", 2_500),
    "1 row, 8 connections (req/s)": (">=", 4_500),
    "1 row, 8 connections, p99 (ms)": ("<=", 5),
    "1 row, 32 connections (req/s)": (">=", 4_500),
    "1,000 rows, 1 connection (req/s)": (">=", 800),
    "processor time per request of 1 row (us)": ("<=", 200),
    "start to ready (s)": ("<=", 2),
    "memory of the process tree after the load (MB)": ("<=", 150),
}
BATCHING_32 = "1 row, 32 connections, batching on (req/s)"
FOREST_32 = "forest of 200 trees, 1 row, 32 connections (req/s)"
FOREST_GAIN = "the same, times the rate without batching"
OURS = ours()
BATCHING = ours("Millstream, batching", "--max-batch=256")
FOREST = ours("Millstream, forest", estimator="forest")
FOREST_BATCHING = ours("Millstream, forest, batching", "--max-batch=256", estimator="forest")
PATH = Path(__file__).parent / "serving.md"
_ROWS_32 = "1 row, 32 connections (req/s)"
_TARGETS_OF_TABLE = {
    **TARGETS,
    BATCHING_32: (">=", 9_000.0),
    FOREST_32: (">=", 0.0),
    FOREST_GAIN: (">=", 4.0),
}
_WARM_SECONDS = 0.5


def main() -> None:
    """Parse, measure, print or write."""
    known = {product.name: product for product in (OURS, BATCHING, FOREST, FOREST_BATCHING)}
    known |= {product.name: product for product in PRODUCTS}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--only", nargs="*", choices=known)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each piece of load")
    options = parser.parse_args()
    compileall.compile_dir(str(Path(__file__).parents[1] / "src"), quiet=2)
    figures = {name: measured(known[name], options.seconds) for name in options.only or known}
    if not options.only:
        write(PATH, _table(figures), _TARGETS_OF_TABLE, _machine())


def _table(figures: Mapping[str, Mapping[str, float]]) -> Mapping[str, Mapping[str, float]]:
    """Ours in one column: with batching and with the forest only where that is the point."""
    forest = figures[FOREST.name][_ROWS_32]
    forest_batching = figures[FOREST_BATCHING.name][_ROWS_32]
    own = {
        **figures[OURS.name],
        BATCHING_32: figures[BATCHING.name][_ROWS_32],
        FOREST_32: forest_batching,
        FOREST_GAIN: forest_batching / forest,
    }
    return {OURS.name: own, **{product.name: figures[product.name] for product in PRODUCTS}}


def _machine() -> str:
    return f"{platform.machine()}, Python {platform.python_version()}"


def measured(product: ScoringProduct, seconds: float) -> Mapping[str, float]:
    """All figures of a product, from a server of its own."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        product.serving(Path(name)) as server,
    ):
        figures = dict(_figures(product, server, seconds))
    for name, value in figures.items():
        print(f"{product.name:30} {name:50} {value:10,.2f}", flush=True)
    return figures


def _figures(
    product: ScoringProduct, server: Running, seconds: float
) -> Iterator[tuple[str, float]]:
    yield "start to ready (s)", server.start
    rows: Rows = load_diabetes().data.tolist()
    _check(product, server, rows[:3])
    one = post(product.path, product.ask(rows[:1]))
    many = post(product.path, product.ask(list(itertools.islice(itertools.cycle(rows), 1_000))))
    for connections in (1, 8, 32):
        before = server.cpu()
        outcome = _drive(server, connections, one, seconds)
        spent = server.cpu() - before
        unit = "connection" if connections == 1 else "connections"
        yield f"1 row, {connections} {unit} (req/s)", outcome.rate
        if connections == 8:
            yield "1 row, 8 connections, p99 (ms)", _p99(outcome) * 1e3
            yield "processor time per request of 1 row (us)", spent / outcome.requests * 1e6
    yield "1,000 rows, 1 connection (req/s)", _drive(server, 1, many, seconds).rate
    yield "memory of the process tree after the load (MB)", server.memory()


def _check(product: ScoringProduct, server: Running, rows: Rows) -> None:
    """What is not a prediction must not be counted as one."""
    answer = urllib3.request(
        "POST",
        server.url + product.path,
        body=product.ask(rows),
        headers={"Content-Type": "application/json"},
    )
    found = product.predictions(json.loads(answer.data)) if answer.status == 200 else []
    if len(found) != len(rows):
        raise RuntimeError(f"{product.name} answers {answer.status}: {answer.data[:300]!r}")


def _drive(server: Running, connections: int, request: bytes, seconds: float) -> Outcome:
    drive(server.address, connections, lambda _: _again(request), _WARM_SECONDS)
    outcome = drive(server.address, connections, lambda _: _again(request), seconds)
    if outcome.errors:
        raise RuntimeError(f"{len(outcome.errors)} errors, such as {outcome.errors[0]}")
    return outcome


def _again(request: bytes) -> Script:
    while True:
        yield request


def _p99(outcome: Outcome) -> float:
    return sorted(outcome.latencies)[int(len(outcome.latencies) * 0.99)]


if __name__ == "__main__":
    main()
