"""The server calls no address because somebody wished it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from tests.security.conftest import Attacker
from tests.unit.outbound.receiver import Receiver
from tests.unit.server.running import Start

from millstream.outbound.letters import Letter
from millstream.outbound.sending import Sender
from millstream.settings import Settings

EVENTS = [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]
HERE = [
    "127.0.0.1",
    "localhost",
    "localhost.",
    "127.1",
    "0x7f.0.0.1",
    "2130706433",
    "017700000001",
    "0.0.0.0",  # noqa: S104 - nobody listens there
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[fe80::1%25lo]",
    "127。0。0。1",
]
INSIDE = ["169.254.169.254", "10.0.0.1", "192.168.1.1", "metadata.google.internal", "[fd00::1]"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def test_no_webhook_is_called_inside(start: Start, receiver: Receiver) -> None:
    environment = {"MILLSTREAM_WEBHOOK_ALLOWED_SCHEMES": "https,http"}
    attack = Attacker(start(environment=environment).url)
    for host in (*HERE, *INSIDE):
        for url in (f"http://{host}:{receiver.port}/", f"http://a.example@{host}:{receiver.port}/"):
            made = attack.post("webhooks", {"name": "hook", "url": url, "events": EVENTS})
            assert made.status == 400, url
    assert receiver.received == []


def test_where_it_is_allowed_it_is_called(start: Start, receiver: Receiver) -> None:
    environment = {
        "MILLSTREAM_WEBHOOK_ALLOWED_SCHEMES": "http",
        "MILLSTREAM_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    attack = Attacker(start(environment=environment).url)
    url = f"http://127.0.0.1:{receiver.port}/"
    made = attack.post("webhooks", {"name": "hook", "url": url, "events": EVENTS})
    webhook = json.loads(made.body)["webhook"]["webhook_id"]
    attack.post(f"webhooks/{webhook}/test", {})
    receiver.wait()


def test_a_name_that_changes_its_address_leads_nowhere(receiver: Receiver) -> None:
    """It is public when it is checked and would be here when it is called."""
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    sender = Sender(Settings(webhook_allowed_schemes="http"), resolve)
    letter = Letter("id", f"http://rebound.example:{receiver.port}/", None, b"{}")
    assert not sender.send(letter, 2.0).delivered
    assert not sender.send(letter, 2.0).delivered
    assert receiver.received == []
    assert len(asked) == 2


LOCATIONS = [
    "http://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "HTTP://127.0.0.1:{port}/api/2.0/mlflow-artifacts/artifacts/a",
    "http+x://127.0.0.1:{port}/api/2.0/mlflow-artifacts/artifacts/a",
    "mlflow-artifacts://127.0.0.1:{port}/a",
    "mlflow-artifacts+x://127.0.0.1:{port}/a",
    "ftp://127.0.0.1:{port}/a",
]


def test_no_location_of_files_is_called(attack: Attacker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        for location in LOCATIONS:
            run = attack.run_at(location.format(port=listener.getsockname()[1]))
            if run is not None:
                attack("GET", f"/get-artifact?run_id={run}&path=a")
                attack("GET", f"/api/2.0/mlflow/artifacts/list?run_id={run}")
                attack("POST", f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=a", b"x")
            with pytest.raises(BlockingIOError):
                listener.accept()
