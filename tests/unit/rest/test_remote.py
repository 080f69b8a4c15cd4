"""The remote store: what it sends, and what it makes of what comes back."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from millstream import errors
from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import models as lm
from millstream.entities import registered_models as rm
from millstream.entities import runs as r
from millstream.entities import transition_requests as tr
from millstream.entities import users as u
from millstream.entities.asking import Asking
from millstream.rest.inprocess import DispatchTransport
from millstream.rest.remote import RemoteStore
from millstream.rest.transport import Reply

if TYPE_CHECKING:
    from tests.unit.rest.conftest import Wire


class Scripted:
    """A transport that gives the replies it was told to, in turn."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.sent: list[tuple[str, str, bytes | None]] = []

    def send(self, method: str, path: str, body: bytes | None) -> Reply:
        self.sent.append((method, path, body))
        return self.replies.pop(0)

    def close(self) -> None:
        self.replies.clear()


def said(status: int, body: object) -> Reply:
    text = body if isinstance(body, str) else json.dumps(body)
    return Reply(status, {}, text.encode())


def remote(*replies: Reply) -> tuple[RemoteStore, Scripted]:
    transport = Scripted(*replies)
    return RemoteStore("http://host", transport=transport), transport


@pytest.fixture
def store(wire: Wire) -> RemoteStore:
    return RemoteStore("in-process", transport=DispatchTransport(wire.dispatcher))


def test_nobody_is_asked_for_on_behalf_of_another(wire: Wire, store: RemoteStore) -> None:
    asking = Asking("ada", u.Caller(7, "ada", is_admin=True))
    calls: list[Callable[[Asking | None], object]] = [
        lambda asking: store.experiments.search(e.SearchExperiments(), asking),
        lambda asking: store.experiments.create(e.CreateExperiment("a"), asking).result(),
        lambda asking: store.runs.search(r.SearchRuns(["0"]), asking),
        lambda asking: store.models.search(lm.SearchLoggedModels(["0"]), asking),
        lambda asking: store.registered_models.search(rm.SearchRegisteredModels(), asking),
        lambda asking: store.transition_requests.search(tr.SearchTransitionRequests(), asking),
    ]
    for call in calls:
        with pytest.raises(errors.NotSupported, match="on behalf of 'ada'"):
            call(asking)
    assert wire.backend.requests == []
    wire.answers("experiments.search", e.ExperimentPage())
    for nobody in (None, Asking("ada")):
        assert store.experiments.search(e.SearchExperiments(), nobody) == e.ExperimentPage()


def test_a_point_travels_whole(wire: Wire, store: RemoteStore) -> None:
    for value in (1.0, math.inf, -math.inf):
        store.metrics.log(m.LogMetric("a", "k", value, 5, step=-1)).result()
        request = wire.backend.requests[-1][1]
        assert (request.value, request.step, request.timestamp) == (value, -1, 5)
    store.metrics.log(m.LogMetric("a", "k", math.nan, 5)).result()
    assert math.isnan(wire.backend.requests[-1][1].value)


def test_a_batch_travels_whole(wire: Wire, store: RemoteStore) -> None:
    sent = r.LogBatch(
        "a", [m.Metric("k", 1.0, 1, 2, model_id="m-1")], [r.Param("p", "")], [r.RunTag("t", "ü\n")]
    )
    store.runs.log_batch(sent).result()
    assert wire.last == msgspec.to_builtins(sent)


def test_a_run_comes_back_equal(wire: Wire, store: RemoteStore) -> None:
    run = r.Run(
        r.RunInfo("a", "0", "u", "RUNNING", None, run_uuid="a"),
        r.RunData([m.Metric("k", math.inf, 1)], [r.Param("p", "v")], [r.RunTag("t", "")]),
        r.RunInputs([r.DatasetInput(r.Dataset("n", "d", "s", "s"))]),
        r.RunOutputs([r.LoggedModelOutput("m-1", 3)]),
    )
    wire.answers("runs.get", run)
    wire.answers("runs.create", run)
    assert store.runs.get(r.RunId("a")) == run
    assert store.runs.create(r.CreateRun("0")).result() == run


def test_lists_and_flags_in_query_strings(wire: Wire, store: RemoteStore) -> None:
    wire.answers("metrics.get_history_bulk_interval", m.MetricPage())
    asked = m.GetMetricHistoryBulkInterval(["a", "b&c"], "k ü", start_step=0, end_step=5)
    store.metrics.get_history_bulk_interval(asked)
    assert wire.last == {
        "run_ids": ["a", "b&c"],
        "metric_key": "k ü",
        "start_step": 0,
        "end_step": 5,
    }
    wire.answers(
        "models.get",
        lm.LoggedModel(lm.LoggedModelInfo("a", "b", "c", 1, 2, "d", "LOGGED_MODEL_READY")),
    )
    assert store.models.get(lm.GetLoggedModel("a/b", allow_deleted=True)).model_id == "a"
    assert wire.last == {"model_id": "a/b", "allow_deleted": True}


def test_a_tag_whose_key_has_a_slash(wire: Wire, store: RemoteStore) -> None:
    store.models.delete_tag(lm.DeleteLoggedModelTag("m-1", r"a/b\1 %2F")).result()
    assert wire.last == {"model_id": "m-1", "tag_key": r"a/b\1 %2F"}


def test_a_failed_write_raises_when_asked_for_its_outcome(wire: Wire, store: RemoteStore) -> None:
    wire.answers("runs.set_tag", errors.NotFound("Run with id=a not found"))
    pending = store.runs.set_tag(r.SetTag("a", "k", "v"))
    with pytest.raises(errors.NotFound) as caught:
        pending.result()
    assert caught.value.message == "Run with id=a not found"
    assert str(caught.value) == "RESOURCE_DOES_NOT_EXIST: Run with id=a not found"


@pytest.mark.parametrize(
    ("status", "body", "kind", "part"),
    [
        (404, "<html>", errors.EndpointNotFound, "failed with error code 404 != 200"),
        (401, "who", errors.Unauthenticated, "Response body: 'who'"),
        (403, "Permission denied", errors.PermissionDenied, "Permission denied"),
        (502, "", errors.MillstreamError, "/api/2.0/mlflow/runs/get failed"),
        (500, {"error_code": "ODD", "message": "m"}, errors.MillstreamError, "m"),
        (400, {"message": "no code"}, errors.BadRequest, "no code"),
        (200, "<html>", errors.MillstreamError, "cannot be understood"),
        (200, "[]", errors.MillstreamError, "cannot be understood"),
        (200, {}, errors.MillstreamError, "cannot be understood"),
        (200, {"run": {"info": 3}}, errors.MillstreamError, "cannot be understood"),
    ],
)
def test_answers_that_are_no_answer(status: int, body: Any, kind: Any, part: str) -> None:
    store, _ = remote(said(status, body))
    with pytest.raises(kind) as caught:
        store.runs.get(r.RunId("a"))
    assert type(caught.value) is kind
    assert part in caught.value.message


def test_bare_tokens_and_nulls_are_understood() -> None:
    text = (
        '{"metrics":[{"key":"k","value":NaN,"timestamp":1,"step":2,"run_id":"a","model_id":null}]}'
    )
    store, transport = remote(said(200, text))
    page = store.metrics.get_history_bulk(m.GetMetricHistoryBulk(["a"], "k"))
    assert math.isnan(page.metrics[0].value)
    method, path, _ = transport.sent[0]
    assert method == "GET"
    assert path == "/ajax-api/2.0/mlflow/metrics/get-history-bulk?run_id=a&metric_key=k"


def page(steps: range, token: str | None = None) -> Reply:
    points = [
        {"key": "k", "value": float(step % 7), "timestamp": 1, "step": step} for step in steps
    ]
    return said(200, {"metrics": points, **({"next_page_token": token} if token else {})})


def test_histories_are_read_page_by_page() -> None:
    store, transport = remote(page(range(25_000), "t"), page(range(25_000, 25_003)))
    slices = list(store.metrics.stream_history(m.GetMetricHistory("a", "k")))
    assert [len(points) for points in slices] == [10_000, 10_000, 5_000, 3]
    first, second = [path for _, path, _ in transport.sent]
    assert "max_results=25000" in first
    assert "page_token=t" in second


def test_series_from_a_server_that_has_only_histories() -> None:
    missing = said(404, "<html>")
    store, transport = remote(missing, page(range(1000)), page(range(0)), page(range(3)))
    asked = m.GetSeries(["a"], ["k", "none"], buckets=10)
    series = store.metrics.get_series(asked).series
    assert len(series) == 1
    assert series[0].total == 1000
    assert series[0].steps[0] == 0
    assert series[0].steps[-1] == 999
    assert len(series[0].steps) <= 40
    assert {0.0, 6.0} <= set(series[0].values)
    again = store.metrics.get_series(m.GetSeries(["a"], ["k"], start_step=1, end_step=1))
    assert again.series == [m.Series("a", "k", 1, [1], [1], [1.0])]
    assert not any("/api/v1" in path for _, path, _ in transport.sent[1:])


def test_series_with_nothing_but_not_a_number() -> None:
    points = [{"key": "k", "value": "NaN", "timestamp": 1, "step": step} for step in range(100)]
    store, _ = remote(said(404, ""), said(200, {"metrics": points}))
    series = store.metrics.get_series(m.GetSeries(["a"], ["k"], buckets=5)).series[0]
    assert series.total == 100
    assert all(math.isnan(value) for value in series.values)
    assert len(series.steps) == 10


def test_every_operation_of_the_store_is_sent(wire: Wire, store: RemoteStore) -> None:
    deleted = e.ExperimentId("1")
    for operation in (store.experiments.delete, store.experiments.restore):
        operation(deleted).result()
    for change in (
        store.experiments.update(e.UpdateExperiment("1", "n")),
        store.experiments.set_tag(e.SetExperimentTag("1", "k", "v")),
        store.experiments.delete_tag(e.DeleteExperimentTag("1", "k")),
        store.runs.delete(r.RunId("a")),
        store.runs.restore(r.RunId("a")),
        store.runs.log_param(r.LogParam("a", "k", "v")),
        store.runs.delete_tag(r.DeleteTag("a", "k")),
        store.runs.log_inputs(r.LogInputs("a")),
        store.runs.log_outputs(r.LogOutputs("a", [])),
        store.runs.log_model_history(r.LogModelHistory("a", "{}")),
        store.models.delete(lm.LoggedModelId("m-1")),
        store.models.set_tags(lm.SetLoggedModelTags("m-1")),
        store.models.log_params(lm.LogLoggedModelParams("m-1")),
    ):
        assert change.result() is None
    sent = [operation for operation, _ in wire.backend.requests]
    assert len(sent) == len(set(sent)) == 15
    store.close()
