"""The routes of the Open Inference Protocol."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.serving.conftest import Save, Serve

PATHS = ["/v2/models/linear", "/v2/models/linear/versions/1"]


def tensor(**changes: Any) -> bytes:
    one = {"name": "x", "shape": [2, 3], "datatype": "FP64", "data": [1, 1, 1, 0, 0, 2], **changes}
    return json.dumps({"id": "7", "inputs": [one]}).encode()


def test_the_server_describes_itself(serve: Serve, linear: Path) -> None:
    call = serve(linear)
    assert json.loads(call("GET", "/v2").body)["name"] == "millstream"
    assert json.loads(call("GET", "/v2/health/live").body) == {"live": True}
    assert json.loads(call("GET", "/v2/health/ready").body) == {"ready": True}


@pytest.mark.parametrize("path", PATHS)
def test_a_model_describes_itself_and_predicts(serve: Serve, linear: Path, path: str) -> None:
    call = serve(linear)
    described = json.loads(call("GET", path).body)
    assert (described["name"], described["versions"]) == ("linear", ["1"])
    assert described["inputs"][0]["shape"] == [-1, 3]
    assert json.loads(call("GET", f"{path}/ready").body) == {"name": "linear", "ready": True}
    answer = json.loads(call.post(f"{path}/infer", tensor()).body)
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("linear", "1", "7")
    (output,) = answer["outputs"]
    assert (output["shape"], output["datatype"]) == ([2], "FP64")
    assert output["data"] == pytest.approx([6, 6])


def test_values_may_travel_as_bytes(serve: Serve, linear: Path) -> None:
    raw = struct.pack("<3d", 1, 1, 1)
    one: dict[str, Any] = {"name": "x", "shape": [1, 3], "datatype": "FP64"}
    one["parameters"] = {"binary_data_size": len(raw)}
    wanted = [{"name": "predict", "parameters": {"binary_data": True}}]
    head = json.dumps({"inputs": [one], "outputs": wanted}).encode()
    size = (b"inference-header-content-length", b"%d" % len(head))
    got = serve(linear).post("/v2/models/linear/infer", head + raw, size)
    assert (got.status, got.headers["content-type"]) == (200, "application/octet-stream")
    end = int(got.headers["inference-header-content-length"])
    assert json.loads(got.body[:end])["outputs"][0]["parameters"] == {"binary_data_size": 8}
    assert struct.unpack("<d", got.body[end:]) == pytest.approx((6,))


def test_errors_have_the_form_of_the_protocol(serve: Serve, linear: Path, save: Save) -> None:
    def fail(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:
        raise KeyError("the model's own words")

    call = serve(linear, save(fail, "failing"), max_body=300)
    for body in (tensor(data=[1]), b"{", tensor(datatype="FP8"), tensor(shape=[1, 6])):
        got = call.post("/v2/models/linear/infer", body)
        assert got.status == 400
        assert list(json.loads(got.body)) == ["error"]
    got = call.post("/v2/models/failing/infer", tensor())
    assert got.status == 400
    assert "the model's own words" in json.loads(got.body)["error"]
    got = call.post("/v2/models/linear/infer", b" " * 301)
    assert (got.status, list(json.loads(got.body))) == (413, ["error"])


@pytest.mark.parametrize("path", ["/v2/models/other", "/v2/models/linear/versions/2", "/v2/x"])
def test_what_is_not_served_is_told_in_that_form_too(serve: Serve, linear: Path, path: str) -> None:
    got = serve(linear)("GET", path)
    assert (got.status, list(json.loads(got.body))) == (404, ["error"])


def test_before_the_model_is_there(serve: Serve, linear: Path) -> None:
    call = serve(linear, load=False, timeout=0.05)
    for path in ("/v2/health/ready", "/v2/models/linear/ready"):
        got = call("GET", path)
        assert got.status == 503
        assert "'linear' is being loaded" in json.loads(got.body)["error"]
    assert call("GET", "/v2/models/linear").status == 504
