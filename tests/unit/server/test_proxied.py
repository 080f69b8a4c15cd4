"""A server behind a proxy: who called it, by which address, and whom it believes that."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import urllib3
from tests.patience import patient_request
from tests.ports import free_port
from tests.unit.server.reverse_proxy import proxying
from tests.unit.server.running import NO_RETRIES, Start

from millstream.artifacts.http import HttpArtifacts
from millstream.entities import experiments as e
from millstream.rest.remote import RemoteStore

TOLD = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "ml.example.com",
    "X-Forwarded-Prefix": "/tracking",
}
BY_NAME = {"allowed_hosts": "ml.example.com,localhost,127.0.0.1"}
BELOW = ("/tracking/api/", "/tracking/ajax-api/")
CREATE = "/api/2.0/mlflow/experiments/create"
JSON = {"Content-Type": "application/json"}


def post(address: str, name: str, fields: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
    body = json.dumps({"name": name}).encode()
    return patient_request("POST", address + CREATE, body=body, headers={**JSON, **fields})


def test_pages_of_the_proxys_address_may_write(start: Start) -> None:
    server = start(forwarded_allow_ips="127.0.0.1", **BY_NAME)
    with proxying(server.url, TOLD, "/tracking") as address:
        assert post(address, "a", {"Origin": "https://ml.example.com"}).status == 200
        assert post(address, "b", {"Origin": "https://evil.example"}).status == 403


def test_without_trust_a_proxy_is_not_believed(start: Start) -> None:
    server = start(**BY_NAME)
    with proxying(server.url, TOLD, "/tracking") as address:
        refused = post(address, "a", {"Origin": "https://ml.example.com"})
    assert refused.status == 403
    assert "strict-transport-security" not in refused.headers


def test_what_a_proxy_says_opens_no_host_that_is_not_allowed(start: Start) -> None:
    server = start(forwarded_allow_ips="*", allowed_hosts="ml.example.com,localhost")
    told = {"Host": "evil.example", "X-Forwarded-Host": "ml.example.com"}
    rebound = post(server.url, "a", told)
    assert rebound.status == 403
    assert b"evil.example" in rebound.data
    foreign = {"Host": "ml.example.com", "X-Forwarded-Host": "evil.example"}
    assert post(server.url, "b", foreign).status == 403
    allowed = {"Host": "localhost", "X-Forwarded-Host": "ml.example.com"}
    assert post(server.url, "c", allowed).status == 200


def test_https_of_the_proxy_counts_as_such(start: Start) -> None:
    server = start(forwarded_allow_ips="127.0.0.1", **BY_NAME)
    with proxying(server.url, TOLD) as address:
        answer = patient_request("GET", address + "/")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def _base(answer: urllib3.BaseHTTPResponse) -> str:
    found = re.search(rb'<base href="([^"]*)">', answer.data)
    assert found
    return found[1].decode()


def test_pages_and_descriptions_know_the_path_of_the_proxy(start: Start) -> None:
    server = start(forwarded_allow_ips="127.0.0.1", **BY_NAME)
    with proxying(server.url, TOLD, "/tracking") as address:
        assert _base(patient_request("GET", address + "/")) == "/tracking/"
        described = patient_request("GET", address + "/openapi.json").json()
    assert all(path.startswith(BELOW) for path in described["paths"])
    assert _base(patient_request("GET", server.url + "/")) == "/"


def test_a_proxy_that_passes_the_whole_path_on(start: Start) -> None:
    server = start(static_prefix="/tracking")
    assert _base(patient_request("GET", server.url + "/")) == "/tracking/"
    assert post(server.url, "a", {}).status == 200
    described = patient_request("GET", server.url + "/openapi.json").json()
    assert all(path.startswith(BELOW) for path in described["paths"])


def test_the_client_works_through_a_proxy_below_a_path(start: Start) -> None:
    server = start(forwarded_allow_ips="127.0.0.1", **BY_NAME)
    own = free_port()
    told = {"X-Forwarded-Prefix": "/tracking", "X-Forwarded-Host": f"localhost:{own}"}
    with proxying(server.url, told, "/tracking", port=own) as address:
        store = RemoteStore(address, NO_RETRIES)
        made = store.experiments.create(e.CreateExperiment("far")).result()
        assert store.experiments.get(e.ExperimentId(made.experiment_id)).name == "far"
        store.close()
        _upload_in_parts(address)


def _upload_in_parts(address: str) -> None:
    """The server names the addresses of the parts, so it has to know its own."""
    begun = patient_request(
        "POST",
        f"{address}/api/2.0/mlflow-artifacts/mpu/create/models",
        body=json.dumps({"path": "large.bin", "num_parts": 2}).encode(),
        headers=JSON,
    ).json()
    uploaded = []
    for part in begun["credentials"]:
        assert part["url"].startswith(f"{address}/api/2.0/mlflow-artifacts/mpu/parts/")
        answer = patient_request("PUT", part["url"], body=b"half")
        etag = answer.headers["etag"]
        uploaded.append({"part_number": part["part_number"], "etag": etag, "url": part["url"]})
    completed = patient_request(
        "POST",
        f"{address}/api/2.0/mlflow-artifacts/mpu/complete/models",
        body=json.dumps(
            {"path": "large.bin", "upload_id": begun["upload_id"], "parts": uploaded}
        ).encode(),
        headers=JSON,
    )
    assert completed.status == 200, completed.data
    files = HttpArtifacts(address, "models", NO_RETRIES)
    assert b"".join(files.read("large.bin")) == b"halfhalf"


def test_the_history_names_the_address_that_called_the_proxy(start: Start) -> None:
    server = start(forwarded_allow_ips="127.0.0.1", **BY_NAME)
    with proxying(server.url, TOLD) as address:
        assert _register(address, "far") == "anonymous@203.0.113.7"
    assert _register(server.url, "near") not in ("", "anonymous@203.0.113.7")


def _register(address: str, name: str) -> str:
    body = json.dumps({"name": name}).encode()
    create = address + "/api/2.0/mlflow/registered-models/create"
    assert patient_request("POST", create, body=body, headers=JSON).status == 200
    found = patient_request("GET", address + "/api/v1/registry-events").json()
    return next(str(event["user_id"]) for event in found["events"] if event["name"] == name)


def test_nobody_is_believed_unless_it_is_said(start: Start) -> None:
    server = start(**BY_NAME)
    forged = {"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil"}
    answer = patient_request("GET", server.url + "/", headers=forged)
    assert _base(answer) == "/"
    assert "strict-transport-security" not in answer.headers
