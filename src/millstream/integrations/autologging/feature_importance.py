"""How much each feature counts in a fitted model, as JSON and as a figure among its run's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from millstream.client.extras import load
from millstream.client.tracking import MillstreamClient

MOST_BARS = 30
_INK, _QUIET, _GRID = "#1f2933", "#6b7785", "#e9ecef"
# Okabe and Ito's colours, which colour-blind readers can tell apart, without the pale yellow.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")

Importance = Mapping[str, float | Sequence[float]]


def log_feature_importance(run_id: str, kind: str, importance: Importance) -> None:
    """Write `feature_importance_<kind>.json` and, where matplotlib is installed, the same `.png`.

    The values of `importance` are a number of each feature, or one of each class.
    """
    client = MillstreamClient()
    name = f"feature_importance_{kind}"
    client.log_dict(run_id, importance, f"{name}.json")
    if importance and find_spec("matplotlib") is not None:
        client.log_figure(run_id, draw(importance, kind), f"{name}.png")


def draw(importance: Importance, kind: str) -> Any:
    """A bar of each feature, the longest on top; of more than `MOST_BARS` the longest alone.

    Where there is one value of each class, a bar is made of their magnitudes, one after the other.
    """
    rows = [(feature, _parts(value)) for feature, value in importance.items()]
    shown = sorted(rows, key=lambda row: sum(map(abs, row[1])))[-MOST_BARS:]
    figure = load("matplotlib.figure", "a figure of feature importance").Figure(
        figsize=(6.4, 1.6 + 0.26 * len(shown)), layout="constrained", facecolor="white"
    )
    axes = figure.add_subplot()
    _bars(axes, shown)
    _quiet(axes)
    left_out = f", {len(shown)} of {len(rows)} features" if len(shown) < len(rows) else ""
    figure.suptitle(
        f"Feature importance ({kind}{left_out})", x=0.02, ha="left", fontsize=12, color=_INK
    )
    return figure


def _bars(axes: Any, shown: Sequence[tuple[str, Sequence[float]]]) -> None:
    classes = max(len(parts) for _, parts in shown)
    names = [_shortened(feature) for feature, _ in shown]
    places = range(len(shown))
    ends = [0.0] * len(shown)
    for number in range(classes):
        widths = [
            (abs(parts[number]) if classes > 1 else parts[number]) if number < len(parts) else 0.0
            for _, parts in shown
        ]
        label = f"class {number}" if classes > 1 else None
        colour = _COLOURS[number % len(_COLOURS)]
        axes.barh(places, widths, left=ends, height=0.62, color=colour, label=label)
        ends = [end + width for end, width in zip(ends, widths, strict=True)]
    axes.set_yticks(places, names)
    if classes > 1:
        axes.legend(frameon=False, fontsize=9, labelcolor=_INK)


def _quiet(axes: Any) -> None:
    axes.set_xlabel("importance", color=_QUIET, fontsize=10)
    axes.tick_params(colors=_QUIET, labelsize=9, length=0)
    axes.tick_params(axis="y", colors=_INK)
    axes.grid(axis="x", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.margins(y=0.02)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def _parts(value: float | Sequence[float]) -> list[float]:
    return [float(part) for part in value] if isinstance(value, Sequence) else [float(value)]


def _shortened(feature: str, most: int = 32) -> str:
    """A name that fits, and in which no `$` begins a formula."""
    text = feature if len(feature) <= most else feature[: most - 1] + "…"
    return text.replace("$", r"\$")
