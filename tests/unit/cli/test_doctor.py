"""The report that helps to find out why something fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from millstream.version import VERSION


def test_a_healthy_installation(millstream: Any) -> None:
    millstream.text("experiments", "create", "-n", "x")
    report = millstream.data("doctor")
    assert report["problems"] == []
    assert report["installation"]["millstream"] == VERSION
    assert report["packages"]["click"] != "MISSING"
    assert "psycopg" in report["extras"]["postgresql"]
    assert report["store"]["state"].startswith("answers in ")
    assert report["store"]["tracking URI"] == str(millstream.folder)
    assert "Everything looks right.\n" in millstream.text("doctor")


def test_looking_at_a_folder_that_is_not_there_does_not_make_it(millstream: Any) -> None:
    assert millstream.data("doctor")["store"]["state"] == "nothing was logged here yet"
    assert not Path(millstream.folder).exists()


@pytest.mark.parametrize("masked", [True, False])
def test_secrets_never_show(millstream: Any, masked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0p")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "s3cret")
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "postgresql://me:hidden@host/db")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "prices")
    options = ["--mask-envs"] if masked else []
    printed = millstream.text("doctor", "--json", *options)
    assert not [word for word in ("t0p", "s3cret", "hidden") if word in printed]
    settings = json.loads(printed)["settings"]
    assert settings["experiment_name"] == ("***" if masked else "prices")
    if not masked:
        assert settings["registry_uri"] == "postgresql://me:***@host/db"


def test_a_store_that_does_not_answer_is_a_problem_and_1(
    millstream: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    done = millstream("doctor", "--tracking-uri", "http://127.0.0.1:9", "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert report["store"]["state"] == "does not answer"
    assert report["clock"]["server"] == "does not answer"
    assert "does not answer" in report["problems"][0]


class LateServer(BaseHTTPRequestHandler):
    """Answers everything with an empty object, and with a clock that stands in the year 2000."""

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.answer()

    def answer(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 as in its base
        return "Sat, 01 Jan 2000 00:00:00 GMT"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def late_server() -> Iterator[str]:
    """The address of a server whose clock is wrong."""
    with HTTPServer(("127.0.0.1", 0), LateServer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_clock_that_is_wrong_is_a_problem(millstream: Any, late_server: str) -> None:
    done = millstream("doctor", "--tracking-uri", late_server, "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert len(report["problems"]) == 1
    assert report["problems"][0].startswith("the clocks of this machine and the server differ by ")
    assert report["clock"]["server"].startswith("-")
