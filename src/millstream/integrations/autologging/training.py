"""What a boosting of trees measures, iteration by iteration, in the run of its training."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

from millstream.client.active import current
from millstream.client.datasets import log_input
from millstream.integrations.autologging.configuration import get_autologging_config
from millstream.integrations.autologging.data import dataset_of, example_of
from millstream.integrations.autologging.models import log_trained_model, signature_of
from millstream.integrations.autologging.recording import BatchMetricsLogger, Record
from millstream.integrations.autologging.reports import Parts, unheard


class Training(Parts):
    """A training under way: its run, what of its logging failed, and its measures.

    Those are logged as they come, and kept for what is said at the end.
    """

    def __init__(self, flavor: str) -> None:
        super().__init__(flavor, silent=bool(get_autologging_config(flavor, "silent", False)))
        self._flavor = flavor
        self.run_id = current().run_id
        self.measured: dict[int, dict[str, float]] = {}
        self._logger = BatchMetricsLogger(self.run_id)

    def log(self, metrics: Mapping[str, Any], step: int) -> None:
        """Log a point of each metric; what is no number is left out."""
        if metrics:
            self._logger.record_metrics(metrics, step)

    @property
    def last(self) -> int:
        """The step of the last one."""
        return max(self.measured, default=0)

    def add(self, iteration: int, measures: Mapping[str, Any]) -> None:
        """Log what an iteration measured, by data set and metric such as `valid-rmse`."""
        named = {metric_name(name): float(value) for name, value in measures.items()}
        self.measured[iteration] = named
        self.log(named, iteration)

    def end_early(self, best: int, *, stopped: int, place: int) -> None:
        """Log where the training stopped and where it was best, and again what it measured there.

        `best` and `stopped` are numbered as the library does; `place` is the step of the best. Its
        measures come as a step after the last one.
        """
        self._logger.record_metrics({"stopped_iteration": stopped, "best_iteration": best})
        self.log(self.measured.get(place, {}), self.last + 1)

    def log_model(
        self, model: Any, data: Any, predict: Callable[[Any], Any], **options: Any
    ) -> None:
        """Log what was trained, with the signature of the first rows of `data` if it has one."""
        example, signature = None if data is None else example_of(data), None
        option = functools.partial(get_autologging_config, self._flavor)
        if (
            example is not None
            and option("log_models", True)
            and option("log_model_signatures", True)
        ):
            signature = self.do("signature", unheard(signature_of), example, predict)
        self.do(
            "model", log_trained_model, self._flavor, model, example, None,
            signature=signature, **options,
        )  # fmt: skip


def metric_name(name: str) -> str:
    """The name that MLflow gives a metric such as `ndcg@3`."""
    return name.replace("@", "_at_")


def log_arguments(
    run_id: str, params: Any, given: inspect.BoundArguments, left_out: Collection[str]
) -> None:
    """Log a booster's params and the other arguments of the function that trains it."""
    record = Record(run_id)
    record.params(dict(params or {}))
    called = inspect.BoundArguments(given.signature, given.arguments.copy())
    called.apply_defaults()
    shown = {name: value for name, value in called.arguments.items() if name not in left_out}
    record.params(shown)
    record.send()


def log_data(
    flavor: str, features: Any, targets: Any, context: str, name: str | None = None
) -> None:
    """Record data that a training reads, if the options say so and they can be described."""
    if get_autologging_config(flavor, "log_datasets", True):
        dataset = dataset_of(features, targets, name)
        if dataset is not None:
            log_input(dataset, context)
