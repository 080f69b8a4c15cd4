"""What a training loop waits for each point that it logs: `python -m benchmarks.logging_call`.

The same loop for every product, in a process of its own: it times each call and looks at its memory
early, in the middle and at the end. Peers log fewer points, since they take longer.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.servers import MLFLOW, OURS, Product, running
from benchmarks.table import write

LOOP = Path(__file__).parent / "peers" / "logging_loop.py"


class Way(NamedTuple):
    """A product, and where it logs to."""

    title: str
    product: Product
    loop: str
    """Its name in `peers/logging_loop.py`."""
    share: float
    """The points that it logs, as a share of those that we log."""
    to_server: bool = False
    place: str = "{folder}/runs"


def _peer(name: str, *requirements: str, **variables: str) -> Product:
    return Product(name, (), "", requirements=requirements, variables=variables)


WAYS = (
    Way("Millstream, folder", OURS, "millstream", 1),
    Way("Millstream, server", OURS, "millstream", 1, to_server=True),
    Way("MLflow, SQLite", MLFLOW, "mlflow", 2e-4, place="sqlite:///{folder}/mlflow.db"),
    Way("MLflow, server", MLFLOW, "mlflow", 1e-4, to_server=True),
    Way("W&B, offline", _peer("wandb", "wandb==0.31.*", WANDB_SILENT="true"), "wandb", 1e-2),
    Way("Aim", _peer("aim", "aim==3.29.*"), "aim", 1e-2),
    Way(
        "trackio",
        _peer("trackio", "trackio==0.43.*", TRACKIO_DIR="{folder}/runs", HF_HUB_OFFLINE="1"),
        "trackio",
        1e-2,
    ),
)
TARGETS: dict[str, tuple[str, float] | None] = {
    "points": None,
    "a call, median (us)": ("<=", 4),
    "a call, 99 of 100 (us)": None,
    "a call, the longest (ms)": None,
    "the whole loop, per call (us)": None,
    "the end of the run (s)": None,
    "memory early (MB)": None,
    "memory in the middle (MB)": None,
    "memory at the end (MB)": None,
    "memory at the end / early": ("<=", 1.1),
}


def main() -> None:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.logging_call", description=__doc__)
    parser.add_argument("--points", type=int, default=10_000_000, help="that we log")
    parser.add_argument("--fewest", type=int, default=1_000, help="that anybody logs")
    parser.add_argument("--only", nargs="*", help="names of products, such as millstream")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/logging_call.md"))
    options = parser.parse_args()
    figures = {}
    for way in WAYS:
        if options.only and way.loop not in options.only:
            continue
        way.product.prepare()
        points = max(options.fewest, int(options.points * way.share))
        figures[way.title] = _figures(way, points)
        for name, value in figures[way.title].items():
            print(f"{way.title:20} {name:35} {value:14,.2f}", flush=True)
    write(
        options.output,
        figures,
        TARGETS,
        f"{platform.machine()}, Python {platform.python_version()}",
        " A call is timed in the loop; the whole loop has the timing in it, and what threads "
        f"of the product take from it. The machine's {os.cpu_count()} processors had a load of "
        f"{os.getloadavg()[0]:.0f} at the end.",
    )


def _figures(way: Way, points: int) -> dict[str, float]:
    with _place(way) as (place, folder):
        environment = way.product.environment(folder) | {"XDG_STATE_HOME": str(folder / "state")}
        done = subprocess.run(
            [str(way.product.python), "-P", str(LOOP), way.loop, place, str(points)],
            cwd=folder,
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    early, middle, end = (seen["memory"][when] for when in ("start", "middle", "end"))
    values = (
        points,
        seen["median"],
        seen["p99"],
        seen["longest"] / 1e3,
        seen["loop"] / points * 1e6,
        seen["whole"] - seen["loop"],
        early,
        middle,
        end,
        end / early,
    )
    return dict(zip(TARGETS, values, strict=True))


@contextmanager
def _place(way: Way) -> Iterator[tuple[str, Path]]:
    """Where to log to, and a folder for the rest."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "runs").mkdir()
        if not way.to_server:
            yield way.place.format(folder=folder), folder
            return
        with running(way.product, folder / "server") as server:
            yield server.url, folder


if __name__ == "__main__":
    main()
