"""What a patched call logs, gathered and sent in few requests, and cut to what stores take."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from millstream.client.active import current
from millstream.client.metrics import flush_async_logging, log_metrics
from millstream.client.runs import RunMethods
from millstream.entities.metrics import Metric
from millstream.entities.runs import Param, RunTag
from millstream.entities.validation import is_key
from millstream.errors import MillstreamError

# MLflow's limits, so that what is logged here can be moved to a server of MLflow's.
LONGEST_KEY = 250
LONGEST_PARAM = 6_000
LONGEST_TAG = 8_000
CUT = "..."

_NOT_IN_KEYS = re.compile(r"[^/\w.\- :]")


class Record:
    """Params, metrics and tags of one run until `send`; without a run id, of the active run.

    What a store would refuse by its form is cut or spelt otherwise. Numbers that are no numbers
    (None, text) are left out of metrics.
    """

    def __init__(self, run_id: str | None = None, place: str | None = None) -> None:
        if run_id is None:
            item = current()
            run_id, place = item.run_id, item.place
        self.run_id = run_id
        self._client = RunMethods(place)
        self._params: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        self._metrics: list[Metric] = []

    def params(self, params: Mapping[str, Any]) -> None:
        """Add params; of one that is there already, the first value counts."""
        for key, value in params.items():
            self._params.setdefault(_key(key), _cut(str(value), LONGEST_PARAM))

    def tags(self, tags: Mapping[str, Any]) -> None:
        """Add tags."""
        self._tags |= {_key(key): _cut(str(value), LONGEST_TAG) for key, value in tags.items()}

    def metrics(
        self,
        metrics: Mapping[str, Any],
        step: int = 0,
        *,
        model_id: str | None = None,
        dataset: tuple[str, str] | None = None,
    ) -> None:
        """Add points, all of now; `dataset` is the name and digest of what they were found on."""
        now = time.time_ns() // 1_000_000
        name, digest = dataset or (None, None)
        for key, value in metrics.items():
            number = _number(value)
            if number is not None:
                self._metrics.append(Metric(_key(key), number, now, step, model_id, name, digest))

    def send(self) -> None:
        """Log what was gathered; raises what the store refused, once all the rest is logged.

        A param that has another value already is refused, and must not take the rest with it.
        """
        params = [Param(key, value) for key, value in self._params.items()]
        tags = [RunTag(key, value) for key, value in self._tags.items()]
        metrics = self._metrics
        self._params, self._tags, self._metrics = {}, {}, []
        try:
            self._client.log_batch(self.run_id, metrics, params, tags, synchronous=True)
        except MillstreamError as error:
            if error.status >= 500 or not params or not (metrics or tags):
                raise
            self._client.log_batch(self.run_id, metrics, tags=tags, synchronous=True)
            raise


class BatchMetricsLogger:
    """Logs the metrics of many iterations through the run's journal, at microseconds each."""

    def __init__(self, run_id: str | None = None, *, model_id: str | None = None) -> None:
        self._run_id = run_id
        self._model_id = model_id

    def record_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log a point of each metric; what is no number is left out."""
        found = {_key(key): _number(value) for key, value in metrics.items()}
        points = {key: value for key, value in found.items() if value is not None}
        log_metrics(points, step, run_id=self._run_id, model_id=self._model_id)

    def flush(self) -> None:
        """Wait until all of it has arrived, or the store turns out to be away."""
        flush_async_logging()


@contextmanager
def batch_metrics_logger(
    run_id: str | None = None, model_id: str | None = None
) -> Iterator[BatchMetricsLogger]:
    """A logger of many iterations; when the block ends all has arrived, or is safe on disk."""
    logger = BatchMetricsLogger(run_id, model_id=model_id)
    yield logger
    logger.flush()


def _key(key: Any) -> str:
    """The name, cut, and with what no name may have replaced."""
    text = _NOT_IN_KEYS.sub("_", _cut(str(key), LONGEST_KEY - 1))
    if is_key(text) and text:
        return text
    return f"_{text.replace('/', '_')}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - len(CUT)] + CUT


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, str | bytes):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None
