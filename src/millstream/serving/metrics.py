"""Counts and times of predictions in Prometheus' format, at /metrics.

Loaded late, since the library decides when it is imported whether processes count together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from millstream.serving.slot import Slot

KIND = CONTENT_TYPE_LATEST.encode()
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384)
_PREFIX = "millstream_serving_"
_CAUSES = ("input", "model", "timeout", "overload", "abandoned", "internal")


class ModelMetrics:
    """What is counted for one model; its labels are bound once, since binding costs more."""

    def __init__(self, instruments: Instruments, name: str) -> None:
        self._instruments = instruments
        self._name = name
        self._answers: dict[int, Callable[[], None]] = {}
        self._seconds = instruments.seconds.labels(name)
        self._prediction = instruments.prediction.labels(name)
        self._requests = instruments.batch_requests.labels(name)
        self._rows = instruments.batch_rows.labels(name)
        self._errors = {cause: instruments.errors.labels(name, cause) for cause in _CAUSES}

    def answered(self, status: int, seconds: float) -> None:
        """A request has got its answer."""
        count = self._answers.get(status)
        if count is None:
            count = self._instruments.answers.labels(self._name, str(status)).inc
            self._answers[status] = count
        count()
        self._seconds.observe(seconds)

    def failed(self, cause: str) -> None:
        """A request has got no prediction; the cause is one of a few words."""
        self._errors[cause].inc()

    def predicted(self, requests: int, rows: int, seconds: float) -> None:
        """One prediction answered so many requests with so many rows."""
        self._prediction.observe(seconds)
        self._requests.observe(requests)
        self._rows.observe(rows)


class FollowedMetrics:
    """What is counted for one model that follows the registry."""

    def __init__(self, instruments: Instruments, name: str) -> None:
        self._version = instruments.version
        self._name = name
        self._taken = instruments.changes.labels(name, "taken")
        self._refused = instruments.changes.labels(name, "refused")
        self._unanswered = instruments.unanswered.labels(name)

    def serves(self, version: str, before: str | None) -> None:
        """This version serves, and no longer the one before."""
        self._version.labels(self._name, version).set(1)
        if before is not None:
            self._version.labels(self._name, before).set(0)
            self._taken.inc()

    def refused(self) -> None:
        """A version could not take over."""
        self._refused.inc()

    def unanswered(self) -> None:
        """The registry could not say which version it is."""
        self._unanswered.inc()


class Instruments:
    """All instruments, and their exposition; `together` if several processes count as one."""

    def __init__(self, *, together: bool = False) -> None:
        self._registry = registry = CollectorRegistry()
        self._together = together

        def histogram(name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(_PREFIX + name, text, ["model"], registry=registry, buckets=buckets)

        def gauge(name: str, text: str, *more: str) -> Gauge:
            labels = ["model", *more]
            return Gauge(
                _PREFIX + name, text, labels, registry=registry, multiprocess_mode="livesum"
            )

        def counter(name: str, text: str, *more: str) -> Counter:
            return Counter(_PREFIX + name, text, ["model", *more], registry=registry)

        self.answers = counter("requests", "Requests for predictions that were answered.", "status")
        self.errors = counter("errors", "Requests that got no prediction, by cause.", "cause")
        self.version = gauge("version", "Processes that serve this version.", "version")
        self.changes = counter(
            "version_changes", "Versions of the registry that took over or were refused.", "outcome"
        )
        self.unanswered = counter("registry_errors", "Looks at the registry that gave no version.")
        self.seconds = histogram(
            "request_seconds", "Time from the head of a request to its answer.", _SECONDS
        )
        self.prediction = histogram(
            "prediction_seconds", "Time that the model takes for one prediction.", _SECONDS
        )
        self.batch_requests = histogram(
            "batch_requests", "Requests that one prediction answers.", _SIZES
        )
        self.batch_rows = histogram("batch_rows", "Rows that one prediction answers.", _SIZES)
        self._in_flight = gauge("in_flight", "Requests that are being answered.")
        self._queue_length = gauge("queue_length", "Requests that wait for the model.")
        self._ready = gauge("ready", "Processes whose model is ready.")

    def look(self, models: Iterable[Slot]) -> None:
        """Note what is a matter of this moment."""
        for model in models:
            self._in_flight.labels(model.name).set(model.in_flight)
            self._queue_length.labels(model.name).set(model.queue_length)
            self._ready.labels(model.name).set(model.reason is None)

    def text(self, models: Iterable[Slot]) -> bytes:
        """What Prometheus reads; if several processes count together, the sum of them."""
        self.look(models)
        registry = self._registry
        if self._together:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # so there
        return generate_latest(registry)
