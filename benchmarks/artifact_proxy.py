"""Files through the server: one large one, and many small ones, up and down."""

from __future__ import annotations

import os
import socket
import time

from benchmarks.load import Script, drive, get
from benchmarks.servers import Running
from benchmarks.tracking import complain

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
LARGE = 200_000_000
SMALL = 10_000
BLOCK = 1 << 20
CONNECTIONS = 8


def measure(server: Running, files: int = 1_000) -> dict[str, float]:
    """Rates in MB/s and files/s."""
    content = os.urandom(SMALL)
    figures = {
        "artifact proxy, 200 MB up (MB/s)": LARGE / _upload_large(server) / 1e6,
        "artifact proxy, 200 MB down (MB/s)": LARGE / _download_large(server) / 1e6,
    }
    each = files // CONNECTIONS

    def upload(index: int) -> Script:
        for number in range(each):
            yield _put(f"{PROXY}/small/{index}/{number}.bin", SMALL) + content

    def download(index: int) -> Script:
        for number in range(each):
            yield get(f"{PROXY}/small/{index}/{number}.bin")

    for direction, script in (("up", upload), ("down", download)):
        outcome = drive(server.address, CONNECTIONS, script, 120)
        complain(direction, outcome)
        figures[f"artifact proxy, small files {direction} (files/s)"] = outcome.rate
    return figures


def _put(path: str, length: int) -> bytes:
    return (
        f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def _upload_large(server: Running) -> float:
    block = os.urandom(BLOCK)
    with socket.create_connection(server.address) as connection:
        began = time.perf_counter()
        connection.sendall(_put(f"{PROXY}/large.bin", LARGE))
        for _ in range(LARGE // BLOCK):
            connection.sendall(block)
        connection.sendall(block[: LARGE % BLOCK])
        _expect_success(connection.recv(65536))
        return time.perf_counter() - began


def _download_large(server: Running) -> float:
    buffer = bytearray(BLOCK)
    with socket.create_connection(server.address) as connection:
        began = time.perf_counter()
        connection.sendall(get(f"{PROXY}/large.bin"))
        size = connection.recv_into(buffer)
        _expect_success(bytes(buffer[:64]))
        while size < LARGE:
            got = connection.recv_into(buffer)
            if not got:
                raise RuntimeError(f"only {size} bytes came back")
            size += got
        return time.perf_counter() - began


def _expect_success(head: bytes) -> None:
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise RuntimeError(f"the proxy answered {head[:200]!r}")
