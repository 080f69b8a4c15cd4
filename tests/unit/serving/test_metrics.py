"""What Prometheus reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.server.conftest import Caller
    from tests.unit.serving.conftest import Save, Serve

ROWS = b'{"inputs": [[1.0, 1.0, 1.0], [0.0, 0.0, 2.0]]}'


def samples(call: Caller) -> dict[tuple[str, ...], float]:
    got = call("GET", "/metrics")
    assert got.status == 200
    assert got.headers["content-type"].startswith("text/plain")
    return {
        (sample.name.removeprefix("millstream_serving_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(got.body.decode())
        for sample in family.samples
    }


def test_answers_times_and_sizes_are_counted(serve: Serve, linear: Path) -> None:
    call = serve(linear)
    for _ in range(3):
        call.post("/invocations", ROWS)
    seen = samples(call)
    assert seen["requests_total", "linear", "200"] == 3
    assert seen["request_seconds_count", "linear"] == 3
    assert seen["prediction_seconds_count", "linear"] == 3
    assert seen["batch_rows_sum", "linear"] == 6
    assert seen["batch_requests_sum", "linear"] == 3
    assert seen["in_flight", "linear"] == 0
    assert seen["queue_length", "linear"] == 0
    assert seen["ready", "linear"] == 1


def test_errors_are_counted_by_their_cause(
    serve: Serve, linear: Path, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    def predict(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        import time  # noqa: PLC0415  # the model is pickled

        time.sleep(0.2)
        raise KeyError("a")

    slow = serve(save(predict, "slow"), timeout=0.05)
    slow.post("/invocations", ROWS)
    seen = samples(slow)
    assert seen["errors_total", "timeout", "slow"] == 1
    assert seen["requests_total", "slow", "504"] == 1
    call = serve(linear)
    call.post("/invocations", b"{")
    call.post("/invocations", b"{", (b"content-type", b"text/plain"))

    def surprise(*_: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr("millstream.serving.payloads.encode", surprise)
    call.post("/invocations", ROWS)
    seen = samples(call)
    assert seen["errors_total", "input", "linear"] == 2
    assert seen["errors_total", "internal", "linear"] == 1
    assert seen["errors_total", "model", "linear"] == 0
    assert seen["requests_total", "linear", "415"] == 1


def test_code_of_the_model_is_a_cause_of_its_own(serve: Serve, save: Save) -> None:
    def fail(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        raise KeyError("a")

    call = serve(save(fail))
    call.post("/invocations", ROWS)
    assert samples(call)["errors_total", "model", "model"] == 1


def test_a_model_that_is_not_there_yet_is_not_ready(serve: Serve, linear: Path) -> None:
    assert samples(serve(linear, load=False))["ready", "linear"] == 0
