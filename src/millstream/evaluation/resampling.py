"""Uncertainty by bootstrap: how far a metric would move if the rows had been drawn again.

A resample is told by how often each row was drawn, so that metrics that are functions of weights
are computed for many resamples at once, and two models on the same rows share their resamples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from millstream.errors import InvalidParameter

Array = NDArray[Any]
Statistic = Callable[[Array], Mapping[str, Array]]

MOST_AT_ONCE = 4_000_000
MOST_WORK = 50_000_000
FEWEST = 50
ENOUGH_FOR_TAILS = 250
MOST_ROWS_LEFT_OUT = 500
FEWEST_DEFINED = 0.5


class Interval(NamedTuple):
    """Where a metric lies with the probability `level`, such as 0.95."""

    low: float
    high: float
    level: float


class Plan(NamedTuple):
    """How to resample: how often, for which level of confidence, from which seed."""

    n_bootstrap: int = 1_000
    level: float = 0.95
    seed: int = 0

    def checked(self) -> Plan:
        """Itself; what makes no sense raises `InvalidParameter`."""
        if not isinstance(self.n_bootstrap, int) or self.n_bootstrap < 0:
            raise InvalidParameter(
                f"`n_bootstrap` is the number of resamples, 0 for none; got {self.n_bootstrap!r}"
            )
        if not isinstance(self.level, float) or not 0 < self.level < 1:
            raise InvalidParameter(
                f"`confidence_level` lies between 0 and 1, such as 0.95; got {self.level!r}"
            )
        return self

    def afforded(self, rows: int, passes: int = 1) -> Plan:
        """The same with fewer resamples where the rows are very many.

        `passes` is how many times a metric goes through all rows of a resample.
        """
        fitting = max(FEWEST, MOST_WORK // max(rows * passes, 1))
        return self._replace(n_bootstrap=min(self.n_bootstrap, fitting))


def draws(plan: Plan, strata: Array) -> Iterator[Array]:
    """How often each row is in each resample, as arrays (resamples, rows) of a bounded size.

    `strata` has a number for each row: rows are redrawn among those of the same number.
    """
    generator = np.random.default_rng(plan.seed)
    members = [np.flatnonzero(strata == one) for one in np.unique(strata)]
    rows = len(strata)
    size = max(1, MOST_AT_ONCE // max(rows, 1))
    for start in range(0, plan.n_bootstrap, size):
        count = min(size, plan.n_bootstrap - start)
        found = np.empty((count, rows))
        for places in members:
            found[:, places] = _drawn(generator, count, len(places))
        yield found


def replicate(statistic: Statistic, plan: Plan, strata: Array) -> dict[str, Array]:
    """The metrics of each resample: arrays whose first axis is the resamples."""
    parts = [statistic(weights) for weights in draws(plan, strata)]
    if not parts:
        return {}
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def left_out(statistic: Statistic, rows: int) -> dict[str, Array]:
    """The metrics without the first row, without the second, …; nothing if the rows are many."""
    if rows > MOST_ROWS_LEFT_OUT:
        return {}
    return dict(statistic(np.ones((rows, rows)) - np.eye(rows)))


def interval(
    replicates: Array, value: float, level: float, without_one: Array | None = None
) -> Interval | None:
    """The interval of a metric from its resamples, or None if too few of those define it.

    With the values `without_one` row it is corrected for bias and skewness (BCa), which matters
    for few rows; otherwise it consists of percentiles. Where rows are so many that few resamples
    were afforded, a metric is as good as normal, and only its spread is taken from them.
    """
    defined = replicates[np.isfinite(replicates)]
    if len(defined) < FEWEST_DEFINED * len(replicates) or len(defined) < 2:
        return None
    tails = ((1 - level) / 2, (1 + level) / 2)
    if len(replicates) < ENOUGH_FOR_TAILS and without_one is None:
        reach = NormalDist().inv_cdf(tails[1]) * float(defined.std(ddof=1))
        return Interval(value - reach, value + reach, level)
    if without_one is not None:
        tails = _corrected(tails, defined, value, without_one)
    low, high = np.quantile(defined, tails)
    return Interval(float(low), float(high), level)


def intervals(
    statistic: Statistic,
    values: Mapping[str, float],
    replicates: Mapping[str, Array],
    level: float,
    rows: int,
) -> dict[str, Interval]:
    """The interval of each of the metrics that have resamples."""
    if not replicates:
        return {}
    without = left_out(statistic, rows)
    found = {
        name: interval(replicates[name], value, level, without.get(name))
        for name, value in values.items()
        if name in replicates
    }
    return {name: one for name, one in found.items() if one is not None}


def weighted_mean(weights: Array, values: Array) -> Array:
    """The mean of the values for each row of weights; NaN where all weights are 0."""
    return ratio(weights @ values, weights.sum(axis=1))


def ratio(numerator: Array, denominator: Array, otherwise: float = np.nan) -> Array:
    """The quotients, and `otherwise` where the denominator is 0."""
    found = np.full(np.broadcast(numerator, denominator).shape, otherwise)
    np.divide(numerator, denominator, out=found, where=denominator != 0)
    return found


def _drawn(generator: np.random.Generator, count: int, rows: int) -> Array:
    chosen = generator.integers(0, rows, size=(count, rows))
    chosen += np.arange(count)[:, None] * rows
    return np.bincount(chosen.ravel(), minlength=count * rows).reshape(count, rows)


def _corrected(
    tails: tuple[float, float], replicates: Array, value: float, without_one: Array
) -> tuple[float, float]:
    """The quantiles to take instead of the tails, after Efron (1987); ties count half."""
    normal = NormalDist()
    below = float(np.mean(replicates < value) + np.mean(replicates == value) / 2)
    deviations = without_one.mean() - without_one
    spread = float((deviations**2).sum())
    if not 0 < below < 1 or not np.isfinite(spread) or spread <= 0:
        return tails
    bias = normal.inv_cdf(below)
    skewness = float((deviations**3).sum()) / (6 * spread**1.5)

    def moved(tail: float) -> float:
        point = bias + normal.inv_cdf(tail)
        return normal.cdf(bias + point / max(1 - skewness * point, 1e-9))

    return moved(tails[0]), moved(tails[1])
