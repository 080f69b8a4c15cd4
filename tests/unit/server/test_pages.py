"""The web pages: which bytes, and how long a browser may keep them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from millstream.server.pages import Pages

if TYPE_CHECKING:
    from tests.unit.server.conftest import Caller

SCRIPT = "/assets/main-Ab12Cd34.js"


@pytest.mark.parametrize(
    ("accepted", "body", "encoding"),
    [
        (b"gzip, deflate, br", b"brotli", "br"),
        (b"gzip", b"gzip", "gzip"),
        (b"", b"plain", None),
    ],
)
def test_hashed_files_are_kept_for_a_year_and_travel_compressed(
    call: Caller, accepted: bytes, body: bytes, encoding: str | None
) -> None:
    got = call("GET", SCRIPT, headers=[(b"accept-encoding", accepted)])
    assert (got.status, got.body, got.headers.get("content-encoding")) == (200, body, encoding)
    assert got.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in got.headers["cache-control"]


def test_other_files_are_asked_for_again(call: Caller) -> None:
    got = call("GET", "/favicon.svg")
    assert (got.status, got.headers["cache-control"]) == (200, "no-cache")
    again = call("GET", "/favicon.svg", headers=[(b"if-none-match", got.headers["etag"].encode())])
    assert (again.status, again.body) == (304, b"")
    assert call("GET", "/static-files/favicon.svg").body == got.body


@pytest.mark.parametrize(("prefix", "base"), [("", "/"), ("/below", "/below/")])
def test_the_index_stands_for_every_view(
    build: Callable[..., Caller], prefix: str, base: str
) -> None:
    call = build(prefix=prefix)
    for path in ("/", "/experiments/1/runs/a"):
        got = call("GET", prefix + path)
        assert got.status == 200
        assert b"the pages" in got.body
        assert f'<base href="{base}">'.encode() in got.body
        assert got.headers["cache-control"] == "no-cache"
        policy = got.headers["content-security-policy"]
        assert not re.search("unsafe|data:|blob:", policy)
        assert "script-src 'self';" in policy
    assert call("GET", f"{prefix}{SCRIPT}").status == 200


def test_missing_files_and_other_methods(call: Caller) -> None:
    assert call("GET", "/assets/old-12345678.js").status == 404
    assert call("POST", "/").status == 405
    assert call("GET", f"{SCRIPT}.br").status == 404


def test_pages_that_were_not_built_say_how(
    build: Callable[..., Caller], tmp_path: Path, pages_folder: Path
) -> None:
    call = build()
    call.application._pages = Pages(tmp_path / "empty")
    got = call("GET", "/")
    assert b"make ui" in got.body
