"""What the fit of an estimator of scikit-learn logs: before it, and when it is done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from sklearn.utils import estimator_html_repr

from millstream.client.active import current
from millstream.client.artifacts import ArtifactMethods
from millstream.client.data.dataset import Dataset
from millstream.client.runs import RunMethods
from millstream.integrations.autologging.configuration import get_autologging_config
from millstream.integrations.autologging.data import dataset_of, log_dataset
from millstream.integrations.autologging.models import log_trained_model
from millstream.integrations.autologging.randomness import generators_of, kept
from millstream.integrations.autologging.recording import Record
from millstream.integrations.autologging.reports import Parts, unheard
from millstream.integrations.autologging.sklearn_answers import remember
from millstream.integrations.autologging.sklearn_data import FitData
from millstream.integrations.autologging.sklearn_scores import (
    Answers,
    answers_of,
    figures_of,
    metrics_of,
    score_of,
)
from millstream.integrations.autologging.sklearn_search import Search, is_search

FLAVOR = "sklearn"
ROWS_SCORED = "mlflow.autologging.sklearn.scoredRows"

_logger = logging.getLogger("millstream.autologging")


def fit(original: Callable[..., Any], estimator: Any, *arguments: Any, **keywords: Any) -> Any:
    """Call a fit, and log to the active run what went in and what came out."""
    parts = Parts(FLAVOR, silent=_option("silent", False))
    try:
        with kept(_generators(estimator)):
            logged = parts.do("params", Fit, original, estimator, arguments, keywords)
            if logged is not None:
                parts.do("params", logged.begin)
                parts.do("dataset", logged.log_dataset)
        result = original(estimator, *arguments, **keywords)
        if logged is not None:
            with kept(_generators(estimator)):
                logged.finish(parts)
        return result
    finally:
        parts.tell()


class Fit:
    """One fit of an estimator, and the run that it is logged to."""

    def __init__(
        self,
        method: Callable[..., Any],
        estimator: Any,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
    ) -> None:
        self._estimator = estimator
        self._data = FitData.of_call(method, estimator, arguments, keywords)
        self._run = current()
        self._client = RunMethods(self._run.place)
        self._files = ArtifactMethods(self._run.place)
        self._dataset: Dataset | None = None
        self._search = Search(estimator, self._run) if is_search(estimator) else None

    def begin(self) -> None:
        """Log what the estimator was told; of a search, without the estimator that it tunes."""
        record = Record(self._run.run_id, self._run.place)
        record.params(self._estimator.get_params(deep=self._search is None))
        record.tags(tags_of(self._estimator))
        record.send()

    def log_dataset(self) -> None:
        """Log what data it is fitted on."""
        if not _option("log_datasets", True):
            return
        dataset = dataset_of(self._data.features, self._data.targets)
        if dataset is not None:
            log_dataset(self._client, self._run.run_id, dataset)
            self._dataset = dataset

    def finish(self, parts: Parts) -> None:
        """Log what came of it, each part for itself."""
        answers = parts.do("metrics", unheard(answers_of), self._estimator, self._data)
        parts.do("metrics", self._log_metrics, answers)
        if self._search is not None:
            most = _option("max_tuning_runs", 5)
            parts.do("search", self._search.log_best, most, self._dataset)
        parts.do("model", self._log_models)
        if answers is not None and hasattr(self._estimator, "classes_"):
            parts.do("figures", self._log_figures, answers)
        parts.do("estimator.html", self._log_page)
        parts.do("metrics", remember, self._estimator, self._run)

    def _log_metrics(self, answers: Answers | None) -> None:
        record = Record(self._run.run_id, self._run.place)
        found: dict[str, float] = {}
        if answers is not None:
            pos_label = _option("pos_label", None)
            found = defined(metrics_of(self._estimator, answers, pos_label))
            if answers.rows > (len(answers.predictions) or 0):
                record.tags({ROWS_SCORED: f"{len(answers.predictions)} of {answers.rows}"})
        found |= defined([("training_score", lambda: score_of(self._estimator, self._data))])
        data = self._dataset
        record.metrics(found, dataset=None if data is None else (data.name, data.digest))
        record.send()

    def _log_models(self) -> None:
        best = getattr(self._estimator, "best_estimator_", None) if self._search else None
        kinds = [("model", self._estimator)] + ([] if best is None else [("best_estimator", best)])
        for name, estimator in kinds:
            answer = getattr(estimator, "predict", None)
            log_trained_model(
                FLAVOR,
                estimator,
                self._data.features,
                answer,
                name=name,
                serialization_format=_option("serialization_format", None),
                **({} if name == "model" else {"registered_model_name": None}),
            )

    def _log_figures(self, answers: Answers) -> None:
        drawn = unheard(figures_of)(answers, self._estimator.classes_)
        for name, draw in drawn.items():
            self._files.log_figure(self._run.run_id, unheard(draw)(), name)

    def _log_page(self) -> None:
        self._files.log_text(
            self._run.run_id, estimator_html_repr(self._estimator), "estimator.html"
        )


def tags_of(estimator: Any) -> dict[str, str]:
    """The class of an estimator, under MLflow's names."""
    kind = type(estimator)
    return {
        "estimator_name": kind.__name__,
        "estimator_class": f"{kind.__module__}.{kind.__name__}",
    }


def defined(metrics: Iterable[tuple[str, Callable[[], float | None]]]) -> dict[str, float]:
    """The values of those metrics that this estimator and these data have."""
    found: dict[str, float] = {}
    for name, metric in metrics:
        try:
            value = unheard(metric)()
        except Exception as error:  # noqa: BLE001  # a metric says in many ways that it is undefined
            _logger.debug("%s is undefined: %s", name, error)
            continue
        if value is not None:
            found[name] = float(value)
    return found


def _generators(estimator: Any) -> list[Any]:
    """The generators that an estimator draws from when it answers, its steps' too."""
    found = generators_of(vars(estimator).values())
    with suppress(Exception):  # a third party's `get_params` may fail; that is told of elsewhere
        found += generators_of(estimator.get_params().values())
    return found


def _option(name: str, default: Any) -> Any:
    return get_autologging_config(FLAVOR, name, default)
