"""Who a change of the registry is from."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from millstream.entities import registry_events as ev
from millstream.server.assembly import assemble
from millstream.server.callers import Callers
from millstream.server.options import ServerOptions
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore

if TYPE_CHECKING:
    from tests.unit.server.conftest import Caller

NEAR = {"client": ("127.0.0.1", 1234)}
FAR = {"client": ("203.0.113.7", 1234)}
CREATE = "/api/2.0/mlflow/registered-models/create"


def basic(text: str) -> bytes:
    return b"Basic " + base64.b64encode(text.encode())


@pytest.mark.parametrize(
    ("local_user", "authorization", "name"),
    [
        ("ada", None, "ada"),
        ("ada", basic("bob:secret"), "bob"),
        ("ada", basic("bób:"), "bób"),
        ("ada", b"Basic not base64!", "ada"),
        ("ada", basic("no colon"), "ada"),
        ("ada", b"Bearer token", "ada"),
        (None, None, "anonymous@203.0.113.7"),
        (None, basic(":secret"), "anonymous@203.0.113.7"),
        (None, basic("x" * 300 + ":"), "x" * 256),
    ],
)
def test_names(local_user: str | None, authorization: bytes | None, name: str) -> None:
    assert Callers(local_user).name(FAR if local_user is None else NEAR, authorization) == name


def test_the_local_user_is_nobody_who_comes_through_a_proxy() -> None:
    assert Callers("ada").name(FAR, None) == "anonymous@203.0.113.7"


def test_a_connection_without_address() -> None:
    assert Callers(None).name({}, None) == "anonymous"


def test_the_history_names_who_asked(tmp_path: Path, caller_of: type[Caller]) -> None:
    call = caller_of(assemble(ServerOptions(backend_store_uri=str(tmp_path / "mlruns"))))
    call.post(CREATE, b'{"name":"a"}', (b"authorization", basic("bob:secret")))
    call.post(CREATE, b'{"name":"b","user_id":"eve"}', (b"authorization", basic("bob:secret")))
    store = SqlStore(Database(f"sqlite:///{tmp_path / 'mlruns' / 'millstream.db'}"), "/")
    events = store.registry_events.search(ev.SearchRegistryEvents()).events
    store.close()
    assert [(event.name, event.user_id) for event in events] == [("b", "eve"), ("a", "bob")]
