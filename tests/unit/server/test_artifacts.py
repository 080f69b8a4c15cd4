from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import socket
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from tests.patience import SECONDS, patient_request

from millstream.artifacts.confined import Confined
from millstream.artifacts.interface import ArtifactStore
from millstream.artifacts.local import STAGING, LocalArtifacts
from millstream.entities.models import GetLoggedModel
from millstream.entities.runs import Run, RunData, RunId, RunInfo
from millstream.errors import NotFound
from millstream.rest.artifacts import Artifacts
from millstream.rest.protected_files import FileProtection
from millstream.server import artifact_frames
from millstream.server.access.gate import OpenGate
from millstream.server.artifact_admission import ArtifactAdmission
from millstream.server.artifacts import ArtifactRoutes
from millstream.server.callers import Callers

ServeArtifacts = Callable[..., contextlib.AbstractContextManager[str]]
FILES = "/api/2.0/mlflow-artifacts/artifacts"
MPU = "/api/2.0/mlflow-artifacts/mpu"
AJAX = "/ajax-api/2.0/mlflow"
SECRET = b"SECRET-OUTSIDE"


class Runs:
    """Knows the runs it is given, by their artifact locations."""

    def __init__(self, locations: dict[str, str]) -> None:
        self._locations = locations

    def get(self, request: RunId | GetLoggedModel) -> Any:
        """The run."""
        run_id = request.run_id if isinstance(request, RunId) else request.model_id
        if run_id not in self._locations:
            raise NotFound(f"Run with id={run_id} not found")
        info = RunInfo(
            run_id=run_id,
            experiment_id="0",
            user_id="",
            status="RUNNING",
            start_time=0,
            artifact_uri=self._locations[run_id],
        )
        return Run(info=info, data=RunData())


class Facts:
    """As much of a store as artifacts ask for."""

    def __init__(self, locations: dict[str, str]) -> None:
        self.runs = Runs(locations)
        self.models = Runs(locations)


@pytest.fixture(scope="module", params=[True, False], ids=["direct", "asgi"])
def direct(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def root(direct: bool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("direct" if direct else "asgi")
    folder = tmp_path / "root"
    (folder / "own").mkdir(parents=True)
    (folder / "own" / "note.txt").write_bytes(b"0123456789")
    (folder / "own" / "page.html").write_bytes(b"<p>page</p>")
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "root-secret").write_bytes(SECRET)
    (folder / "link").symlink_to(tmp_path)
    (folder / "own" / "link").symlink_to(tmp_path / "secret")
    return folder


def refuse(uri: str) -> ArtifactStore:
    raise AssertionError(f"{uri} was opened")


@pytest.fixture(scope="module")
def server(root: Path, direct: bool, serve_artifacts: ServeArtifacts) -> Iterator[str]:
    store = LocalArtifacts(root)
    locations = {
        "r": "mlflow-artifacts:/own",
        "local": str(root / "own"),
        "etc": "/etc",
        "file": "file:///etc",
        "beside": str(root.parent),
        "link": str(root / "link"),
        "http": "http://127.0.0.1:1/x",
    }
    artifacts = Artifacts(Facts(locations), Confined(refuse, store, [root]), FileProtection(None))  # type: ignore[arg-type]  # a part of a store
    with serve_artifacts(store, artifacts, direct=direct) as address:
        yield address


def ask(
    method: str, url: str, body: bytes | None = None, **headers: str
) -> urllib3.BaseHTTPResponse:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return patient_request(method, url, body=body, headers=fields, retries=False)


def raw(server: str, request: bytes) -> bytes:
    """The whole answer to bytes that no client library would send."""
    address = urlsplit(server)
    with socket.create_connection((address.hostname, address.port), timeout=SECONDS) as wire:
        wire.sendall(request)
        answer = b""
        while block := wire.recv(1 << 16):
            answer += block
    return answer


def files_beside(root: Path) -> list[Path]:
    return sorted(path for path in root.parent.rglob("*") if not path.is_relative_to(root))


ATTACKS = [
    "../secret",
    "own/../../secret",
    "..%2fsecret",
    "%2e%2e/secret",
    "%2e%2e%2fsecret",
    "%252e%252e%252fsecret",
    "%25252e%25252e/secret",
    ".%2e/secret",
    "own/%2e%2e/%2e%2e/secret",
    "..\\secret",
    "..%5csecret",
    "..%255csecret",
    "/../secret",
    "/etc/passwd",
    "//etc/passwd",
    "%2fetc/passwd",
    "%2Fetc%2Fpasswd",
    "/%2fetc/passwd",
    "file:///etc/passwd",
    "C:%5cwindows",
    "c:/windows",
    "own/note.txt%00.png",
    "%00",
    "link/secret",
    "own/link",
    "link/root-secret",
    "..;/secret",
    "own/..%c0%afsecret",
    "%c0%ae%c0%ae/secret",
    "%uff0e%uff0e/secret",
    STAGING,
    f"{STAGING}/x",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_no_path_reaches_beyond_the_root(server: str, root: Path, attack: str, method: str) -> None:
    before = files_beside(root)
    request = (
        f"{method} {FILES}/{attack} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
        "Connection: close\r\n\r\nx"
    )
    answer = raw(server, request.encode())
    assert SECRET not in answer
    assert b"root:" not in answer
    assert int(answer.split(b" ")[1]) in (200, 400, 404)
    if method == "GET":
        assert int(answer.split(b" ")[1]) in (400, 404)
    assert (root.parent / "secret").read_bytes() == SECRET
    assert (root.parent / "root-secret").read_bytes() == SECRET
    assert before == sorted(
        path for path in root.parent.rglob("*") if not path.is_relative_to(root)
    )


@pytest.mark.parametrize("attack", ["..", "/etc", "%2e%2e", "%252e%252e", "a/../..", "link", "\\"])
def test_no_listing_reaches_beyond_the_root(server: str, attack: str) -> None:
    request = f"GET {FILES}?path={attack} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answer = raw(server, request.encode())
    assert b" 400 " in answer.partition(b"\r\n")[0]
    assert b"Invalid path" in answer
    assert b"INVALID_PARAMETER_VALUE" in answer


@pytest.mark.parametrize("run_id", ["etc", "file", "beside", "link", "http"])
def test_a_run_cannot_lead_the_server_to_other_files(server: str, run_id: str) -> None:
    for url in (
        f"{server}/get-artifact?run_id={run_id}&path=passwd",
        f"{server}{AJAX}/logged-models/{run_id}/artifacts/files?artifact_file_path=passwd",
    ):
        answer = ask("GET", url)
        assert answer.status == 403
        assert answer.json()["error_code"] == "PERMISSION_DENIED"
    upload = f"{server}{AJAX}/upload-artifact?run_uuid={run_id}&path=x"
    assert ask("POST", upload, b"x").status == 403


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "link", "..%2fx", "%252e%252e/x"])
def test_a_runs_file_is_below_the_run(server: str, path: str) -> None:
    answer = ask("GET", f"{server}/get-artifact?run_id=local&path={path}")
    assert answer.status == 400
    assert SECRET not in answer.data


def test_a_page_is_kept_unless_a_frame_asks_for_it(server: str) -> None:
    url = f"{server}/get-artifact?run_id=local&path=page.html"
    kept = ask("GET", url)
    assert kept.headers["Content-Disposition"] == "attachment; filename=page.html"
    assert kept.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    shown = ask("GET", f"{url}&sandbox=static")
    assert (shown.data, shown.headers["Content-Disposition"]) == (b"<p>page</p>", "inline")
    policy = shown.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; ")
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy


def test_scripts_of_a_page_run_in_a_frame_only_and_never_with_an_origin(server: str) -> None:
    url = f"{server}/get-artifact?run_id=local&path=page.html&sandbox=scripts"
    framed = ask("GET", url, Sec_Fetch_Dest="iframe").headers["Content-Security-Policy"]
    assert framed.startswith("sandbox allow-scripts; default-src 'none'; ")
    assert "allow-same-origin" not in framed
    assert "http" not in framed
    assert ask("GET", url).headers["Content-Security-Policy"] == framed
    alone = ask("GET", url, Sec_Fetch_Dest="document").headers["Content-Security-Policy"]
    assert alone.startswith("sandbox; ")
    assert "script-src" not in alone


def test_figures_are_given_the_library_that_the_server_has(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{server}/get-artifact?run_id=local&path=page.html&sandbox=plotly"
    monkeypatch.setattr(artifact_frames, "find_spec", lambda _: None)
    missing = ask("GET", url, Sec_Fetch_Dest="iframe")
    assert missing.status == 501
    assert "package 'plotly' is not installed" in missing.json()["message"]
    (tmp_path / "package_data").mkdir()
    (tmp_path / "package_data" / "plotly.min.js").write_bytes(b"Plotly={}")
    found = ModuleSpec("plotly", None, is_package=True)
    found.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(artifact_frames, "find_spec", lambda _: found)
    shown = ask("GET", url, Sec_Fetch_Dest="iframe", Range="bytes=0-3")
    assert shown.status == 200
    assert shown.data == b"<!doctype html><script>Plotly={}</script>\n<p>page</p>"
    assert shown.headers["Content-Security-Policy"].startswith("sandbox allow-scripts; ")
    head = ask("HEAD", url, Sec_Fetch_Dest="iframe")
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(shown.data)))
    alone = ask("GET", url, Sec_Fetch_Dest="document")
    assert alone.data == b"<p>page</p>"
    assert alone.headers["Content-Security-Policy"].startswith("sandbox; ")


def test_only_pages_are_shown_in_a_frame(server: str) -> None:
    url = f"{server}/get-artifact?run_id=local&path=note.txt&sandbox=scripts"
    answer = ask("GET", url, Sec_Fetch_Dest="iframe")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Content-Disposition"] == "attachment; filename=note.txt"
    wrong = ask("GET", f"{server}/get-artifact?run_id=local&path=page.html&sandbox=off")
    assert wrong.status == 400
    assert wrong.json()["message"] == (
        "Invalid value 'off' for parameter 'sandbox'. It must be one of plotly, scripts, static."
    )


@pytest.mark.parametrize(
    "url",
    [
        f"{FILES}/own/note.txt",
        "/ajax-api/2.0/mlflow-artifacts/artifacts/own/note.txt",
        "/get-artifact?run_id=r&path=note.txt",
        "/get-artifact?run_uuid=local&path=note.txt",
        f"{AJAX}/logged-models/r/artifacts/files?artifact_file_path=note.txt",
    ],
)
def test_a_file_comes_with_its_headers(server: str, url: str) -> None:
    answer = ask("GET", server + url)
    assert answer.status == 200
    assert answer.data == b"0123456789"
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["Content-Length"] == "10"
    assert answer.headers["Content-Disposition"] == "attachment; filename=note.txt"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Last-Modified"].endswith("GMT")
    again = ask("GET", server + url, If_None_Match=answer.headers["ETag"])
    assert (again.status, again.data) == (304, b"")
    head = ask("HEAD", server + url)
    assert (head.status, head.data, head.headers["Content-Length"]) == (200, b"", "10")


@pytest.mark.parametrize(
    ("wanted", "status", "content", "span"),
    [
        ("bytes=0-2", 206, b"012", "bytes 0-2/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=5-2", 200, b"0123456789", None),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("bytes=x", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_ranges(server: str, wanted: str, status: int, content: bytes, span: str | None) -> None:
    answer = ask("GET", f"{server}{FILES}/own/note.txt", Range=wanted)
    assert (answer.status, answer.data) == (status, content)
    assert answer.headers.get("Content-Range") == span


def test_a_range_of_what_has_changed_is_the_whole(server: str) -> None:
    url = f"{server}{FILES}/own/note.txt"
    answer = ask("GET", url, Range="bytes=1-2", If_Range='"other"')
    assert (answer.status, answer.data) == (200, b"0123456789")
    etag = answer.headers["ETag"]
    assert ask("GET", url, Range="bytes=1-2", If_Range=etag).data == b"12"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.json", "text/plain"),
        ("a.yaml", "text/plain"),
        ("MLmodel", "text/plain"),
        ("a.py", "text/plain"),
        ("a.png", "image/png"),
        ("a.bin", "application/octet-stream"),
        ("a.unknown", "application/octet-stream"),
        ("page.html", "text/html"),
        ("image.svg", "image/svg+xml"),
    ],
)
def test_nothing_is_run_by_a_browser(server: str, name: str, kind: str) -> None:
    ask("PUT", f"{server}{FILES}/t/{name}", b"<script>alert(1)</script>")
    answer = ask("GET", f"{server}{FILES}/t/{name}")
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_name_beyond_ascii_is_kept(server: str) -> None:
    url = f"{server}{FILES}/%C3%BC%20%22x%22.txt"
    assert ask("PUT", url, b"x").status == 200
    disposition = ask("GET", url).headers["Content-Disposition"]
    assert disposition == "attachment; filename*=UTF-8''%C3%BC%20%22x%22.txt"


def test_errors_are_mlflows(server: str) -> None:
    absent = ask("GET", f"{server}{FILES}/own/none")
    assert absent.status == 404
    assert absent.json() == {
        "error_code": "RESOURCE_DOES_NOT_EXIST",
        "message": "No such artifact: 'own/none'",
        "sqlstate": "KAM00",
        "error_class": "RESOURCE_NOT_FOUND",
    }
    folder = ask("GET", f"{server}{FILES}/own")
    assert folder.status == 400
    detail = "Artifact path refers to a directory, not a file: 'own'"
    assert folder.json() == {"detail": detail}
    assert list(ask("PUT", f"{server}{FILES}/own/", b"x").json()) == ["detail"]
    assert ask("GET", f"{server}/get-artifact?run_id=none&path=x").status == 404
    assert ask("GET", f"{server}/get-artifact?path=x").json()["message"].endswith("not found")
    assert ask("GET", f"{server}/get-artifact?run_id=r").status == 400
    presigned = ask("GET", f"{server}/api/2.0/mlflow-artifacts/presigned/own/note.txt")
    assert presigned.status == 501
    assert ask("DELETE", f"{server}{FILES}/").status == 400
    assert ask("POST", f"{server}{FILES}/x", b"").status == 405
    assert ask("DELETE", f"{server}/get-artifact").status == 405
    assert ask("GET", f"{server}{MPU}/create/x").status == 404


def test_a_listing_has_base_names(server: str) -> None:
    ask("PUT", f"{server}{FILES}/d/e/empty", b"")
    ask("PUT", f"{server}{FILES}/d/b", b"12")
    found = ask("GET", f"{server}{FILES}?path=d").json()
    assert found == {
        "files": [
            {"path": "b", "is_dir": False, "file_size": 2},
            {"path": "e", "is_dir": True},
        ]
    }
    empty = ask("GET", f"{server}{FILES}?path=d/e").json()
    assert empty == {"files": [{"path": "empty", "is_dir": False}]}
    assert ask("GET", f"{server}{FILES}?path=none").json() == {}
    assert ask("GET", f"{server}{FILES}?path=d/b").json() == {}


def test_deleting_takes_a_folder_and_forgives_the_absent(server: str, root: Path) -> None:
    ask("PUT", f"{server}{FILES}/d/e/f", b"x")
    for _ in range(2):
        answer = ask("DELETE", f"{server}{FILES}/d")
        assert (answer.status, answer.json()) == (200, {})
    assert not (root / "d").exists()


def test_small_uploads_of_the_page_are_limited(server: str, root: Path) -> None:
    url = f"{server}{AJAX}/upload-artifact"
    assert ask("POST", f"{url}?run_uuid=r&path=a/b", b"x").json() == {}
    assert (root / "own" / "a" / "b").read_bytes() == b"x"
    for query, message in (
        ("path=x", "Request must specify run_uuid."),
        ("run_uuid=r", "Request must specify path."),
        ("run_uuid=r&path=x", "Request must specify data."),
    ):
        assert ask("POST", f"{url}?{query}", b"").json()["message"] == message
    large = ask("POST", f"{url}?run_uuid=r&path=large", bytes((10 << 20) + 1))
    assert large.status == 400
    assert not (root / "own" / "large").exists()


def test_a_connection_serves_on_after_large_bodies(server: str) -> None:
    body = os.urandom(3_000_000)
    pool = urllib3.connectionpool.connection_from_url(server, maxsize=1)
    for index in range(3):
        assert pool.request("PUT", f"{FILES}/k/{index}", body=body).status == 200
        assert pool.request("GET", f"{FILES}/k/{index}").data == body
        assert pool.request("GET", f"{FILES}?path=k").status == 200
    assert pool.num_connections == 1


def test_a_client_that_waits_for_a_go_ahead_gets_it(server: str) -> None:
    address = urlsplit(server)
    with socket.create_connection((address.hostname, address.port), timeout=SECONDS) as wire:
        wire.sendall(
            f"PUT {FILES}/waited HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n"
            "Expect: 100-continue\r\n\r\n".encode()
        )
        assert wire.recv(1000).startswith(b"HTTP/1.1 100")
        wire.sendall(bytes(1_000_000))
        assert wire.recv(1000).startswith(b"HTTP/1.1 200")
    assert ask("GET", f"{server}{FILES}/waited").data == bytes(1_000_000)


def test_mlflows_upload_in_parts_works_on_a_folder(server: str, root: Path) -> None:
    request = json.dumps({"path": "m", "num_parts": 2}).encode()
    begun = ask("POST", f"{server}{MPU}/create/p", request, Content_Type="application/json").json()
    parts = []
    for credential in begun["credentials"]:
        content = bytes([credential["part_number"]]) * 400_000
        answer = patient_request("PUT", credential["url"], body=content)
        parts.append(
            {"part_number": credential["part_number"], "etag": answer.headers["ETag"], "url": "x"}
        )
    done = json.dumps({"path": "m", "upload_id": begun["upload_id"], "parts": parts}).encode()
    assert ask("POST", f"{server}{MPU}/complete/p", done).json() == {}
    assert (root / "p" / "m").read_bytes() == b"\1" * 400_000 + b"\2" * 400_000
    assert ask("POST", f"{server}{MPU}/complete/p", done).status == 404
    abort = json.dumps({"path": "m", "upload_id": begun["upload_id"]}).encode()
    assert ask("POST", f"{server}{MPU}/abort/p", abort).json() == {}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"path": "x"}', b'{"path": 1, "num_parts": 1}']
)
def test_an_upload_in_parts_that_cannot_be_understood_is_refused(server: str, body: bytes) -> None:
    answer = ask("POST", f"{server}{MPU}/create/p", body)
    assert answer.status == 400
    assert answer.json()["error_code"] in ("BAD_REQUEST", "INVALID_PARAMETER_VALUE")


def test_an_upload_in_parts_has_the_base_name_of_the_clients_file(server: str, root: Path) -> None:
    for path in ("/home/me/named", "../../named", "C:\\data\\named"):
        request = json.dumps({"path": path, "num_parts": 1}).encode()
        begun = ask("POST", f"{server}{MPU}/create/n", request).json()
        part = patient_request("PUT", begun["credentials"][0]["url"], body=path.encode())
        parts = [{"part_number": 1, "etag": part.headers["ETag"]}]
        done = {"path": path, "upload_id": begun["upload_id"], "parts": parts}
        assert ask("POST", f"{server}{MPU}/complete/n", json.dumps(done).encode()).status == 200
        assert (root / "n" / "named").read_bytes() == path.encode()


@pytest.mark.parametrize("path", ["", "..", "a/..", "%2e%2e", "a%2fb", "a\0b", "a/"])
def test_an_upload_in_parts_stays_below_the_root(server: str, path: str) -> None:
    request = json.dumps({"path": path, "num_parts": 1}).encode()
    answer = ask("POST", f"{server}{MPU}/create/p", request)
    assert (answer.status, answer.json()["message"][:12]) == (400, "Invalid path")
    for tail in ("parts/../1", "parts/%2e%2e/1", "parts/x/1", "parts/x/none"):
        assert ask("PUT", f"{server}{MPU}/{tail}", b"x").status in (400, 404, 501)


def test_memory_stays_while_large_files_pass(
    serve_artifacts: ServeArtifacts, tmp_path: Path
) -> None:
    with serve_artifacts(LocalArtifacts(tmp_path / "root"), direct=False) as server:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        block = bytes(1 << 20)
        answer = patient_request("PUT", f"{server}{FILES}/x", body=(block for _ in range(128)))
        assert answer.status == 200
        got = patient_request("GET", f"{server}{FILES}/x", preload_content=False)
        assert sum(len(chunk) for chunk in got.stream(1 << 20)) == 128 << 20
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 48 << 10


def test_switched_off(serve_artifacts: ServeArtifacts, root: Path) -> None:
    with serve_artifacts(None, None) as server:
        for method in ("GET", "PUT"):
            answer = ask(method, f"{server}{FILES}/x", b"")
            assert answer.status == 503
            assert answer.json()["detail"].startswith("Artifact serving is disabled. ")
        listing = ask("GET", f"{server}{FILES}?path=x")
        assert listing.status == 503
        assert listing.data.startswith(
            b"Endpoint: /api/2.0/mlflow-artifacts/artifacts disabled due"
        )
        assert b"`--no-serve-artifacts`" in listing.data
        tracked = ask("GET", f"{server}/get-artifact?run_id=r&path=x")
        assert tracked.status == 503
        assert b"`--artifacts-only`" in tracked.data


def test_which_paths_are_handled() -> None:
    admission = ArtifactAdmission(OpenGate(Callers("ada")))
    routes = ArtifactRoutes(None, None, FileProtection(None), admission, "/prefix/")
    for path in (
        FILES,
        f"{FILES}/x",
        f"/prefix{FILES}/x",
        f"{MPU}/create/x",
        "/get-artifact",
        "/prefix/get-artifact",
        f"{AJAX}/upload-artifact",
        f"{AJAX}/logged-models/m-1/artifacts/files",
    ):
        assert routes.handles(path)
    for path in ("/", "/api/2.0/mlflow/runs/get", f"{AJAX}/logged-models/m-1", "/get-artifacts"):
        assert not routes.handles(path)


def test_a_route_that_is_encoded_is_no_other_route(server: str) -> None:
    for path in ("/api/2.0%2fmlflow-artifacts/artifacts/x", "/%67et-artifact"):
        target = f"GET {path}?run_id=r&path=note.txt HTTP/1.1\r\n"
        answer = raw(server, f"{target}host: localhost\r\nconnection: close\r\n\r\n".encode())
        assert b" 404 " in answer.partition(b"\r\n")[0]


@pytest.mark.parametrize("number", ["0", "-1", "%c2%b2", "9" * 5000, "999999999", "1%2f2"])
def test_parts_have_small_numbers(server: str, number: str) -> None:
    assert ask("PUT", f"{server}{MPU}/parts/{'x' * 43}/{number}", b"x").status == 404


@pytest.mark.parametrize("value", ["9" * 5000 + "-", "-" + "9" * 5000, "0-" + "9" * 5000])
def test_ranges_beyond_all_numbers_are_ignored(server: str, value: str) -> None:
    answer = ask("GET", f"{server}{FILES}/own/note.txt", range=f"bytes={value}")
    assert (answer.status, answer.data) == (200, b"0123456789")


@pytest.mark.parametrize("action", ["create", "complete", "abort"])
def test_requests_nested_without_end_are_refused(server: str, action: str) -> None:
    body = b'{"path":"x","more":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    assert ask("POST", f"{server}{MPU}/{action}/own", body).status == 400


def test_a_disk_that_fails_is_told_without_its_paths(server: str, root: Path) -> None:
    (root / "own" / "kept").mkdir(exist_ok=True)
    (root / "own" / "kept" / "x").write_bytes(b"x")
    with pytest.MonkeyPatch.context() as patch:
        full = OSError(errno.ENOSPC, "No space left on device", str(root))
        patch.setattr(LocalArtifacts, "create", lambda *_: (_ for _ in ()).throw(full))
        answer = ask("PUT", f"{server}{FILES}/own/full", b"x")
    assert answer.status == 500
    assert answer.json()["error_code"] == "INTERNAL_ERROR"
    assert answer.json()["message"].endswith("No space left on device.")
