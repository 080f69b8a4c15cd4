"""A browser runs nothing that somebody logged: what the headers of pages and files say."""

from __future__ import annotations

import json

import pytest
from tests.security.conftest import Attacker
from tests.unit.server.running import Start

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
SCRIPT = b"<script>alert(document.domain)</script>"
NAMES = [
    "page.html",
    "page.htm",
    "page.xhtml",
    "image.svg",
    "feed.xml",
    "style.css",
    "code.js",
    "code.mjs",
    "page.shtml",
    "archive.mht",
    "nothing",
    "page.html%20",
    "page.HTML",
    "%22;x=%22.html",
    "a%3Bfilename=evil.html",
    "%E2%80%AElmth.txt",
]


def test_a_file_is_a_download_that_runs_nothing(attack: Attacker) -> None:
    for name in NAMES:
        assert attack("PUT", f"{PROXY}/{name}", SCRIPT).status == 200
        answer = attack("GET", f"{PROXY}/{name}")
        assert answer.body == SCRIPT
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["content-disposition"].isascii()
        assert answer.headers["content-disposition"].count(";") == 1
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["a%0d%0aX-Evil:%201.txt", "a%0aX-Evil:%201", "a%00.html"])
def test_no_name_makes_a_header(attack: Attacker, name: str) -> None:
    assert attack("PUT", f"{PROXY}/{name}", SCRIPT).status == 400
    answer = attack("GET", f"{PROXY}/{name}")
    assert answer.status == 400
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize("wanted", ["static", "scripts", "evil", "../static", ""])
def test_a_frame_is_of_no_origin(attack: Attacker, wanted: str) -> None:
    run = attack.post("runs/create", {"experiment_id": "0"})
    run_id = json.loads(run.body)["run"]["info"]["run_id"]
    upload = f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run_id}&path=page.html"
    attack("POST", upload, SCRIPT)
    answer = attack("GET", f"/get-artifact?run_id={run_id}&path=page.html&sandbox={wanted}")
    if answer.status == 200:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox")
        assert "allow-same-origin" not in policy
        assert "default-src 'none'" in policy
        assert "connect-src" not in policy
    alone = attack(
        "GET",
        f"/get-artifact?run_id={run_id}&path=page.html&sandbox=scripts",
        b"",
        "Sec-Fetch-Dest: document",
    )
    assert "allow-scripts" not in alone.headers["content-security-policy"]


@pytest.mark.parametrize("page", ["/", "/docs", "/anything"])
def test_pages_load_nothing_but_their_own(attack: Attacker, page: str) -> None:
    answer = attack("GET", page)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "target",
    [
        "/<script>alert(1)</script>.js",
        "/api/2.0/mlflow/<script>alert(1)</script>",
        "/get-artifact?run_id=<script>alert(1)</script>&path=a",
        "/api/2.0/mlflow/runs/get?run_id=<script>alert(1)</script>",
    ],
)
def test_no_error_is_a_page(attack: Attacker, target: str) -> None:
    answer = attack("GET", target)
    assert answer.status >= 400
    if answer.body:
        assert "html" not in answer.headers["content-type"]
    echoed = attack(
        "POST", "/api/2.0/mlflow/runs/create", b"{}", f"Content-Type: {SCRIPT.decode()}"
    )
    assert "html" not in echoed.headers["content-type"]
    assert SCRIPT not in echoed.body


def test_frames_of_others_can_be_allowed(start: Start) -> None:
    """The header above is no accident: it goes when it is told to."""
    answer = Attacker(start(x_frame_options="NONE").url)("GET", "/")
    assert "x-frame-options" not in answer.headers
