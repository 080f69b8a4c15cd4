"""No path and no location leads to a file that is not an artifact."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from tests.security.conftest import Attacker
from tests.unit.server.running import Start

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
TOLD = "told to nobody"
PATHS = [
    "../../outside/secret.txt",
    "a/../../../outside/secret.txt",
    "%2e%2e/%2e%2e/outside/secret.txt",
    "..%2f..%2foutside%2fsecret.txt",
    "..%252f..%252foutside%252fsecret.txt",
    "..%25252f..%25252foutside%25252fsecret.txt",
    "..%c0%af..%c0%afoutside/secret.txt",
    "..%5c..%5coutside%5csecret.txt",
    "..\\..\\outside\\secret.txt",
    "..;/..;/outside/secret.txt",
    "....//....//outside/secret.txt",
    "..%u2215..%u2215outside/secret.txt",
    "..%00/../outside/secret.txt",
    "{outside}/secret.txt",
    "/{outside}/secret.txt",
    "%2f{outside}/secret.txt",
    "file://{outside}/secret.txt",
    "link/secret.txt",
    "linked.txt",
    "C:\\secret.txt",
    "\uff0e\uff0e/\uff0e\uff0e/outside/secret.txt",
]
LOCATIONS = [
    "{outside}",
    "file://{outside}",
    "file:{outside}",
    "FILE://{outside}",
    " file://{outside}",
    "file+x://{outside}",
    "file://localhost{outside}",
    "file://elsewhere{outside}",
    "file://{root}/../../outside",
    "file://{root}/%2e%2e/%2e%2e/outside",
    "file://{root}/link",
    "file:///%2f{outside}",
    "{root}/../../outside",
    "{root}-beside",
    "a.b:/../outside",
    "x-y:/../outside",
    "../outside",
    "mlflow-artifacts:/../../outside",
    "mlflow-artifacts:/%2e%2e/%2e%2e/outside",
    "mlflow-artifacts:/%252e%252e/outside",
    "mlflow-artifacts+x:/../../outside",
    "http:///#/../../../../../../../{outside}",
    "s3://bucket/../../{outside}",
    "dbfs:/../{outside}",
]


class Target:
    """A server, a secret beside its folder, and links among its artifacts that lead there."""

    def __init__(self, start: Start, folder: Path) -> None:
        self.outside = folder / "outside"
        self.root = folder / "store" / "artifacts"
        self.outside.mkdir()
        self.root.mkdir(parents=True)
        (folder / "store" / "artifacts-beside").mkdir()
        (self.outside / "secret.txt").write_text(TOLD)
        (self.root / "link").symlink_to(self.outside)
        (self.root / "linked.txt").symlink_to(self.outside / "secret.txt")
        self.attack = Attacker(start(backend_store_uri=str(folder / "store")).url)
        self._before = self._all(folder)
        self._folder = folder

    def named(self, text: str) -> str:
        return text.format(outside=self.outside, root=self.root)

    def untouched(self) -> bool:
        return self._all(self._folder) == self._before

    def _all(self, folder: Path) -> dict[str, bytes | None]:
        """Everything that is no artifact and no database."""
        return {
            str(path): path.read_bytes() if path.is_file() else None
            for path in folder.rglob("*")
            if not path.is_relative_to(folder / "store") or path.parent == folder / "store"
            if not path.name.startswith("millstream.db")
        }


@pytest.fixture
def target(start: Start, tmp_path: Path) -> Target:
    return Target(start, tmp_path)


def test_no_path_of_a_request_leads_out(target: Target) -> None:
    run = target.attack.run_at(f"file://{target.root}/1")
    for path in map(target.named, PATHS):
        encoded = path.encode()
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            body = b"overwritten" if method == "PUT" else b""
            answer = target.attack(method, PROXY.encode() + b"/" + encoded, body)
            assert TOLD.encode() not in answer.body, (method, path)
        for place in (
            f"{PROXY}?path=",
            f"/get-artifact?run_id={run}&path=",
            f"/api/2.0/mlflow/artifacts/list?run_id={run}&path=",
            "/api/2.0/mlflow-artifacts/presigned/",
            "/",
            "/static-files/",
            "/docs/",
        ):
            answer = target.attack("GET", place.encode() + encoded)
            assert TOLD.encode() not in answer.body, (place, path)
            assert b'"secret.txt"' not in answer.body, (place, path)
        upload = f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=".encode() + encoded
        target.attack("POST", upload, b"overwritten")
        parts = b"/api/2.0/mlflow-artifacts/mpu/create/" + encoded
        target.attack("POST", parts, b'{"path":"a","num_parts":1}')
        assert target.untouched(), path


def test_no_location_of_a_run_leads_out(target: Target) -> None:
    for location in map(target.named, LOCATIONS):
        run = target.attack.run_at(location)
        if run is None:
            continue
        for path in ("secret.txt", "../../secret.txt"):
            answer = target.attack("GET", f"/get-artifact?run_id={run}&path={path}")
            assert TOLD.encode() not in answer.body, location
        target.attack("GET", f"/api/2.0/mlflow/artifacts/list?run_id={run}")
        upload = f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=a.txt"
        target.attack("POST", upload, b"evil")
        assert target.untouched(), location


def test_no_source_of_a_version_leads_out(target: Target) -> None:
    run = target.attack.run_at(f"file://{target.root}/1")
    target.attack.post("registered-models/create", {"name": "m"})
    for location in map(target.named, LOCATIONS):
        version = {"name": "m", "source": location, "run_id": run}
        made = target.attack.post("model-versions/create", version)
        if made.status != 200:
            continue
        number = json.loads(made.body)["model_version"]["version"]
        for place in (
            f"/model-versions/get-artifact?path=secret.txt&name=m&version={number}",
            f"/ajax-api/2.0/mlflow/model-versions/get-artifact?path=secret.txt&name=m&version={number}",
        ):
            assert TOLD.encode() not in target.attack("GET", place).body, location
        assert target.untouched(), location


def test_the_database_is_no_artifact(target: Target) -> None:
    for name in ("millstream.db", "../millstream.db", "%2e%2e/millstream.db"):
        assert b"SQLite format" not in target.attack("GET", f"{PROXY}/{name}").body


def test_a_server_that_only_joins_paths_would_tell(target: Target) -> None:
    found = []
    for path in map(target.named, PATHS):
        try:
            found.append((target.root / unquote(unquote(path))).read_text() == TOLD)
        except (OSError, ValueError):
            found.append(False)
    assert sum(found) >= 8
    assert (target.root / "link" / "secret.txt").read_text() == TOLD
