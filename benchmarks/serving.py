"""Measure scoring servers: how many predictions a second, how soon ready, how much memory.

`python -m benchmarks.serving` measures ours, without and with batching, and prints each figure
beside what we set out to reach. What differs between products is in `scoring_products`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import urllib3
from sklearn.datasets import load_diabetes

from benchmarks.load import Outcome, Script, drive, post
from benchmarks.scoring_products import PRODUCTS, Rows, ScoringProduct, ours
from benchmarks.servers import Running

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
BATCHING_TARGETS = {**TARGETS, "1 row, 32 connections (req/s)": (">=", 9_000)}
OURS = ours()
OURS_BATCHING = ours("Millstream, batching", "--max-batch=256")
_WARM_SECONDS = 0.5


def main() -> None:
    """Parse, measure, print."""
    known = {product.name: product for product in (OURS, OURS_BATCHING, *PRODUCTS)}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[OURS.name, OURS_BATCHING.name], choices=known)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each piece of load")
    options = parser.parse_args()
    for name in options.only:
        targets = BATCHING_TARGETS if known[name] is OURS_BATCHING else TARGETS
        for figure, value in measured(known[name], options.seconds).items():
            relation, target = targets[figure]
            print(f"{name:22} {figure:50} {value:10,.2f}  {relation} {target:g}", flush=True)


def measured(product: ScoringProduct, seconds: float) -> Mapping[str, float]:
    """All figures of a product, from a server of its own."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        product.serving(Path(name)) as server,
    ):
        return dict(_figures(product, server, seconds))


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
