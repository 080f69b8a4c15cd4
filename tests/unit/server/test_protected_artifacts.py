"""No route lets anybody change the files of a version that is in a protected stage."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import urllib3
from tests.patience import patient_request

from millstream.artifacts.confined import Confined
from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.local import LocalArtifacts
from millstream.entities.artifacts import CreatePresignedUploadUrl
from millstream.entities.experiments import CreateExperiment
from millstream.entities.runs import CreateRun
from millstream.entities.stages import Stage
from millstream.errors import PermissionDenied
from millstream.rest.artifacts import Artifacts
from millstream.rest.protected_files import FileProtection
from millstream.store.sql.database import Database
from millstream.store.sql.drivers.sqlite import SqliteConnection
from millstream.store.sql.store import SqlStore
from millstream.testing.fixtures import get_run
from millstream.testing.protected_files import Registered, register
from millstream.testing.stages import set_policy
from millstream.testing.transition_requests import approve, ask, protect_production

ServeArtifacts = Callable[..., contextlib.AbstractContextManager[str]]
FILES = "/api/2.0/mlflow-artifacts/artifacts"
MPU = "/api/2.0/mlflow-artifacts/mpu"
UPLOAD = "/ajax-api/2.0/mlflow/upload-artifact"
GOOD = b"the bytes that were approved"
LARGE = b"x" * (3 << 20)


class Cloud:
    """An artifact store that is no folder to the server, so bodies reach it in chunks."""

    def __init__(self, local: LocalArtifacts) -> None:
        self._local = local
        self.uri = local.uri
        self.stat, self.list, self.read = local.stat, local.list, local.read

    def below(self, path: str) -> Cloud:
        """The store below a folder."""
        return Cloud(self._local.below(path))

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """Create or replace a file."""
        self._local.write(path, chunks)

    def delete(self, path: str = "") -> None:
        """Remove a file or folder."""
        self._local.delete(path)


class Served(NamedTuple):
    """A server, and one version whose files it serves."""

    address: str
    root: Path
    store: SqlStore
    run_id: str
    name: str
    takes_parts: bool

    @property
    def home(self) -> str:
        """The run's folder below the root."""
        return f"0/{self.run_id}/artifacts"

    @property
    def file(self) -> Path:
        """A file of the version."""
        return self.root / self.home / "model" / "MLmodel"

    def ask(self, method: str, path: str, body: bytes | Iterator[bytes] | None = None) -> int:
        """The status of a request."""
        return patient_request(method, self.address + path, body=body, retries=False).status

    def promote(self) -> None:
        """Let the version enter the protected stage."""
        approve(self.store, ask(self.store, self.name, "1", stage="Production").request_id)


@pytest.fixture(params=["direct", "asgi", "cloud"])
def served(
    request: pytest.FixtureRequest, tmp_path: Path, serve_artifacts: ServeArtifacts
) -> Iterator[Served]:
    root = tmp_path / "root"
    root.mkdir()
    proxied: ArtifactStore = LocalArtifacts(root)
    if request.param == "cloud":
        proxied = Cloud(LocalArtifacts(root))
    store = SqlStore(Database(f"sqlite:///{tmp_path / 'test.db'}"), "mlflow-artifacts:/")
    run_id = store.runs.create(CreateRun("0")).result().info.run_id
    files = f"{get_run(store, run_id).info.artifact_uri}/model"
    name = register(store, Registered(files, run_id, files), "Staging")
    proxied.write(f"0/{run_id}/artifacts/model/MLmodel", [GOOD])
    protect_production(store)
    protection = FileProtection(store.protected_files, str(root))
    artifacts = Artifacts(store, Confined(_nowhere, proxied), protection)
    direct = request.param == "direct"
    with serve_artifacts(proxied, artifacts, direct=direct, protection=protection) as address:
        yield Served(address, root, store, run_id, name, takes_parts=request.param != "cloud")
    store.close()


def _nowhere(uri: str) -> ArtifactStore:
    raise AssertionError(f"{uri} was opened")


def _chunked(body: bytes) -> Iterator[bytes]:
    yield from (body[:10], body[10:])


def _post(served: Served, route: str, **content: object) -> urllib3.BaseHTTPResponse:
    body = json.dumps(content).encode()
    return patient_request("POST", served.address + route, body=body, retries=False)


CHANGES: dict[str, Callable[[Served], int]] = {
    "small file": lambda it: it.ask("PUT", f"{FILES}/{it.home}/model/MLmodel", b"bad"),
    "large file": lambda it: it.ask("PUT", f"{FILES}/{it.home}/model/MLmodel", LARGE),
    "chunks": lambda it: it.ask("PUT", f"{FILES}/{it.home}/model/MLmodel", _chunked(LARGE)),
    "new file": lambda it: it.ask("PUT", f"{FILES}/{it.home}/model/code/new.py", b"bad"),
    "encoded": lambda it: it.ask("PUT", f"{FILES}/{it.home}/%6Dodel//./MLmodel", b"bad"),
    "browser's address": lambda it: it.ask(
        "PUT", f"/ajax-api/2.0/mlflow-artifacts/artifacts/{it.home}/model/MLmodel", b"bad"
    ),
    "delete file": lambda it: it.ask("DELETE", f"{FILES}/{it.home}/model/MLmodel"),
    "delete folder": lambda it: it.ask("DELETE", f"{FILES}/{it.home}/model"),
    "delete run": lambda it: it.ask("DELETE", f"{FILES}/0/{it.run_id}"),
    "delete experiment": lambda it: it.ask("DELETE", f"{FILES}/0"),
    "upload by a browser": lambda it: it.ask(
        "POST", f"{UPLOAD}?run_uuid={it.run_id}&path=model/MLmodel", b"bad"
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_files_of_a_protected_version_stay(served: Served, change: str) -> None:
    served.promote()
    assert CHANGES[change](served) == 403
    assert served.file.read_bytes() == GOOD
    assert [path.name for path in served.file.parent.iterdir()] == ["MLmodel"]
    assert served.ask("GET", f"{FILES}/{served.home}/model/MLmodel") == 200


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_is_possible_before(served: Served, change: str) -> None:
    assert CHANGES[change](served) == 200
    there = [path.name for path in served.root.rglob("*") if path.is_file()]
    assert there != ["MLmodel"] or served.file.read_bytes() != GOOD


def test_what_is_beside_it_may_change(served: Served) -> None:
    served.promote()
    for path in ("model2/MLmodel", "note.txt"):
        assert served.ask("PUT", f"{FILES}/{served.home}/{path}", b"fine") == 200
        assert served.ask("DELETE", f"{FILES}/{served.home}/{path}") == 200


def test_the_refusal_says_why_and_what_to_do(served: Served) -> None:
    served.promote()
    url = f"{served.address}{FILES}/{served.home}/model/MLmodel"
    told = patient_request("PUT", url, body=b"bad", retries=False).json()
    assert told["error_code"] == "PERMISSION_DENIED"
    assert told["protected_stage"] == "Production"
    assert told["message"].startswith(f"'mlflow-artifacts:/{served.home}/model/MLmodel' may not be")
    assert f"version 1 of '{served.name}'" in told["message"]
    assert f"create_transition_request(name='{served.name}', version='1'" in told["message"]


def test_an_upload_in_parts_neither_begins_nor_ends(served: Served) -> None:
    plan = {"path": "MLmodel", "num_parts": 1}
    folder = f"{served.home}/model"
    first = _post(served, f"{MPU}/create/{folder}", **plan)
    assert first.status == (200 if served.takes_parts else 501)
    if not served.takes_parts:
        return
    served.promote()
    begun = first.json()
    part = patient_request("PUT", begun["credentials"][0]["url"], body=b"bad", retries=False)
    parts = [{"part_number": 1, "etag": part.headers["etag"]}]
    done = {"path": "MLmodel", "upload_id": begun["upload_id"], "parts": parts}
    assert _post(served, f"{MPU}/complete/{folder}", **done).status == 403
    assert _post(served, f"{MPU}/create/{folder}", **plan).status == 403
    given_up = {"path": "MLmodel", "upload_id": begun["upload_id"]}
    assert _post(served, f"{MPU}/abort/{folder}", **given_up).status == 200
    assert served.file.read_bytes() == GOOD


@pytest.mark.parametrize("size", [100, len(LARGE)])
def test_an_upload_that_began_before_does_not_end_after(served: Served, size: int) -> None:
    host, port = urlsplit(served.address).netloc.split(":")
    received: list[bytes] = []
    with socket.create_connection((host, int(port)), timeout=30) as client:
        path = f"{FILES}/{served.home}/model/MLmodel"
        head = f"PUT {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {size}\r\n\r\n"
        client.sendall(head.encode() + b"b" * (size // 2))
        served.promote()
        reading = threading.Thread(target=lambda: received.append(client.recv(1 << 16)))
        reading.start()
        client.sendall(b"b" * (size - size // 2))
        reading.join(30)
    assert received[0].startswith(b"HTTP/1.1 403 ")
    assert served.file.read_bytes() == GOOD


def test_nothing_is_asked_while_no_stage_is_protected(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    execute = SqliteConnection.execute

    def note(self: SqliteConnection, sql: str, params: tuple[object, ...] = ()) -> object:
        statements.append(sql)
        return execute(self, sql, params)

    path = f"{FILES}/{served.home}/model/MLmodel"
    monkeypatch.setattr(SqliteConnection, "execute", note)
    assert served.ask("PUT", path, b"new") == 200
    assert len(statements) == (3 if served.takes_parts else 6)  # here at both ends of the body
    set_policy(served.store, [Stage("Staging"), Stage("Production")])
    monkeypatch.setattr("millstream.store.sql.registry.protected_files._REMEMBERED_SECONDS", 3600)
    statements.clear()
    for body in (b"1", b"2", LARGE, b"3"):
        assert served.ask("PUT", path, body) == 200
    assert served.ask("DELETE", path) == 200
    assert len(statements) == 1


def test_no_address_to_upload_to_is_given(tmp_path: Path) -> None:
    class Signing(LocalArtifacts):
        def presign(self, method: str, path: str, seconds: int) -> str:
            return f"https://cloud/{path}?{method}&{seconds}"

    store = SqlStore(Database(f"sqlite:///{tmp_path / 'test.db'}"), "s3://bucket/root")
    own = store.experiments.create(CreateExperiment("own", "s3://bucket/own")).result()
    run_id = store.runs.create(CreateRun(own.experiment_id)).result().info.run_id
    home = str(get_run(store, run_id).info.artifact_uri)
    register(store, Registered(f"{home}/model", None, f"{home}/model"))
    protect_production(store)
    protection = FileProtection(store.protected_files, "s3://bucket/root")
    artifacts = Artifacts(store, lambda _: Signing(tmp_path), protection)
    with pytest.raises(PermissionDenied, match="in the protected stage 'Production'"):
        artifacts.presigned_upload(CreatePresignedUploadUrl(path="model/MLmodel", run_id=run_id))
    fine = artifacts.presigned_upload(CreatePresignedUploadUrl(path="other", run_id=run_id))
    assert fine.presigned_url == "https://cloud/other?PUT&900"
    store.close()
