"""What the wire accepts and answers, as recorded from MLflow's server."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from millstream.entities import experiments as e
from millstream.entities import metrics as m
from millstream.entities import models as lm
from millstream.entities import runs as r
from millstream.errors import InvalidState, NotFound

if TYPE_CHECKING:
    from tests.unit.rest.conftest import Message, Wire

SEE = "See the API docs for more information about request parameters."
POINT = {"run_id": "a", "key": "k", "value": 1.5, "timestamp": 5}


def body(**changes: object) -> str:
    return json.dumps({**POINT, **changes})


def test_both_prefixes_answer(wire: Wire) -> None:
    for prefix in ("/api", "/ajax-api"):
        answer = wire.post(f"{prefix}/2.0/mlflow/runs/log-metric", body())
        assert (answer.status, answer.body) == (200, b"{}")
    assert [operation for operation, _ in wire.backend.requests] == ["metrics.log"] * 2
    assert wire.last == POINT


@pytest.mark.parametrize("path", ["/api/2.0/mlflow/nothing", "/api/2.0/preview/mlflow/runs/get"])
def test_unknown_paths(wire: Wire, message: Message, path: str) -> None:
    answer = wire.get(path)
    assert answer.status == 404
    assert msgspec.json.decode(answer.body)["error_code"] == "ENDPOINT_NOT_FOUND"
    assert path in message(answer)


def test_a_wrong_method_says_which_are_right(wire: Wire, message: Message) -> None:
    answer = wire.get("runs/create")
    assert answer.status == 405
    assert "POST" in message(answer)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (None, "Bad Request. Content-Type header is missing."),
        (b"text/plain", "Bad Request. Content-Type must be one of ['application/json']."),
    ],
)
def test_content_type(wire: Wire, message: Message, kind: Any, text: str) -> None:
    answer = wire.post("runs/log-metric", body(), kind)
    assert answer.status == 400
    assert message(answer) == text


def test_parameters_of_the_content_type_do_not_matter(wire: Wire) -> None:
    answer = wire.post("runs/log-metric", body(), b"application/json; charset=utf-8")
    assert answer.status == 200


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, f"Missing value for required parameter 'run_id'. {SEE}"),
        ({"run_id": ""}, f"Missing value for required parameter 'run_id'. {SEE}"),
        ({**POINT, "key": None}, f"Missing value for required parameter 'key'. {SEE}"),
        ({**POINT, "key": ""}, f"Missing value for required parameter 'key'. {SEE}"),
        (
            {"run_id": 5},
            f"Invalid value 5 for parameter 'run_id' supplied:  "
            f"Hint: Value was of type 'int'. {SEE}",
        ),
        (
            {**POINT, "value": "abc"},
            "Invalid value \"abc\" for parameter 'value' supplied:  "
            f"Hint: Value was of type 'str'. {SEE}",
        ),
        (
            {**POINT, "value": True},
            "Invalid value true for parameter 'value' supplied:  "
            f"Hint: Value was of type 'bool'. {SEE}",
        ),
        (
            {**POINT, "timestamp": 1.7},
            "Invalid value 1.7 for parameter 'timestamp' supplied:  "
            f"Hint: Value was of type 'float'. {SEE}",
        ),
        (
            {**POINT, "timestamp": 2**63},
            f"Invalid value {2**63} for parameter 'timestamp' supplied:  "
            f"Hint: Value was of type 'int'. {SEE}",
        ),
        (
            {**POINT, "runId": "a"},
            "Request specifies both 'run_id' and 'runId'; provide only one of them.",
        ),
    ],
)
def test_what_is_wrong_is_said_with_mlflows_words(
    wire: Wire, message: Message, given: Any, text: str
) -> None:
    answer = wire.post("runs/log-metric", json.dumps(given))
    assert answer.status == 400
    assert message(answer) == text
    assert not wire.backend.requests


def test_what_is_wrong_within_a_list_is_named_by_its_place(wire: Wire, message: Message) -> None:
    answer = wire.post("runs/log-batch", '{"run_id":"a","metrics":[{"key":"k","value":1}]}')
    assert message(answer) == f"Missing value for required parameter 'metrics[0].timestamp'. {SEE}"
    answer = wire.post("runs/log-batch", '{"run_id":"a","params":[{"key":"k"},{"key":5}]}')
    assert message(answer) == (
        "Invalid value 5 for parameter 'params[1].key' supplied:  "
        f"Hint: Value was of type 'int'. {SEE}"
    )
    answer = wire.post("experiments/create", '{"name":"x","tags":{"a":1}}')
    assert message(answer) == (
        "Invalid value {\"a\":1} for parameter 'tags' supplied:  "
        f"Hint: Value was of type 'dict'. {SEE}"
    )


@pytest.mark.parametrize(
    ("given", "field", "expected"),
    [
        ('{"timestamp":"1700000000000"}', "timestamp", 1700000000000),
        ('{"timestamp":1.0}', "timestamp", 1),
        ('{"timestamp":"1.0"}', "timestamp", 1),
        ('{"timestamp":9223372036854775807}', "timestamp", 2**63 - 1),
        ('{"timestamp":"9223372036854775807"}', "timestamp", 2**63 - 1),
        ('{"step":-5}', "step", -5),
        ('{"value":"Infinity"}', "value", math.inf),
        ('{"value":"-Infinity"}', "value", -math.inf),
        ('{"value":Infinity}', "value", math.inf),
        ('{"value":1e400}', "value", math.inf),
        ('{"value":7}', "value", 7.0),
        ('{"value":"7.5"}', "value", 7.5),
        ('{"modelId":"m-1"}', "model_id", "m-1"),
        ('{"datasetName":"d"}', "dataset_name", "d"),
        ('{"model_id":null}', "model_id", None),
        ('{"unknown":{"x":[1]}}', "key", "k"),
    ],
)
def test_liberties_of_requests(wire: Wire, given: Any, field: str, expected: Any) -> None:
    merged = json.dumps(POINT)[:-1] + "," + given[1:]
    answer = wire.post("runs/log-metric", merged)
    assert answer.status == 200, answer.body
    assert getattr(wire.backend.requests[-1][1], field) == expected


@pytest.mark.parametrize("token", ["NaN", '"NaN"'])
def test_not_a_number(wire: Wire, token: str) -> None:
    assert wire.post("runs/log-metric", body().replace("1.5", token)).status == 200
    assert math.isnan(wire.backend.requests[-1][1].value)


@pytest.mark.parametrize("name", ["run_uuid", "runUuid", "runId"])
def test_other_names_of_the_run_id(wire: Wire, name: str) -> None:
    given = json.dumps({**POINT, name: "b"}).replace('"run_id": "a", ', "")
    assert wire.post("runs/log-metric", given).status == 200
    assert wire.last["run_id"] == "b"


def test_both_names_of_the_run_id_as_mlflows_client_sends(wire: Wire) -> None:
    assert wire.post("runs/log-metric", body(run_uuid="a")).status == 200
    assert wire.last == POINT


def test_json_within_a_json_string(wire: Wire) -> None:
    assert wire.post("runs/log-metric", json.dumps(body())).status == 200
    assert wire.last == POINT


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ("{", "not valid JSON"),
        ("[1]", "must be a JSON object, but it is of type 'list'"),
        (b"\xff\xfe", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("1" * 5000, "not valid JSON"),
    ],
)
def test_malformed_bodies_get_a_clear_answer(
    wire: Wire, message: Message, given: Any, part: str
) -> None:
    answer = wire.post("runs/log-metric", given)
    assert answer.status == 400
    assert part in message(answer)


def test_halves_of_letters_are_refused(wire: Wire, message: Message) -> None:
    answer = wire.post("runs/set-tag", r'{"run_id":"a","key":"k","value":"\ud800"}')
    assert answer.status == 400
    assert "'value'" in message(answer)


def test_enumerations_by_name_or_number(wire: Wire) -> None:
    wire.answers("runs.update", r.RunInfo("a", "0", "", "FINISHED", 0))
    for given in ('"FINISHED"', "3", '"3"'):
        wire.post("runs/update", f'{{"run_id":"a","status":{given}}}')
        assert wire.last["status"] == "FINISHED"
    for given in ("NOISE", "9" * 5_000):
        wire.post("runs/update", f'{{"run_id":"a","status":"{given}"}}')
        assert "status" not in wire.last
    wire.answers("models.finalize", None)
    wire.send("PATCH", "logged-models/m-1", '{"status":2}')
    assert wire.last == {"model_id": "m-1", "status": "LOGGED_MODEL_READY"}


def test_query_strings(wire: Wire, message: Message) -> None:
    wire.answers("metrics.get_history_bulk_interval", m.MetricPage())
    wire.get(
        "metrics/get-history-bulk-interval", "run_ids=a&run_ids=b%20c&metric_key=k&max_results=7"
    )
    assert wire.last == {"run_ids": ["a", "b c"], "metric_key": "k", "max_results": 7}
    answer = wire.get("runs/get", "run_id=")
    assert message(answer) == f"Missing value for required parameter 'run_id'. {SEE}"
    wire.answers("runs.get", NotFound("Run with id=b not found"))
    answer = wire.get("runs/get", "run_uuid=b")
    assert (answer.status, message(answer)) == (404, "Run with id=b not found")
    assert wire.get("runs/get", "run_id=%ff").status == 400
    answer = wire.get("logged-models/m-1", "allow_deleted=maybe")
    assert answer.status == 400
    wire.get("logged-models/m-1", "allow_deleted=TRUE")
    assert wire.last == {"model_id": "m-1", "allow_deleted": True}


def test_search_by_get_and_post(wire: Wire) -> None:
    wire.answers("experiments.search", e.ExperimentPage())
    assert wire.get(
        "experiments/search", "max_results=5&view_type=ALL&order_by=a&order_by=b"
    ).status
    expected = {"max_results": 5, "view_type": "ALL", "order_by": ["a", "b"]}
    assert wire.last == expected
    answer = wire.post("experiments/search", json.dumps(expected))
    assert (answer.body, wire.last) == (b"{}", expected)


def test_values_in_paths(wire: Wire) -> None:
    wire.answers("models.delete_tag", None)
    wire.send("DELETE", "logged-models/m-1/tags/a%2Fb%20c", "")
    assert wire.last == {"model_id": "m-1", "tag_key": "a/b c"}
    wire.send("DELETE", "logged-models/m-1/tags/a/b", "")
    assert wire.last == {"model_id": "m-1", "tag_key": "a/b"}


def test_bulk_history_has_texts_of_its_own_and_bare_tokens(wire: Wire, message: Message) -> None:
    path = "/ajax-api/2.0/mlflow/metrics/get-history-bulk"
    text = "GetMetricHistoryBulk request must specify"
    assert message(wire.get(path, "metric_key=a")) == f"{text} at least one run_id."
    assert message(wire.get(path, "run_id=a")) == f"{text} a metric_key."
    points = [m.Metric("k", math.nan, 1, 2, run_id="a"), m.Metric("k", 1.0, 1, 3, run_id="a")]
    wire.answers("metrics.get_history_bulk", m.MetricPage(points))
    assert wire.get(path, "run_id=a&metric_key=k").body == (
        b'{"metrics":[{"key":"k","value":NaN,"timestamp":1,"step":2,"run_id":"a"},'
        b'{"key":"k","value":1.0,"timestamp":1,"step":3,"run_id":"a"}]}'
    )
    wire.answers("metrics.get_history_bulk", m.MetricPage())
    assert wire.get(path, "run_id=a&metric_key=k").body == b'{"metrics":[]}'


def test_answers_spell_numbers_and_leave_out_what_is_unset(wire: Wire) -> None:
    points = [m.Metric("k", value, 1) for value in (math.nan, math.inf, -math.inf, 1.0)]
    data = r.RunData(points, [r.Param("p", "null")], [r.RunTag("t", "")])
    wire.answers("runs.get", r.Run(r.RunInfo("a", "0", "", "RUNNING", 0, run_uuid="a"), data))
    found = json.loads(wire.get("runs/get", "run_id=a").body)["run"]
    assert [point["value"] for point in found["data"]["metrics"]] == [
        "NaN",
        "Infinity",
        "-Infinity",
        1.0,
    ]
    assert found["data"]["params"] == [{"key": "p", "value": "null"}]
    assert found["data"]["tags"] == [{"key": "t", "value": ""}]
    assert found["info"] == {
        "run_id": "a",
        "run_uuid": "a",
        "experiment_id": "0",
        "user_id": "",
        "status": "RUNNING",
        "start_time": 0,
        "lifecycle_stage": "active",
    }
    assert (found["inputs"], found["outputs"]) == ({}, {})


def test_histories_stream_without_a_page_size(wire: Wire) -> None:
    points = [m.Metric("k", float(i), i, i) for i in range(25)]
    points[7].value = math.nan
    wire.answers("metrics.stream_history", iter([points[:10], points[10:20], points[20:]]))
    answer = wire.get("metrics/get-history", "run_id=a&metric_key=k")
    assert answer.chunks is not None
    chunks = list(answer.chunks)
    assert len(chunks) == 4
    found = json.loads(b"".join(chunks))["metrics"]
    assert [point["step"] for point in found] == list(range(25))
    assert found[7]["value"] == "NaN"


def test_short_histories_travel_in_one_piece(wire: Wire) -> None:
    wire.answers("metrics.stream_history", iter([[m.Metric("k", 1.0, 1)]]))
    answer = wire.get("metrics/get-history", "run_id=a&metric_key=k")
    assert json.loads(answer.body)["metrics"] == [
        {"key": "k", "value": 1.0, "timestamp": 1, "step": 0}
    ]
    wire.answers("metrics.stream_history", iter([]))
    assert wire.get("metrics/get-history", "run_id=a&metric_key=k").body == b"{}"


def test_errors_keep_their_code_and_status(wire: Wire) -> None:
    wire.answers("experiments.update", InvalidState("Cannot rename a non-active experiment."))
    answer = wire.post("experiments/update", '{"experiment_id":"1","new_name":"n"}')
    assert answer.status == 500
    assert json.loads(answer.body) == {
        "error_code": "INVALID_STATE",
        "message": "Cannot rename a non-active experiment.",
        "sqlstate": "XXM00",
        "error_class": "CLIENT_INTERNAL_ERROR",
    }


def test_surprises_are_logged_and_kept_inside(
    wire: Wire, message: Message, caplog: pytest.LogCaptureFixture
) -> None:
    wire.answers("runs.get", RuntimeError("secret of the house"))
    answer = wire.get("runs/get", "run_id=a")
    assert answer.status == 500
    assert "secret" not in message(answer)
    assert "secret of the house" in caplog.text


def test_an_empty_list_is_not_an_absent_one(wire: Wire, message: Message) -> None:
    wire.answers("models.search", lm.LoggedModelPage())
    assert wire.post("logged-models/search", '{"experiment_ids":[]}').body == b"{}"
    assert wire.last["experiment_ids"] == []
    assert "experiment_ids" in message(wire.post("logged-models/search", "{}"))
