from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.ports import free_port

from millstream.artifacts import http, http_parts
from millstream.artifacts.connection import Connection, PassingError
from millstream.artifacts.http import HttpArtifacts
from millstream.artifacts.local import STAGING, LocalArtifacts
from millstream.errors import InvalidParameter, MillstreamError, NotSupported, Unavailable
from millstream.settings import Settings

ServeArtifacts = Callable[..., contextlib.AbstractContextManager[str]]
IMPATIENT = Settings(
    http_request_backoff_factor=0.01, http_request_backoff_jitter=0.0, http_request_max_retries=2
)
SIZE = 5 * (1 << 20) + 3


def ignore(_: int) -> None:
    """Nobody watches."""


@pytest.fixture(params=[True, False], ids=["direct", "asgi"])
def served(
    tmp_path: Path, serve_artifacts: ServeArtifacts, request: pytest.FixtureRequest
) -> Iterator[tuple[HttpArtifacts, Path]]:
    root = tmp_path / "served"
    with serve_artifacts(LocalArtifacts(root), direct=request.param) as address:
        yield HttpArtifacts(address, "x", IMPATIENT), root / "x"


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_IN_PARTS", 1 << 20)
    monkeypatch.setattr(http_parts, "_PART", 1 << 20)


@pytest.fixture
def large(tmp_path: Path) -> Path:
    file = tmp_path / "large.bin"
    file.write_bytes(os.urandom(SIZE))
    return file


def files_below(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


class Meddler(socketserver.ThreadingTCPServer):
    """A proxy before a server that changes or cuts what the server answers, a number of times."""

    def __init__(self, address: str, change: Callable[[bytes], bytes], times: int) -> None:
        super().__init__(("127.0.0.1", 0), _Meddling)
        host, port = address.removeprefix("http://").split(":")
        self.target = (host, int(port))
        self.requests: list[bytes] = []
        self._change = change
        self._left = times

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def changed(self, answer: bytes) -> bytes:
        if not self._left:
            return answer
        self._left -= 1
        return self._change(answer)

    def handle_error(self, *_: Any) -> None:
        raise  # for pytest, which hears of it from the thread


class _Meddling(socketserver.StreamRequestHandler):
    server: Meddler

    def handle(self) -> None:
        head = b""
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            head += line
        self.server.requests.append(head)
        length = 0
        for field in head.lower().split(b"\r\n"):
            if field.startswith(b"content-length:"):
                length = int(field.partition(b":")[2])
        with socket.create_connection(self.server.target) as server:
            server.sendall(head + b"connection: close\r\n\r\n" + self.rfile.read(length))
            answer = b""
            while block := server.recv(1 << 16):
                answer += block
        with contextlib.suppress(OSError):
            self.request.sendall(self.server.changed(answer))


@contextlib.contextmanager
def meddling(
    store: HttpArtifacts, change: Callable[[bytes], bytes], times: int = 1
) -> Iterator[tuple[HttpArtifacts, Meddler]]:
    address = store.uri.partition("/api/")[0]
    with Meddler(address, change, times) as meddler:
        thread = threading.Thread(target=meddler.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield HttpArtifacts(meddler.address, "x", IMPATIENT), meddler
        finally:
            meddler.shutdown()
            thread.join()


def cut(answer: bytes) -> bytes:
    return answer[: len(answer) // 2]


def flip_last(answer: bytes) -> bytes:
    return answer[:-1] + bytes([answer[-1] ^ 1])


def test_a_large_file_goes_in_parts_and_comes_back(
    served: tuple[HttpArtifacts, Path], large: Path, tmp_path: Path, small_parts: None
) -> None:
    store, root = served
    sizes: list[int] = []
    store.upload_file(large, "d/large.bin", sizes.append)
    assert sum(sizes) == SIZE
    assert (root / "d" / "large.bin").read_bytes() == large.read_bytes()
    assert files_below(root.parent / STAGING) == []
    store.download_file("d/large.bin", tmp_path / "back", sizes.append)
    assert sum(sizes) == 2 * SIZE
    assert (tmp_path / "back").read_bytes() == large.read_bytes()


def test_an_upload_in_parts_goes_on_where_it_was_interrupted(
    served: tuple[HttpArtifacts, Path],
    large: Path,
    small_parts: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, root = served
    put: list[str] = []
    send = Connection.request

    def failing(self: Connection, method: str, address: str, *rest: object) -> object:
        if "/mpu/parts/" in address:
            put.append(address)
            if address.endswith("/4"):
                raise PassingError("the network is gone")
        return send(self, method, address, *rest)  # type: ignore[arg-type]  # passed on unseen

    monkeypatch.setattr(Connection, "request", failing)
    with pytest.raises(Unavailable, match="network is gone"):
        store.upload_file(large, "large.bin", ignore)
    assert not (root / "large.bin").exists()
    monkeypatch.setattr(Connection, "request", send)
    put.clear()
    sizes: list[int] = []

    def counting(self: Connection, method: str, address: str, *rest: object) -> object:
        if "/mpu/parts/" in address:
            put.append(address)
        return send(self, method, address, *rest)  # type: ignore[arg-type]  # passed on unseen

    monkeypatch.setattr(Connection, "request", counting)
    store.upload_file(large, "large.bin", sizes.append)
    assert 1 <= len(put) < 6
    assert sum(sizes) == SIZE
    assert (root / "large.bin").read_bytes() == large.read_bytes()


def test_a_broken_download_goes_on_where_it_broke(
    served: tuple[HttpArtifacts, Path], large: Path, tmp_path: Path
) -> None:
    store, _ = served
    store.upload_file(large, "large.bin", ignore)
    with meddling(store, cut) as (broken, meddler):
        broken.download_file("large.bin", tmp_path / "back", ignore)
    assert (tmp_path / "back").read_bytes() == large.read_bytes()
    resumed = [head for head in meddler.requests if b"\r\nrange: bytes=" in head.lower()]
    assert len(resumed) == 1
    assert b"bytes=0-" not in resumed[0]
    assert files_below(tmp_path) == sorted(["back", "large.bin", "large.bin"])


def test_a_broken_read_goes_on_where_it_broke(
    served: tuple[HttpArtifacts, Path], large: Path
) -> None:
    store, _ = served
    store.upload_file(large, "large.bin", ignore)
    with meddling(store, cut) as (broken, _):
        assert b"".join(broken.read("large.bin")) == large.read_bytes()
    with meddling(store, cut) as (broken, _):
        assert b"".join(broken.read("large.bin", 7, 3 << 20)) == large.read_bytes()[7:][: 3 << 20]


def test_a_download_that_arrives_changed_is_fetched_again(
    served: tuple[HttpArtifacts, Path], large: Path, tmp_path: Path
) -> None:
    store, _ = served
    store.upload_file(large, "large.bin", ignore)
    with meddling(store, flip_last) as (changed, _):
        changed.download_file("large.bin", tmp_path / "back", ignore)
    assert (tmp_path / "back").read_bytes() == large.read_bytes()


def test_a_download_that_always_arrives_changed_fails_and_leaves_nothing(
    served: tuple[HttpArtifacts, Path], large: Path, tmp_path: Path
) -> None:
    store, _ = served
    store.upload_file(large, "large.bin", ignore)
    target = tmp_path / "target"
    target.mkdir()
    with (
        meddling(store, flip_last, 99) as (changed, _),
        pytest.raises(MillstreamError, match="arrived with the SHA-256"),
    ):
        changed.download_file("large.bin", target / "back", ignore)
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("size", [10, SIZE])
def test_an_upload_that_arrives_changed_is_noticed(
    served: tuple[HttpArtifacts, Path], tmp_path: Path, size: int
) -> None:
    store, root = served
    file = tmp_path / "file"
    file.write_bytes(bytes(size))
    right = base64.b64encode(hashlib.sha256(bytes(size)).digest())

    def lie(answer: bytes) -> bytes:
        return answer.replace(right, base64.b64encode(bytes(32)))

    with (
        meddling(store, lie, 99) as (lying, _),
        pytest.raises(MillstreamError, match="arrived at the server with the SHA-256 0000"),
    ):
        lying.upload_file(file, "file", ignore)
    assert not (root / "file").exists()


def test_an_upload_that_is_cut_leaves_nothing(served: tuple[HttpArtifacts, Path]) -> None:
    store, root = served
    store.write("before", [b"x"])
    host, port = store.uri.removeprefix("http://").partition("/")[0].split(":")
    for _ in range(3):
        with socket.create_connection((host, int(port))) as wire:
            wire.sendall(
                b"PUT /api/2.0/mlflow-artifacts/artifacts/x/cut HTTP/1.1\r\nHost: a\r\n"
                b"Content-Length: 9000000\r\n\r\n" + bytes(3_000_000)
            )
    for _ in range(1_000):
        if files_below(root) == ["before"]:
            break
        threading.Event().wait(0.05)
    assert files_below(root) == ["before"]


def test_large_uploads_of_unknown_length_stream(
    served: tuple[HttpArtifacts, Path],
) -> None:
    store, root = served
    store.write("stream", (bytes([index]) * 700_001 for index in range(9)))
    assert (root / "stream").stat().st_size == 9 * 700_001
    assert (root / "stream").read_bytes()[-1] == 8


def test_a_server_that_serves_no_artifacts_says_so_at_once(serve_artifacts: ServeArtifacts) -> None:
    patient = Settings(http_request_max_retries=7)
    with serve_artifacts(None) as address:
        store = HttpArtifacts(address, "", patient)
        with pytest.raises(NotSupported, match="Artifact serving is disabled"):
            store.write("a", [b"x"])
        with pytest.raises(NotSupported, match="--no-serve-artifacts"):
            store.list()


def test_all_artifacts_of_a_server_are_not_removed_at_once(
    served: tuple[HttpArtifacts, Path],
) -> None:
    whole = HttpArtifacts(served[0].uri.partition("/api/")[0], "", IMPATIENT)
    with pytest.raises(InvalidParameter, match="cannot be removed at once"):
        whole.delete()


def test_a_server_that_is_away_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="Check that the server is running"):
        HttpArtifacts(f"http://127.0.0.1:{free_port()}", "", IMPATIENT).list()


@pytest.mark.parametrize("address", ["ftp://x", "nothing", "http://"])
def test_an_address_of_no_server_is_refused(address: str) -> None:
    with pytest.raises(InvalidParameter, match="must look like http"):
        HttpArtifacts(address, "", IMPATIENT)


@pytest.mark.parametrize(
    ("address", "settings", "expected"),
    [
        ("http://u:p%40@HOST", Settings(), b"basic dtpwqa=="),
        (
            "http://HOST",
            Settings(tracking_username="u", tracking_password="p"),  # noqa: S106 - none of ours
            b"basic dtpw",
        ),
        ("http://HOST", Settings(tracking_token="abc"), b"bearer abc"),  # noqa: S106 - none of ours
    ],
)
def test_credentials_are_sent(
    served: tuple[HttpArtifacts, Path], address: str, settings: Settings, expected: bytes
) -> None:
    with meddling(served[0], lambda answer: answer) as (_, meddler):
        host = meddler.address.removeprefix("http://")
        store = HttpArtifacts(address.replace("HOST", host), "x", settings)
        store.list()
        assert b"\r\nauthorization: " + expected in meddler.requests[0].lower()
        assert "@" not in store.uri
