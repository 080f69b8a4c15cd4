"""How all figures of an evaluation look: thin lines, quiet axes, colours anyone can tell apart."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

INK = "#1f2933"
QUIET = "#6b7785"
GRID = "#e9ecef"
ACCENT = "#0072B2"
SECOND = "#D55E00"
# Okabe and Ito's colours, which colour-blind readers can tell apart, without the pale yellow.
PALETTE = [ACCENT, "#E69F00", "#009E73", SECOND, "#CC79A7", "#56B4E9", "#000000"]
STYLES = ["-", "--", ":"]
WIDTH = 1.6
BAND = 0.16
SIZE = (6.4, 4.8)
MOST_ROWS_OF_BAND = 20_000  # with more, a band is narrower than its line


def sheet(title: str, size: tuple[float, float] = SIZE) -> Figure:
    """An empty figure with its title at the top left."""
    figure = Figure(figsize=size, layout="constrained", facecolor="white")
    figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.08)
    figure.suptitle(title, x=0.02, ha="left", fontsize=12, color=INK, fontweight="bold")
    return figure


def canvas(
    title: str, across: str, up: str, size: tuple[float, float] = SIZE
) -> tuple[Figure, Any]:
    """A figure with one pair of labelled axes."""
    figure = sheet(title, size)
    axes = figure.add_subplot()
    quiet(axes, across, up)
    return figure, axes


def quiet(axes: Any, across: str, up: str) -> None:
    """Label axes and take away what does not inform."""
    axes.set_xlabel(across, color=QUIET, fontsize=10)
    axes.set_ylabel(up, color=QUIET, fontsize=10)
    axes.tick_params(colors=QUIET, labelsize=9, length=0)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GRID)


def legend(axes: Any, **where: Any) -> None:
    """A legend without a frame; none where nothing is named."""
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, fontsize=9, labelcolor=INK, **where)


def look(index: int) -> dict[str, Any]:
    """The colour and stroke of the curve of that number; strokes change when colours run out."""
    return {
        "color": PALETTE[index % len(PALETTE)],
        "linestyle": STYLES[index // len(PALETTE) % len(STYLES)],
        "linewidth": WIDTH,
    }


def diagonal(axes: Any, text: str = "") -> None:
    """The line from corner to corner, perhaps with what it stands for."""
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=(0, (2, 3)))
    if text:
        place = {"xytext": (4, -4), "textcoords": "offset points", "ha": "left", "va": "top"}
        axes.annotate(text, (0.6, 0.6), color=QUIET, fontsize=9, **place)


def share_axes(axes: Any) -> None:
    """Both axes from 0 to 1, with room for lines at the edge."""
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.03)


def shortened(label: object, most: int = 18) -> str:
    """A label that fits."""
    text = str(label)
    return text if len(text) <= most else text[: most - 1] + "…"
