"""What a search over parameters logs: its best candidate, all results, and child runs."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator, Mapping
from typing import Any

from millstream.client.active import PARENT, Current
from millstream.client.artifacts import ArtifactMethods
from millstream.client.data.dataset import Dataset
from millstream.client.runs import RunMethods
from millstream.integrations.autologging.data import log_dataset
from millstream.integrations.autologging.recording import Record
from millstream.integrations.autologging.runs import AUTOLOGGING

FLAVOR = "sklearn"
RESULTS = "cv_results.csv"
_NO_METRICS = ("split", "param")


def is_search(estimator: Any) -> bool:
    """Whether an estimator tries candidates: grid, random, successive halving, and their like."""
    return any(kind.__name__ == "BaseSearchCV" for kind in type(estimator).__mro__)


class Search:
    """A search, and the run that it is logged to; made before it begins."""

    def __init__(self, estimator: Any, run: Current) -> None:
        self._search = estimator
        self._run = run
        self._began = _now()
        self._base = estimator.estimator.get_params(deep=True)
        self._client = RunMethods(run.place)

    def log_best(self, most_children: int | None, dataset: Dataset | None) -> None:
        """Log the best candidate and the table, and the best candidates as child runs.

        `dataset` is what all of them were trained on.
        """
        best = getattr(self._search, "best_params_", None) or {}
        record = Record(self._run.run_id, self._run.place)
        record.params({f"best_{name}": value for name, value in best.items()})
        record.metrics({"best_cv_score": getattr(self._search, "best_score_", None)})
        record.send()
        files = ArtifactMethods(self._run.place)
        files.log_text(self._run.run_id, table(self._search.cv_results_), RESULTS)
        for index in ranked(self._search)[:most_children]:
            self._log_child(index, dataset)

    def _log_child(self, index: int, dataset: Dataset | None) -> None:
        results = self._search.cv_results_
        kind = type(self._search.estimator)
        tags = {
            AUTOLOGGING: FLAVOR,
            PARENT: self._run.run_id,
            "estimator_name": kind.__name__,
            "estimator_class": f"{kind.__module__}.{kind.__name__}",
        }
        experiment = self._run.run.info.experiment_id
        name = f"candidate-{index}"
        child = self._client.create_run(experiment, self._began, tags, name).info.run_id
        record = Record(child, self._run.place)
        record.params({**self._base, **results["params"][index]})
        record.metrics(
            {
                name: values[index]
                for name, values in results.items()
                if not name.startswith(_NO_METRICS)
            }
        )
        record.send()
        if dataset is not None:
            log_dataset(self._client, child, dataset)
        self._client.set_terminated(child, "FINISHED", _now())


def ranked(search: Any) -> list[int]:
    """The places of the candidates in the results, best first; failed ones last."""
    results = search.cv_results_
    refit = search.refit if isinstance(search.refit, str) else "score"
    names = [f"rank_test_{refit}", *sorted(name for name in results if name.startswith("rank_"))]
    ranks = next((results[name] for name in names if name in results), None)
    count = len(results["params"])
    if ranks is None:
        return list(range(count))
    return sorted(range(count), key=lambda place: (int(ranks[place]), place))


def table(results: Mapping[str, Any]) -> str:
    """The results of all candidates as CSV, a column for each of their keys."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(results)
    writer.writerows(_rows(results))
    return text.getvalue()


def _rows(results: Mapping[str, Any]) -> Iterator[list[Any]]:
    for place in range(len(results["params"])):
        yield [values[place] for values in results.values()]


def _now() -> int:
    return time.time_ns() // 1_000_000
