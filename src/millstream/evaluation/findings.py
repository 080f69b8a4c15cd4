"""What an evaluator finds, before any of it is logged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from millstream.evaluation.contents import Content
from millstream.evaluation.resampling import (
    Array,
    Interval,
    Plan,
    Statistic,
    intervals,
    replicate,
)

FEWEST_ROWS = 2  # one row drawn again is the same row: that says nothing


class Findings:
    """Metrics, their intervals and resamples, and artifacts by name."""

    def __init__(self) -> None:
        self.metrics: dict[str, float] = {}
        self.intervals: dict[str, Interval] = {}
        self.replicates: dict[str, Array] = {}
        self.artifacts: dict[str, Content] = {}
        self.rows: str | None = None
        self.greater_is_better: dict[str, bool] = {}

    def resample(
        self, statistics: Sequence[Statistic], strata: Array, plan: Plan, weights: Array | None
    ) -> dict[str, Array]:
        """Find the intervals of the metrics; answers with all resamples, also of other numbers."""
        if not statistics or not plan.n_bootstrap or len(strata) < FEWEST_ROWS:
            return {}

        def all_of(counts: Array) -> dict[str, Array]:
            return {name: one for of in statistics for name, one in of(counts).items()}

        found = replicate(all_of, plan, strata)
        self.intervals |= intervals(all_of, self.metrics, found, plan.level, len(strata))
        self.replicates |= {name: found[name] for name in self.metrics if name in found}
        self.rows = digest(strata, weights, plan)
        return found

    def copy_interval(self, name: str, of: str) -> None:
        """Give a metric the interval of another that is the same number."""
        if of in self.intervals and np.isclose(self.metrics[name], self.metrics[of], rtol=1e-9):
            self.intervals[name] = self.intervals[of]
            self.replicates[name] = self.replicates[of]

    def prefixed(self, prefix: str) -> Findings:
        """The same with a prefix before the names of metrics and of files."""
        found = Findings()
        for part in ("metrics", "intervals", "replicates", "greater_is_better"):
            named: Mapping[str, Any] = getattr(self, part)
            setattr(found, part, {prefix + name: value for name, value in named.items()})
        found.artifacts = {
            name: content._replace(file=prefix + content.file)
            for name, content in self.artifacts.items()
        }
        found.rows = self.rows
        return found


def digest(strata: Array, weights: Array | None, plan: Plan) -> str:
    """Says which rows were resampled and how: equal if two models can be compared pair by pair."""
    found = hashlib.sha256(repr((len(strata), plan)).encode())
    for values in (strata, weights):
        if values is not None:
            found.update(pd.util.hash_array(np.asarray(values)).tobytes())
    return found.hexdigest()
