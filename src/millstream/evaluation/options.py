"""What `evaluator_config` says, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from millstream.errors import InvalidParameter
from millstream.evaluation.dataset import EvaluationDataset
from millstream.evaluation.resampling import Array, Plan

MOST_CURVES = 10
EXPLAINED_ROWS = 2_000


class Options(NamedTuple):
    """How to evaluate; the names are MLflow's but for `plan` and `log_intervals`."""

    plan: Plan = Plan()
    metric_prefix: str = ""
    pos_label: Any = None
    average: str = "weighted"
    sample_weights: Any = None
    col_mapping: Mapping[str, Any] = {}
    max_classes_for_multiclass_roc_pr: int = MOST_CURVES
    log_model_explainability: bool = False
    explainability_nsamples: int = EXPLAINED_ROWS
    log_intervals: bool = False
    all: Mapping[str, Any] = {}


def options(config: Mapping[str, Any], plan: Plan) -> Options:
    """The options of a configuration; keys beyond them are left to custom metrics."""
    known = {
        name: value
        for name, value in config.items()
        if name in Options._fields and name not in ("plan", "all") and value is not None
    }
    found = Options(plan.checked(), **known)._replace(all=dict(config))
    for name, kind in (("metric_prefix", str), ("col_mapping", Mapping), ("average", str)):
        if not isinstance(getattr(found, name), kind):
            raise InvalidParameter(
                f"`evaluator_config` has {name}={getattr(found, name)!r}, which must be "
                f"{'a dictionary' if kind is Mapping else 'a text'}"
            )
    return found


def weights_column(config: Mapping[str, Any]) -> list[str]:
    """The column of the weights, if they are one: it is no feature."""
    given = config.get("sample_weights")
    return [given] if isinstance(given, str) else []


def weights(found: Options, dataset: EvaluationDataset) -> Array | None:
    """The weight of each row, or None; of a column or as given."""
    given = found.sample_weights
    if given is None:
        return None
    if isinstance(given, str):
        table = dataset.table
        if given not in table.columns:
            raise InvalidParameter(
                f"`sample_weights` names the column {given!r}, but the columns of the data are "
                f"{list(table.columns)}"
            )
        given = table[given]
    values = np.asarray(given, dtype=float)
    if values.shape != (len(dataset),):
        raise InvalidParameter(
            f"`sample_weights` must be one number for each of the {len(dataset)} rows, but has "
            f"the shape {values.shape}"
        )
    if not np.isfinite(values).all() or (values < 0).any() or values.sum() <= 0:
        raise InvalidParameter(
            "`sample_weights` must be finite, not negative and not all 0; the smallest is "
            f"{values.min()!r}, the largest {values.max()!r}"
        )
    return values
