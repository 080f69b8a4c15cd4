"""How much of what a sweep found is due to each parameter."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from millstream.projects.search_space import Point

FEWEST = 4
"""So many runs are the least of which anything is told."""


def importances(points: Sequence[Point], values: Sequence[float]) -> dict[str, float]:
    """The share of the values' variance that each parameter alone explains, from 0 to 1.

    It is epsilon squared (Kelley, 1935, "An unbiased correlation ratio measure"), which is eta
    squared less what groups of that number would explain by chance: (SSb - (k - 1) MSw) / SSt, not
    below 0. Numbers of which most differ fall into groups of about equal size, the square root of
    the number of runs. A parameter that did not vary has none, nor has anything where fewer than
    four runs told a finite value or all told the same.
    """
    known = [index for index, value in enumerate(values) if math.isfinite(value)]
    found = [values[index] for index in known]
    if len(found) < FEWEST:
        return {}
    mean = math.fsum(found) / len(found)
    total = math.fsum((value - mean) ** 2 for value in found)
    if total == 0:
        return {}
    names = dict.fromkeys(name for index in known for name in points[index])
    shares = {}
    for name in names:
        groups = _groups([points[index].get(name, "") for index in known], found)
        share = _share(groups, mean, total, len(found))
        if share is not None:
            shares[name] = share
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _share(
    groups: Mapping[str, Sequence[float]], mean: float, total: float, count: int
) -> float | None:
    if len(groups) < 2 or len(groups) == count:
        return None
    between = math.fsum(
        len(group) * (math.fsum(group) / len(group) - mean) ** 2 for group in groups.values()
    )
    within = max(0.0, total - between) / (count - len(groups))
    return max(0.0, (between - (len(groups) - 1) * within) / total)


def _groups(texts: Sequence[str], values: Sequence[float]) -> dict[str, list[float]]:
    """The values by what the parameter was, or by the part of its span."""
    groups: dict[str, list[float]] = {}
    for label, value in zip(_labels(texts), values, strict=True):
        groups.setdefault(label, []).append(value)
    return groups


def _labels(texts: Sequence[str]) -> Sequence[str]:
    numbers = [_number(text) for text in texts]
    if len(set(texts)) * 2 <= len(texts) or None in numbers:
        return texts
    order = sorted(range(len(texts)), key=lambda index: numbers[index] or 0.0)
    bins = max(2, math.isqrt(len(texts)))
    labels = [""] * len(texts)
    for rank, index in enumerate(order):
        labels[index] = str(rank * bins // len(texts))
    return labels


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
