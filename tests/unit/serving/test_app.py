"""The application: MLflow's routes and answers, limits, readiness, and who may ask."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tests.unit.server.conftest import Caller

from millstream.errors import InvalidParameter
from millstream.model_format.signature import infer_signature
from millstream.serving.assembly import assemble
from millstream.serving.options import ServedModel, ServingOptions, check
from millstream.version import MLFLOW_VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.serving.conftest import Save, Serve

SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/invocations",
    "query_string": b"",
    "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
}
ROWS = b'{"inputs": [[1.0, 1.0, 1.0], [0.0, 0.0, 2.0]]}'


async def ask(call: Caller) -> Any:
    return await call._exchange(dict(SCOPE), ROWS, 1)


def test_predictions_have_mlflows_form(serve: Serve, linear: Path) -> None:
    got = serve(linear).post("/invocations", ROWS)
    assert (got.status, got.headers["content-type"]) == (200, "application/json")
    assert json.loads(got.body) == {"predictions": [pytest.approx(6), pytest.approx(6)]}
    assert got.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/ping", "/health"])
def test_a_ready_server_says_so_as_mlflow_does(serve: Serve, linear: Path, path: str) -> None:
    got = serve(linear)("GET", path)
    assert (got.status, got.body, got.headers["content-type"]) == (200, b"\n", "application/json")


def test_a_platform_may_say_where_it_asks(serve: Serve, linear: Path) -> None:
    call = serve(linear, predict_route="/v1/endpoints/1:predict", health_route="/live")
    for path in ("/v1/endpoints/1:predict", "/invocations"):
        assert call.post(path, ROWS).body == call.post("/invocations", ROWS).body
        assert call.post(path, ROWS).status == 200
        assert call("GET", path).status == 405
    assert [call("GET", path).status for path in ("/live", "/ping", "/health")] == [200] * 3
    got = call("GET", "/live", headers=[(b"host", b"prober.example.org")])
    assert (got.status, got.body) == (200, b"\n")
    assert serve(linear).post("/v1/endpoints/1:predict", ROWS).status == 404


@pytest.mark.parametrize(
    ("predict", "health", "problem"),
    [
        ("predict", None, "--predict-route must be a path"),
        (None, "/live?x=1", "--health-route must be a path"),
        ("/ping", None, "--predict-route cannot be /ping"),
        (None, "/invocations", "--health-route cannot be /invocations"),
        ("/a", "/a", "are both /a"),
    ],
)
def test_a_route_that_cannot_be_is_named(
    predict: str | None, health: str | None, problem: str
) -> None:
    models = (ServedModel("m", "folder"),)
    options = ServingOptions(models=models, predict_route=predict, health_route=health)
    with pytest.raises(InvalidParameter, match=problem):
        check(options)


def test_the_version_is_that_of_mlflow(serve: Serve, linear: Path) -> None:
    got = serve(linear)("GET", "/version")
    assert (got.body.decode(), got.headers["content-type"]) == (MLFLOW_VERSION, "application/json")


def test_what_is_no_route_or_no_method_is_told_as_mlflow_does(serve: Serve, linear: Path) -> None:
    call = serve(linear)
    got = call("GET", "/invocations")
    assert (got.status, json.loads(got.body)) == (405, {"detail": "Method Not Allowed"})
    assert got.headers["allow"] == "POST"
    for path in ("/", "/api", "/models/other/invocations", "/invocations/"):
        got = call("POST", path)
        assert (got.status, json.loads(got.body)) == (404, {"detail": "Not Found"})
    assert call("POST", "/ping").status == 405
    assert call("HEAD", "/ping").status == 200


def test_several_models_answer_under_their_names(serve: Serve, linear: Path, save: Save) -> None:
    def count(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        return [len(model_input)]

    call = serve(linear, save(count, "counting"))
    assert len(json.loads(call.post("/invocations", ROWS).body)["predictions"]) == 2
    assert len(json.loads(call.post("/models/linear/invocations", ROWS).body)["predictions"]) == 2
    got = call.post("/models/counting/invocations", ROWS)
    assert json.loads(got.body) == {"predictions": [2]}


def test_code_of_a_model_that_raises_is_the_callers_to_see(serve: Serve, save: Save) -> None:
    def fail(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        raise {"exit": SystemExit, "stop": StopIteration}.get(str(model_input["a"][0]), KeyError)(
            "the model's own words"
        )

    call = serve(save(fail))
    for kind in ("key", "exit", "stop"):
        got = call.post("/invocations", json.dumps({"inputs": {"a": [kind]}}).encode())
        said = json.loads(got.body)
        assert (got.status, said["error_code"]) == (400, "BAD_REQUEST")
        assert said["message"].startswith("Encountered an unexpected error while evaluating")
        assert "the model's own words" in said["stack_trace"]
        assert set(said) == {"error_code", "message", "sqlstate", "error_class", "stack_trace"}


def test_answers_without_a_json_form_are_an_error_of_the_server(serve: Serve, save: Save) -> None:
    def answer(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        return threading.Lock()

    got = serve(save(answer)).post("/invocations", ROWS)
    assert got.status == 500
    assert json.loads(got.body)["error_code"] == "INTERNAL_ERROR"


def test_params_are_checked_and_reach_the_model(serve: Serve, save: Save) -> None:
    def power(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        return [params["n"]]

    signature = infer_signature(pd.DataFrame({"a": [1.0]}), params={"n": 3})
    call = serve(save(power, signature=signature))
    body = {"dataframe_split": {"columns": ["a"], "data": [[1.0]]}}

    def ask(**more: Any) -> Any:
        return call.post("/invocations", json.dumps({**body, **more}).encode())

    assert json.loads(ask(params={"n": 5}).body) == {"predictions": [5]}
    assert json.loads(ask().body) == {"predictions": [3]}
    got = ask(params={"n": "x"})
    assert got.status == 400
    assert "Invalid parameters found" in json.loads(got.body)["message"]
    assert "Can not safely convert" in json.loads(got.body)["message"]
    got = ask(params=[1])
    assert got.status == 400
    assert "Parameters must be a dictionary. Got type 'list'." in json.loads(got.body)["message"]


def test_bodies_are_bounded(serve: Serve, linear: Path) -> None:
    call = serve(linear, max_body=40)
    for got in (
        call.post("/invocations", ROWS),
        call.post("/invocations", ROWS, (b"content-length", b"%d" % len(ROWS))),
        call("POST", "/invocations", ROWS, [], pieces=5),
    ):
        assert got.status == 413
        assert "40 bytes" in json.loads(got.body)["message"]


def test_compressed_bodies_are_refused_by_name(serve: Serve, linear: Path) -> None:
    call = serve(linear)
    got = call.post("/invocations", gzip.compress(ROWS), (b"content-encoding", b"gzip"))
    assert (got.status, got.headers["content-type"]) == (415, "text/plain; charset=utf-8")
    assert b"'gzip'" in got.body
    assert call.post("/invocations", ROWS, (b"content-encoding", b"identity")).status == 200


def test_other_kinds_of_bodies_are_refused_in_plain_text(serve: Serve, linear: Path) -> None:
    got = serve(linear)("POST", "/invocations", ROWS, [(b"content-type", b"text/plain")])
    assert (got.status, got.headers["content-type"]) == (415, "text/plain; charset=utf-8")
    assert b"Got 'text/plain'" in got.body


def test_a_prediction_that_takes_too_long_is_answered_as_mlflow_does(
    serve: Serve, save: Save
) -> None:
    def sleep(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        import time  # noqa: PLC0415  # the model is pickled

        time.sleep(0.3)
        return [1]

    got = serve(save(sleep), timeout=0.05).post("/invocations", ROWS)
    assert (got.status, got.body) == (504, b"Request processing time exceeded limit")
    assert got.headers["content-type"].startswith("text/plain")


def test_a_crowd_is_sent_away_with_a_time_to_come_again(serve: Serve, save: Save) -> None:
    def sleep(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        import time  # noqa: PLC0415  # the model is pickled

        time.sleep(0.2)
        return [1]

    call = serve(save(sleep), max_queue=2)

    async def crowd() -> list[Any]:
        return await asyncio.gather(*[ask(call) for _ in range(4)])

    answers = asyncio.run(crowd())
    assert [got.status for got in answers] == [200, 200, 503, 503]
    assert int(answers[2].headers["retry-after"]) >= 1
    assert json.loads(answers[2].body)["error_code"] == "TEMPORARILY_UNAVAILABLE"


def test_before_the_model_is_there_probes_say_why_and_requests_wait(
    serve: Serve, linear: Path
) -> None:
    call = serve(linear, load=False, timeout=0.05)
    for path in ("/ping", "/health", "/v2/health/ready"):
        got = call("GET", path)
        assert got.status == 503
        assert b"'linear' is being loaded" in got.body
    assert call("GET", "/v2/health/live").status == 200
    assert call.post("/invocations", ROWS).status == 504

    async def ask_and_load() -> Any:
        asked = asyncio.ensure_future(ask(call))
        await asyncio.sleep(0)
        await call.application.start()  # type: ignore[attr-defined]  # it is ours
        return await asked

    call = serve(linear, load=False)
    assert asyncio.run(ask_and_load()).status == 200
    assert call("GET", "/ping").status == 200


def test_a_model_that_cannot_predict_its_own_example_is_not_ready(
    serve: Serve, save: Save, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        if list(model_input["a"]) == [7.5]:
            raise KeyError("lacks a dictionary")
        return [1]

    call = serve(save(fail, input_example=pd.DataFrame({"a": [7.5]})))
    got = call("GET", "/ping")
    assert got.status == 503
    assert "cannot predict its own input example" in json.loads(got.body)["message"]
    assert "lacks a dictionary" in caplog.text


def test_a_model_that_cannot_be_loaded_is_told(linear: Path, tmp_path: Path) -> None:
    failures: list[Exception] = []
    models = (ServedModel("linear", str(linear)), ServedModel("nothing", str(tmp_path)))
    application = assemble(ServingOptions(models=models), failures.append)
    asyncio.run(application.start())
    (failure,) = failures
    assert "'nothing'" in str(failure)
    assert "MLmodel" in str(failure)
    call = Caller(application)  # type: ignore[arg-type]  # any ASGI application will do
    assert call("GET", "/ping").status == 503
    assert call.post("/models/nothing/invocations", ROWS).status == 503


HOSTS = [(b"evil.example", False), (b"localhost:5000", True), (b"10.1.2.3", True)]


@pytest.mark.parametrize(("host", "allowed"), HOSTS)
def test_only_known_hosts_are_answered(
    serve: Serve, linear: Path, host: bytes, allowed: bool
) -> None:
    call = serve(linear)
    got = call("POST", "/invocations", ROWS, [(b"host", host)])
    assert got.status == (200 if allowed else 403)
    assert (b"DNS rebinding" in got.body) is not allowed
    assert call("GET", "/metrics", b"", [(b"host", host)]).status == (200 if allowed else 403)
    for probe in ("/ping", "/health", "/version", "/v2/health/live", "/v2/health/ready"):
        assert call("GET", probe, b"", [(b"host", host)]).status == 200


def test_hosts_can_be_allowed(serve: Serve, linear: Path) -> None:
    call = serve(linear, allowed_hosts="models.example")
    assert call("POST", "/invocations", ROWS, [(b"host", b"models.example")]).status == 200


@pytest.mark.parametrize("origin", [b"https://evil.example", b"null"])
def test_foreign_pages_may_not_ask(serve: Serve, linear: Path, origin: bytes) -> None:
    call = serve(linear)
    assert call.post("/invocations", ROWS, (b"origin", origin)).status == 403
    got = call("OPTIONS", "/invocations", b"", [(b"origin", origin)])
    assert got.status == 403
    assert "access-control-allow-origin" not in got.headers


def test_pages_that_are_allowed_may_ask(serve: Serve, linear: Path) -> None:
    call = serve(linear, cors_allowed_origins="https://app.example")
    origin = (b"origin", b"https://app.example")
    got = call("OPTIONS", "/invocations", b"", [origin])
    assert got.status == 200
    assert "POST" in got.headers["access-control-allow-methods"]
    got = call.post("/invocations", ROWS, origin)
    assert got.headers["access-control-allow-origin"] == "https://app.example"


def test_surprises_are_kept_inside(
    serve: Serve, linear: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    call = serve(linear)

    def surprise(*_: Any) -> Any:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("millstream.serving.payloads.encode", surprise)
    got = call.post("/invocations", ROWS)
    assert got.status == 500
    assert b"secret" not in got.body
    assert "secret of the house" in caplog.text


def test_large_bodies_and_answers_are_read_and_written_aside(serve: Serve, linear: Path) -> None:
    rows = [[float(n), 0.5, 0.25] for n in range(60_000)]
    got = serve(linear).post("/invocations", json.dumps({"inputs": rows}).encode())
    predictions = json.loads(got.body)["predictions"]
    assert predictions[59_999] == pytest.approx(59_999 + 1 + 0.75)
    assert len(predictions) == 60_000
