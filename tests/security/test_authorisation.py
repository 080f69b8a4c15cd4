"""Who is not signed in comes in nowhere, and who is does no more than it was permitted."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.security.conftest import Attacker
from tests.unit.server.running import Start

from millstream.errors import InvalidParameter
from millstream.rest.endpoints import ENDPOINTS
from millstream.server.options import ServerOptions, check
from millstream.server.process import serve


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "ml.example.com", ""])  # noqa: S104 - the point of the test
def test_nobody_else_reaches_a_server_that_was_not_told_so(tmp_path: Path, host: str) -> None:
    store = tmp_path / "store"
    with pytest.raises(InvalidParameter, match="--allow-anonymous"):
        serve(ServerOptions(backend_store_uri=str(store), host=host, port=0, auth=False))
    assert not store.exists()
    assert check(ServerOptions(host=host, allow_anonymous=True)).host == host
    assert check(ServerOptions(host=host)).auth is True


def test_each_endpoint_names_its_permission() -> None:
    assert len(list(ENDPOINTS)) > 50
    assert [row.operation for row in ENDPOINTS if not row.permission] == []


@pytest.mark.parametrize(
    "path",
    [
        "/ajax-api/3.0/jobs/search",
        "/ajax-api/3.0/jobs/",
        "/signup",
        "/ajax-api/2.0/mlflow/gateway-proxy",
    ],
)
def test_what_mlflow_left_open_does_not_exist(attack: Attacker, path: str) -> None:
    for method in ("GET", "POST"):
        answer = attack(method, path, b"{}", "Content-Type: application/json")
        assert answer.status in (404, 405) or b"<title>" in answer.body


def test_a_server_that_was_told_so_lets_everybody_in(start: Start) -> None:
    server = start(host="0.0.0.0", allow_anonymous=True)  # noqa: S104 - the point of the test
    attack = Attacker(server.url.replace("0.0.0.0", "127.0.0.1"))  # noqa: S104 - the point of the test
    assert attack.post("experiments/create", {"name": "a"}).status == 200
