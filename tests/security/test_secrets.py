"""Nobody reads a password, a token or a secret address in what we print, log or answer."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result
from tests.security.conftest import Attacker
from tests.unit.server.running import Start

from millstream.cli.main import root
from millstream.masking import MASK
from millstream.testing.databases import empty_database

SECRET = "s3cr3tw0rd"  # noqa: S105 - it is to be found nowhere
DEAD = "127.0.0.1:9"  # the port where nobody listens
URIS = [
    f"postgresql://ada:{SECRET}@{DEAD}/t",
    f"postgresql://ada:x/{SECRET}@{DEAD}/t",
    f"postgresql://ada:{SECRET}#%zz@{DEAD}/t",
    f"postgresql://ada:%zz{SECRET}@{DEAD}/t",
    f"postgresql://ada:{SECRET}@{DEAD}",
    f"postgresql://ada@{DEAD}/t?password={SECRET}",
    f"postgresql://ada:{SECRET}@{DEAD}/t?nonsense=1",
    f"mysql://ada:{SECRET}@{DEAD}/t",
    f"mysql://ada:{SECRET}@{DEAD}/t?nonsense=1",
    f"mysql+pymysql://ada:{SECRET}@{DEAD}:x/t",
    f"mariadb://:{SECRET}@{DEAD}",
    f"http://ada:{SECRET}@{DEAD}",
    f"http://{SECRET}@{DEAD}",
    f"http://ada:{SECRET}@",
    f"ftp://ada:{SECRET}@{DEAD}",
    f"oracle://ada:{SECRET}@{DEAD}/t",
]
COMMANDS = [
    ("experiments", "search", "--tracking-uri"),
    ("runs", "list", "--experiment-id", "0", "--tracking-uri"),
    ("models", "list", "--tracking-uri"),
    ("webhooks", "list", "--tracking-uri"),
    ("sync", "--tracking-uri"),
    ("doctor", "--tracking-uri"),
    ("doctor", "--json", "--tracking-uri"),
    ("db", "upgrade"),
    ("gc", "--backend-store-uri"),
    ("server", "--port", "0", "--backend-store-uri"),
    ("server", "--port", "0", "--registry-store-uri"),
]
SETTINGS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_TRACKING_PASSWORD": SECRET,
    "MLFLOW_TRACKING_USERNAME": "ada",
    "MLFLOW_TRACKING_TOKEN": SECRET,
    "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": SECRET,
    "MILLSTREAM_SSL_KEYFILE_PASSWORD": SECRET,
}


def told(error: BaseException | None) -> Iterator[str]:
    """All that a traceback would show, with what an error came from."""
    while error is not None:
        yield f"{type(error).__name__}: {error}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def ask(folder: Path, *words: str, **environment: str) -> Result:
    with contextlib.chdir(folder):
        return CliRunner().invoke(root, words, env={**SETTINGS, **environment})


FAILING = [  # a server in front of another one starts, and would run for ever
    (words, uri)
    for words, uri in itertools.product(COMMANDS, URIS)
    if not (words[0] == "server" and uri.startswith("http"))
]


@pytest.mark.parametrize(("words", "uri"), FAILING)
def test_commands_that_fail(tmp_path: Path, words: tuple[str, ...], uri: str) -> None:
    done = ask(tmp_path, *words, uri)
    assert done.exit_code != 0 or words[0] in ("doctor", "sync")
    assert done.output
    assert SECRET not in done.output
    assert [line for line in told(done.exception) if SECRET in line] == []


def test_it_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.store.sql.address.shown", str)
    assert SECRET in ask(tmp_path, "db", "upgrade", f"postgresql://ada:{SECRET}@{DEAD}/t").output


def test_the_doctor_tells_that_secrets_are_set(tmp_path: Path) -> None:
    report = json.loads(ask(tmp_path, "doctor", "--json").stdout)
    shown = json.dumps(report)
    assert SECRET not in shown
    assert shown.count(f'"{MASK}"') == 4


@pytest.mark.parametrize("token", [f"{SECRET}\n", f" {SECRET} "])
def test_a_line_end_after_a_token_is_no_part_of_it(
    start: Start, tmp_path: Path, token: str
) -> None:
    server = start()
    where = ("--tracking-uri", server.url)
    assert (
        ask(tmp_path, "experiments", "search", *where, MLFLOW_TRACKING_TOKEN=token).exit_code == 0
    )


def test_a_token_that_cannot_be_sent_is_not_shown(tmp_path: Path) -> None:
    without = {"MLFLOW_TRACKING_USERNAME": "", "MLFLOW_TRACKING_TOKEN": f"{SECRET}\nX-Evil: 1"}
    done = ask(tmp_path, "experiments", "search", "--tracking-uri", f"http://{DEAD}", **without)
    assert "MLFLOW_TRACKING_TOKEN holds a sign" in done.output
    assert SECRET not in done.output


def test_a_script_prints_and_warns_without_them(
    start: Start, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server = start()
    code = (
        "import sys, millstream\n"
        "millstream.set_tracking_uri(sys.argv[1])\n"
        "with millstream.start_run() as run: millstream.log_metric('a', 1)\n"
    )
    for uri in (server.url.replace("//", f"//ada:{SECRET}@"), f"http://ada:{SECRET}@{DEAD}"):
        words = [sys.executable, "-c", code, uri]
        environment = {**SETTINGS, "PATH": "", "XDG_STATE_HOME": str(tmp_path)}
        environment["MILLSTREAM_EXIT_WAIT"] = "0.5"  # for the one where nobody listens
        done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
        assert done.stdout + done.stderr
        assert SECRET not in done.stdout + done.stderr


def test_a_server_whose_database_goes_away(start: Start, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w+") as log, empty_database("postgresql", tmp_path) as uri:
        parts = urlsplit(uri)
        whole = f"{parts.scheme}://{parts.username}:{SECRET}@{parts.hostname}{parts.path}"
        server = start(backend_store_uri=whole, log=log)
        attack = Attacker(server.url)
        assert attack("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0").status == 200
        status = attack("GET", "/api/v1/status")
        assert SECRET.encode() not in status.body
    attack = Attacker(server.url)
    answers = [
        attack("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0"),
        attack.post("experiments/create", {"name": "a"}),
        attack.post("runs/search", {"experiment_ids": ["0"]}),
        attack("GET", "/api/v1/status"),
    ]
    assert any(answer.status >= 500 for answer in answers)
    server.end()
    logged = (tmp_path / "log").read_text()
    assert all(SECRET.encode() not in answer.body for answer in answers)
    assert SECRET not in logged


def test_webhooks_keep_their_secrets(start: Start, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w+") as log:
        server = start(
            log=log,
            environment={
                "MILLSTREAM_WEBHOOK_ALLOWED_SCHEMES": "http",
                "MILLSTREAM_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
                "MILLSTREAM_WEBHOOK_REQUEST_MAX_RETRIES": "0",
            },
        )
        attack = Attacker(server.url)
        hook = {
            "name": "hook",
            "url": f"http://127.0.0.1:9999/services/{SECRET}",
            "secret": SECRET,
            "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}],
        }
        made = attack.post("webhooks", hook)
        assert made.status == 200, made.body
        webhook = json.loads(made.body)["webhook"]["webhook_id"]
        tested = attack.post(f"webhooks/{webhook}/test", {})
        assert attack.post("registered-models/create", {"name": "m"}).status == 200
        server.end()
    assert b'"secret"' not in made.body
    assert SECRET.encode() not in tested.body
    assert SECRET not in (tmp_path / "log").read_text()
