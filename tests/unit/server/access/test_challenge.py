"""What is asked of those who have not shown who they are: never a dialog of the browser's own."""

from __future__ import annotations

import pytest

from millstream.server.access.gate import challenge
from millstream.server.head import read_head

FIREFOX = b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def challenged(*headers: tuple[bytes, bytes]) -> bytes:
    return challenge(read_head({"type": "http", "scheme": "http", "headers": list(headers)}))[0][1]


@pytest.mark.parametrize("agent", [b"python-requests/2.32", b"mlflow-java-client/3", b""])
def test_programs_are_asked_for_a_name_and_a_password(agent: bytes) -> None:
    assert challenged((b"user-agent", agent)) == b'Basic realm="mlflow"'


@pytest.mark.parametrize(
    "header",
    [(b"user-agent", FIREFOX), (b"cookie", b"theme=dark"), (b"x-csrf-token", b"none")],
    ids=["browser", "cookie", "page"],
)
def test_no_browser_opens_its_own_dialog(header: tuple[bytes, bytes]) -> None:
    assert challenged(header) == b'Bearer realm="mlflow"'
