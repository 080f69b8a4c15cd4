"""No single request, and no crowd of them, keeps the server from answering the others."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from tests.security.conftest import Attacker
from tests.unit.server.running import Start

JSON = "Content-Type: application/json"
CREATE = "/api/2.0/mlflow/experiments/create"
SEARCH = "runs/search"
DEEP = 100_000


@pytest.fixture
def attack(start: Start) -> Iterator[Attacker]:
    """A server that has to be in the best of health afterwards."""
    server = start()
    yield Attacker(server.url)
    assert server.process.poll() is None
    assert Attacker(server.url)("GET", "/health").body == b"OK"


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":' + b"[" * DEEP + b"]" * DEEP + b"}",
        b'{"a":' * DEEP,
        b'{"name":"a","tags":' + b'[{"key":' * DEEP,
        b'{"name":' + b"9" * DEEP + b"}",
        b'{"name":"' + b"\\ud800" * 100 + b'"}',
        b"\x1f\x8b\x08\x00" + b"\x00" * 100,
        b"\xff\xfe",
    ],
    ids=["arrays", "objects", "tags", "digits", "surrogates", "gzip", "utf-16"],
)
def test_bodies_that_are_no_request(attack: Attacker, body: bytes) -> None:
    assert attack("POST", CREATE, body, JSON).status == 400


def test_nesting_ends_what_reads_json_plainly() -> None:
    with pytest.raises(RecursionError):
        json.loads("[" * DEEP + "]" * DEEP)


def test_a_compressed_body_is_not_inflated(attack: Attacker) -> None:
    answer = attack("POST", CREATE, b"\x1f\x8b\x08", JSON, "Content-Encoding: gzip")
    assert answer.status == 400


@pytest.mark.parametrize(
    ("most", "status"), [(1_000, 413), (100_000, 200)], ids=["bounded", "unbounded"]
)
def test_bodies_are_bounded(start: Start, most: int, status: int) -> None:
    attack = Attacker(start(most_body=most).url)
    tags = [{"key": "k", "value": "v" * 2_000}]
    body = json.dumps({"name": "a", "tags": tags}).encode()
    assert attack("POST", CREATE, body, JSON).status == status
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body.replace(b'"a"', b'"b"'))
    head = f"POST {CREATE} HTTP/1.1\r\nHost: localhost\r\n{JSON}\r\nConnection: close\r\n"
    unknown = attack.raw(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunked)
    assert unknown.status == status


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: -1",
        "Content-Length: 99999999999999999999999",
        "Content-Length: 3\r\nContent-Length: 5",
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Transfer-Encoding: chunked, identity",
    ],
)
def test_a_body_whose_length_is_unclear_is_refused(attack: Attacker, framing: str) -> None:
    """Else a proxy might read the rest as another request than we do."""
    head = f"POST {CREATE} HTTP/1.1\r\nHost: localhost\r\n{JSON}\r\n{framing}\r\n\r\n"
    smuggled = b"0\r\n\r\nGET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = attack.raw(head.encode() + smuggled)
    assert answer.status == 400
    assert b"HTTP/1.1 200" not in answer.body


@pytest.mark.parametrize(
    "head", [b"GET /" + b"a" * 200_000, b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 40_000]
)
def test_heads_are_bounded(attack: Attacker, head: bytes) -> None:
    assert attack.raw(head).status in (0, 400, 431)


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 40_000 + "tags.k = 'v'" + ")" * 40_000,
        " AND ".join(f"tags.k{i} = 'v'" for i in range(5_000)),
        "tags.k IN (" + ",".join(f"'{i}'" for i in range(30_000)) + ")",
        "tags.k LIKE '" + "%a" * 4_000 + "'",
    ],
    ids=["parentheses", "comparisons", "values", "wildcards"],
)
def test_filters_are_bounded(attack: Attacker, expression: str) -> None:
    answer = attack.post(SEARCH, {"experiment_ids": ["0"], "filter": expression})
    assert answer.status == 400
    assert b"limit" in answer.body or b"at most" in answer.body


def test_patterns_do_not_explode(attack: Attacker) -> None:
    """They are matched without going back; Python's own would not end within a lifetime."""
    run = {"experiment_id": "0", "tags": [{"key": "k", "value": "a" * 4_000}]}
    assert attack.post("runs/create", run).status == 200
    for pattern in ("(a+)+$b", "(a|aa)+b", "(.*a){20}b"):
        found = attack.post(
            SEARCH, {"experiment_ids": ["0"], "filter": f"tags.k RLIKE '{pattern}'"}
        )
        assert found.status in (200, 400)
        assert b'"runs"' not in found.body
    assert re.fullmatch("(a+)+$b", "a" * 15) is None  # each further letter doubles its time


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (SEARCH, {"experiment_ids": [str(number) for number in range(100_000)]}),
        (SEARCH, {"experiment_ids": ["0"], "max_results": 10**9}),
        (SEARCH, {"experiment_ids": ["0"], "order_by": ["metrics.m"] * 5_000}),
        ("experiments/create", {"name": "n" * 1_000_000}),
        ("experiments/create", {"name": "n", "artifact_location": "s3://b/" + "n" * 1_000_000}),
        ("runs/log-batch", {"run_id": "r", "metrics": [{}] * 20_000}),
    ],
)
def test_lists_and_texts_are_bounded(attack: Attacker, path: str, content: object) -> None:
    assert attack.post(path, content).status == 400


def test_files_in_parts_have_a_bounded_plan(attack: Attacker) -> None:
    for parts in (10**6, 2**60, -1, 0):
        body = json.dumps({"path": "a", "num_parts": parts}).encode()
        assert attack("POST", "/api/2.0/mlflow-artifacts/mpu/create/a", body, JSON).status == 400


def test_ranges_are_one_or_none(attack: Attacker) -> None:
    attack("PUT", "/api/2.0/mlflow-artifacts/artifacts/a", b"0123456789")
    ranges = "Range: bytes=" + ",".join(["0-"] * 5_000)
    answer = attack("GET", "/api/2.0/mlflow-artifacts/artifacts/a", b"", ranges)
    assert answer.body in (b"0123456789", b"")


def test_streams_of_news_are_counted(start: Start) -> None:
    server = start()
    address = urlsplit(server.url)
    request = b"GET /api/v1/news HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with contextlib.ExitStack() as stack:
        heads = []
        for _ in range(800):
            place = (str(address.hostname), address.port or 0)
            wire = stack.enter_context(socket.create_connection(place, 60))
            wire.sendall(request)
            heads.append(wire.recv(12))
        assert b"HTTP/1.1 200" in heads
        assert heads[-1] == b"HTTP/1.1 503"
        assert Attacker(server.url)("GET", "/health").body == b"OK"
