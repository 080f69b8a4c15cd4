"""Webhooks outlive what happens to processes: each event arrives, under one id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.outbound.receiver import Handler, Receiver, answer

from millstream.entities import model_versions as mv
from millstream.entities import registered_models as rm
from millstream.entities import webhooks as w
from millstream.rest.remote import RemoteStore
from millstream.settings import Settings
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore

SETTINGS = {
    "MILLSTREAM_WEBHOOK_ALLOWED_SCHEMES": "http",
    "MILLSTREAM_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    "MLFLOW_WEBHOOK_REQUEST_TIMEOUT": "1",
}
PROGRAM = """
from millstream.cli.main import main
from millstream.server import deliverer

deliverer._LEASE_BEYOND_TIMEOUT_SECONDS = 2.0  # else a dead server is waited for half a minute
deliverer.LOOK_SECONDS = 0.5
main()
"""
CREATED = w.WebhookEvent.from_str("registered_model.created")


class Server:
    """Our server on a folder, with leave to call receivers on this machine."""

    def __init__(self, folder: Path) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "MILLSTREAM"))}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "server", "--port", "0", "--json"],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            env={**clean, **SETTINGS},
        )
        assert self.process.stdout is not None
        url = json.loads(self.process.stdout.readline())["url"]
        self.store = RemoteStore(url.rstrip("/"), Settings(http_request_max_retries=0))

    def end(self, number: int = signal.SIGTERM) -> None:
        self.store.close()
        self.process.send_signal(number)
        self.process.communicate(timeout=60)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    yield listening
    listening.close()


def new_webhook(store: RemoteStore | SqlStore, receiver: Receiver, event: w.WebhookEvent) -> str:
    url = f"http://127.0.0.1:{receiver.port}/hook"
    request = w.CreateWebhook("hook", url, [event], secret="s3cret")  # noqa: S106  # of a test
    return store.webhooks.create(request).result().webhook_id


def delivered(store: RemoteStore, webhook_id: str) -> list[w.WebhookDelivery]:
    request = w.SearchWebhookDeliveries(webhook_id, ["DELIVERED"])
    return store.webhooks.search_deliveries(request).deliveries


def test_a_server_that_is_killed_while_it_sends(receiver: Receiver, tmp_path: Path) -> None:
    hanging = threading.Event()

    def hang(handler: Handler) -> None:
        hanging.set()
        handler.rfile.read()

    receiver.behave = hang
    server = Server(tmp_path)
    webhook_id = new_webhook(server.store, receiver, CREATED)
    server.store.registered_models.create(rm.CreateRegisteredModel("forecast")).result()
    assert hanging.wait(60)
    server.end(signal.SIGKILL)

    receiver.behave = answer()
    before = len(receiver.received)
    server = Server(tmp_path)
    while len(receiver.received) == before:  # until the claim of the dead one has ended
        receiver.wait()
    server.end()
    ids = {request.headers["X-MLflow-Delivery-Id"] for request in receiver.received}
    assert len(ids) == 1
    assert len({request.body for request in receiver.received}) == 1
    assert json.loads(receiver.received[-1].body)["data"]["name"] == "forecast"

    server = Server(tmp_path)
    (log,) = delivered(server.store, webhook_id)
    assert log.delivery_id in ids
    server.end()


def test_what_a_script_wrote_without_a_server_is_sent_by_one(
    receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "mlruns").mkdir()
    uri = f"sqlite:///{tmp_path / 'mlruns' / 'millstream.db'}"
    allowing = Settings(webhook_allowed_schemes="http", webhook_allowed_networks="127.0.0.0/8")
    store = SqlStore(Database(uri), str(tmp_path / "mlruns/artifacts"), settings=allowing)
    moved = w.WebhookEvent.from_str("model_version_stage.updated")
    new_webhook(store, receiver, moved)
    store.registered_models.create(rm.CreateRegisteredModel("forecast")).result()
    store.model_versions.create(mv.CreateModelVersion("forecast", "s3://b/1")).result()
    request = mv.TransitionModelVersionStage("forecast", "1", "Staging", user_id="ada")
    store.model_versions.transition_stage(request).result()
    store.close()
    assert receiver.received == []

    server = Server(tmp_path)
    receiver.wait()
    server.end()
    data = json.loads(receiver.received[0].body)["data"]
    assert (data["version"], data["to_value"], data["user_id"]) == ("1", "Staging", "ada")


def test_a_test_and_the_log_over_the_wire(receiver: Receiver, tmp_path: Path) -> None:
    server = Server(tmp_path)
    receiver.behave = answer(404, b"no hook here")
    webhook_id = new_webhook(server.store, receiver, CREATED)
    result = server.store.webhooks.test(w.TestWebhook(webhook_id))
    assert (result.success, result.response_status) == (False, 404)
    assert result.response_body == "no hook here"
    sample = json.loads(receiver.received[0].body)
    assert (sample["entity"], sample["data"]["name"]) == ("registered_model", "sample-model")

    receiver.behave = answer()
    other = w.WebhookEvent.from_str("model_version.created")
    assert server.store.webhooks.test(w.TestWebhook(webhook_id, other)).success
    sample = json.loads(receiver.received[1].body)
    assert (sample["entity"], sample["data"]["version"]) == ("model_version", "1")
    assert "X-MLflow-Signature" in receiver.received[1].headers
    server.end()
