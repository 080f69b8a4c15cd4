"""Patches the models of statsmodels: a fit logs its arguments, its statistics and its results."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from statsmodels.base.model import Model

from millstream.client.active import Current, current
from millstream.client.artifacts import ArtifactMethods
from millstream.client.runs import RunMethods
from millstream.integrations.autologging.calls import arguments_of
from millstream.integrations.autologging.configuration import get_autologging_config
from millstream.integrations.autologging.data import dataset_of, log_dataset
from millstream.integrations.autologging.imports import when_imported
from millstream.integrations.autologging.models import log_trained_model
from millstream.integrations.autologging.patches import safe_patch
from millstream.integrations.autologging.recording import Record
from millstream.integrations.autologging.reports import Parts, unheard

FLAVOR = "statsmodels"
FITS = ("fit", "fit_regularized")
SUMMARY = "model_summary.txt"

_logger = logging.getLogger("millstream.autologging")

# What results may have, by the names of statsmodels.
STATISTICS = (
    *("aic", "aicc", "bic", "hqic", "llf", "llnull", "llr", "llr_pvalue"),
    *("rsquared", "rsquared_adj", "prsquared", "fvalue", "f_pvalue", "condition_number"),
    *("ess", "ssr", "sse", "centered_tss", "uncentered_tss", "scale", "df_model", "df_resid"),
    *("mse_model", "mse_resid", "mse_total", "deviance", "null_deviance", "pearson_chi2"),
)
# It decomposes the whole design matrix.
_COSTLY = "condition_number"
MOST_VALUES_DECOMPOSED = 2_000_000


def install(_: ModuleType) -> None:
    """Patch what is imported of statsmodels, and what will be."""
    when_imported(FLAVOR, FLAVOR, _patch_module, below=True)


def _patch_module(module: ModuleType) -> None:
    for kind in list(vars(module).values()):
        own = isinstance(kind, type) and kind.__module__ == module.__name__
        if own and issubclass(kind, Model):
            for name in FITS:
                if name in vars(kind):
                    safe_patch(FLAVOR, kind, name, fit, manage_run=True)


def fit(original: Callable[..., Any], model: Any, *arguments: Any, **keywords: Any) -> Any:
    """Call a fit, and log to the active run what went in and what came out."""
    parts = Parts(FLAVOR, silent=_option("silent", False))
    run = current()
    try:
        parts.do("params", _log_arguments, run, original, model, arguments, keywords)
        parts.do("dataset", _log_data, run, model)
        results = original(model, *arguments, **keywords)
        parts.do("metrics", _log_statistics, run, results)
        parts.do("model", _log_model, model, results)
        parts.do("summary", _log_summary, run, results)
        return results
    finally:
        parts.tell()


def _log_arguments(
    run: Current,
    method: Callable[..., Any],
    model: Any,
    arguments: tuple[Any, ...],
    keywords: Mapping[str, Any],
) -> None:
    record = Record(run.run_id, run.place)
    record.params(dict(list(arguments_of(method, (model, *arguments), keywords).items())[1:]))
    formula = getattr(model, "formula", None)
    record.params({} if formula is None else {"formula": formula})
    kind = type(model)
    record.tags({"estimator_name": kind.__name__, "estimator_class": _path(kind)})
    record.send()


def _log_data(run: Current, model: Any) -> None:
    data = getattr(model, "data", None)
    targets, features = getattr(data, "orig_endog", None), getattr(data, "orig_exog", None)
    if not _option("log_datasets", True):
        return
    dataset = dataset_of(targets) if features is None else dataset_of(features, targets)
    if dataset is not None:
        log_dataset(RunMethods(run.place), run.run_id, dataset)


def _log_statistics(run: Current, results: Any) -> None:
    record = Record(run.run_id, run.place)
    record.metrics(unheard(statistics_of)(results))
    record.send()


def statistics_of(results: Any) -> dict[str, float]:
    """The statistics of a fit that are single finite numbers, by name."""
    found: dict[str, float] = {}
    for name in STATISTICS:
        if name == _COSTLY and _values(results) > MOST_VALUES_DECOMPOSED:
            continue
        try:
            value = float(getattr(results, name))
        except Exception as error:  # noqa: BLE001  # results say in many ways that they lack one
            _logger.debug("%s is undefined: %s", name, error)
            continue
        if math.isfinite(value):
            found[name] = value
    return found


def _values(results: Any) -> int:
    exog = getattr(getattr(results, "model", None), "exog", None)
    return int(getattr(exog, "size", 0))


def _log_model(model: Any, results: Any) -> None:
    log_trained_model(FLAVOR, results, _asked(model, results), getattr(results, "predict", None))


def _asked(model: Any, results: Any) -> Any:
    """Data as the results are asked with: of a formula the frame, of a series (by times) none."""
    if hasattr(results, "forecast"):
        return None
    name = "orig_exog" if getattr(model, "formula", None) is None else "frame"
    return getattr(getattr(model, "data", None), name, None)


def _log_summary(run: Current, results: Any) -> None:
    if hasattr(results, "summary"):
        text = unheard(lambda: results.summary().as_text())()
        ArtifactMethods(run.place).log_text(run.run_id, text, SUMMARY)


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__name__}"


def _option(name: str, default: Any) -> Any:
    return get_autologging_config(FLAVOR, name, default)
