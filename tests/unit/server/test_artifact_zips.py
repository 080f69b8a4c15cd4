from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3
from tests.unit.server.test_artifacts import AJAX, SECRET, Facts, ask, refuse

from millstream.artifacts.confined import Confined
from millstream.artifacts.local import BLOCK, LocalArtifacts
from millstream.rest.artifacts import Artifacts
from millstream.rest.protected_files import FileProtection

ServeArtifacts = Callable[..., contextlib.AbstractContextManager[str]]
LARGE = bytes(range(256)) * (3 * BLOCK // 256)


@pytest.fixture(scope="module", params=[True, False], ids=["direct", "asgi"])
def server(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    serve_artifacts: ServeArtifacts,
) -> Iterator[str]:
    home = tmp_path_factory.mktemp("zips")
    root = home / "root"
    store = LocalArtifacts(root)
    store.write("own/plots/loss.png", [b"png"])
    store.write('own/plots/größe "1".txt', [b"text"])
    store.write("own/large.bin", [LARGE])
    store.write("nasty/in/note.txt", [b"text"])
    (root / "nasty/in/..\\..\\evil.txt").write_bytes(b"evil")
    (home / "secret").write_bytes(SECRET)
    (root / "own/link").symlink_to(home / "secret")
    locations = {
        "r": "mlflow-artifacts:/own",
        "m-1": "mlflow-artifacts:/own",
        "none": "mlflow-artifacts:/none",
        "nasty": "mlflow-artifacts:/nasty",
        "etc": "/etc",
    }
    artifacts = Artifacts(Facts(locations), Confined(refuse, store, [root]), FileProtection(None))  # type: ignore[arg-type]  # a part of a store
    with serve_artifacts(store, artifacts, direct=request.param) as address:
        yield address


def zip_of_run(server: str, run_id: str, path: str | None = None) -> str:
    address = f"{server}/get-artifact?run_id={run_id}&archive=zip"
    return address if path is None else f"{address}&path={path}"


def unpacked(answer: urllib3.BaseHTTPResponse, folder: Path) -> dict[str, bytes]:
    """What is there once the zip file that came is unpacked in an empty folder."""
    assert answer.status == 200, answer.data
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        archive.extractall(folder)
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_all_files_of_a_run(server: str, tmp_path: Path) -> None:
    answer = ask("GET", zip_of_run(server, "r"))
    assert unpacked(answer, tmp_path) == {
        "r/large.bin": LARGE,
        "r/plots/loss.png": b"png",
        'r/plots/größe "1".txt': b"text",
    }
    assert SECRET not in answer.data


def test_a_folder_of_a_run_and_of_a_model(server: str, tmp_path: Path) -> None:
    expected = {"plots/loss.png": b"png", 'plots/größe "1".txt': b"text"}
    assert unpacked(ask("GET", zip_of_run(server, "r", "plots/")), tmp_path / "a") == expected
    files = f"{server}{AJAX}/logged-models/m-1/artifacts/files?archive=zip"
    answer = ask("GET", f"{files}&artifact_file_path=plots")
    assert unpacked(answer, tmp_path / "b") == expected
    assert "m-1/large.bin" in unpacked(ask("GET", files), tmp_path / "c")


def test_the_browser_keeps_it_and_runs_nothing_of_it(server: str) -> None:
    for method in ("GET", "HEAD"):
        answer = ask(method, zip_of_run(server, "r", "plots"))
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["Content-Disposition"] == "attachment; filename=plots.zip"
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert bool(answer.data) == (method == "GET")


@pytest.mark.parametrize(
    ("run_id", "path", "status", "message"),
    [
        ("r", "plots/loss.png", 400, "'plots/loss.png' is a file. Only a folder is sent as"),
        ("r", "other", 404, "No such artifact: 'other'"),
        ("r", "../own", 400, "contains '..'"),
        ("r", "link", 400, "leads out of the artifact root"),
        ("none", "", 404, "There are no files in the folder '.'"),
        ("unknown", "", 404, "Run with id=unknown not found"),
        ("etc", "", 403, "/etc"),
        ("nasty", "", 400, r"Invalid path: 'in/..\\..\\evil.txt' contains a backslash"),
    ],
)
def test_refusals_say_why(server: str, run_id: str, path: str, status: int, message: str) -> None:
    answer = ask("GET", zip_of_run(server, run_id, path))
    assert answer.status == status
    assert message in answer.json()["message"]


def test_another_kind_of_archive_is_refused(server: str) -> None:
    answer = ask("GET", f"{server}/get-artifact?run_id=r&archive=tar")
    assert answer.status == 400
    assert answer.json()["message"] == (
        "Invalid value 'tar' for parameter 'archive'. It must be zip."
    )


def test_a_file_that_cannot_be_read_breaks_the_answer_off(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = LocalArtifacts.read

    def gone(self: LocalArtifacts, path: str, offset: int = 0, length: int | None = None) -> object:
        if path.endswith("loss.png"):
            raise OSError(5, "Input/output error")
        return reading(self, path, offset, length)

    monkeypatch.setattr(LocalArtifacts, "read", gone)
    with pytest.raises(urllib3.exceptions.HTTPError):
        ask("GET", zip_of_run(server, "r"))
