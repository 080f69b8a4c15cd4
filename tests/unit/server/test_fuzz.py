"""Requests made up from the server's own description never break it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance

from millstream.entities import metrics as m
from millstream.entities import models as lm
from millstream.entities import runs as r
from millstream.rest.openapi import document
from millstream.rest.remote import RemoteStore

START = (
    "import sys; from millstream.server.process import ServerOptions, serve; "
    "serve(ServerOptions(port=0, as_json=True, backend_store_uri=sys.argv[1]))"
)
ON_PURPOSE = ("FEATURE_DISABLED", "INVALID_STATE", "NOT_IMPLEMENTED")
SCHEMA = schemathesis.openapi.from_dict(document())
OPERATIONS = [each.ok() for each in SCHEMA.get_all_operations() if isinstance(each, Ok)]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with something in it; whatever it says on the way is an error nobody foresaw."""
    folder = tmp_path_factory.mktemp("fuzz")
    log: Path = folder / "log"
    with log.open("w") as errors:
        words = [sys.executable, "-c", START, str(folder / "store")]
        server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert server.stdout is not None
        url: str = json.loads(server.stdout.readline())["url"]
        _fill(url)
        yield url
        server.terminate()
        server.wait(30)
        server.stdout.close()
    assert log.read_text() == ""


def _fill(url: str) -> None:
    store = RemoteStore(url)
    run_id = store.runs.create(r.CreateRun("0", run_id="0" * 32)).result().info.run_id
    store.metrics.log(m.LogMetric(run_id, "0", 1.0, 0)).result()
    store.models.create(lm.CreateLoggedModel("0", name="0")).result()
    store.close()


def test_the_description_is_understood() -> None:
    assert len(OPERATIONS) == sum(1 for _ in SCHEMA.get_all_operations()) > 150


@pytest.mark.parametrize("operation", OPERATIONS, ids=[each.label for each in OPERATIONS])
@given(data=st.data())
@settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_breaks_the_server(
    operation: schemathesis.schemas.APIOperation[Any, Any, Any, Any],
    address: str,
    data: st.DataObject,
) -> None:
    case = data.draw(operation.as_strategy())
    with requests.Session() as session:
        answer = case.call(base_url=address, session=session, timeout=30)
    if answer.status_code == 200:
        case.validate_response(answer, checks=[response_schema_conformance])
        return
    values = json.loads(answer.content)
    assert set(values) >= {"error_code", "message", "sqlstate", "error_class"}
    if values["error_code"] not in ON_PURPOSE:
        case.validate_response(answer, checks=[not_a_server_error])
