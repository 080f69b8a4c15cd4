"""The table of figures, with what we set out to reach."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

TARGETS: dict[str, tuple[str, float]] = {
    "log-metric, 32 connections (req/s)": (">=", 6_000),
    "log-metric, 1 connection (req/s)": (">=", 1_800),
    "log-batch of 100 metrics, 8 connections (req/s)": (">=", 600),
    "create run + 10 params + 5 metrics + finish, 8 connections (runs/s)": (">=", 700),
    "runs/get, 32 connections (req/s)": (">=", 5_000),
    "runs/search, unfiltered, p50 (ms)": ("<=", 10),
    "runs/search, by metric, selective, p50 (ms)": ("<=", 10),
    "runs/search, by metric, half of all, p50 (ms)": ("<=", 10),
    "runs/search, by param and metric, p50 (ms)": ("<=", 10),
    "runs/search, page 50, p50 (ms)": ("<=", 10),
    "runs/search, ordered by a metric, p50 (ms)": ("<=", 10),
    "get-history of the long series (s)": ("<=", 2),
    "get-history-bulk-interval to 320 (ms)": ("<=", 100),
    "artifact proxy, 200 MB up (MB/s)": (">=", 800),
    "artifact proxy, 200 MB down (MB/s)": (">=", 800),
    "artifact proxy, small files up (files/s)": (">=", 1_500),
    "artifact proxy, small files down (files/s)": (">=", 1_500),
    "start to first /health (s)": ("<=", 1),
    "memory of the process tree after the load (MB)": ("<=", 120),
    "server CPU per log-metric (ms)": ("<=", 0.2),
    "import of the package (ms)": ("<=", 10),
    "the script, local default (s)": ("<=", 0.35),
    "the script against the server (s)": ("<=", 0.5),
}


def write(
    path: Path,
    figures: Mapping[str, Mapping[str, float | None]],
    targets: Mapping[str, tuple[str, float] | None],
    machine: str,
    note: str = "",
) -> None:
    """Write the figures of all products as one Markdown table; None is nothing to reach."""
    products = list(figures)
    lines = [
        f"Measured in one run ({machine}); read the ratios, not the digits.{note}",
        "",
        f"| work | to reach | {' | '.join(products)} |",
        f"| --- | --- | {' | '.join('---' for _ in products)} |",
    ]
    for name, target in targets.items():
        cells = [_cell(figures[product].get(name)) for product in products]
        wanted = "-" if target is None else f"{target[0]} {target[1]:g}"
        lines.append(f"| {name} | {wanted} | {' | '.join(cells)} |")
    path.write_text("\n".join(lines) + "\n")


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"
