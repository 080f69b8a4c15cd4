from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.security.access.calls import Calls

from millstream import connect, settings
from millstream.entities import users as u
from millstream.server.assembly import assemble
from millstream.server.options import ServerOptions, check
from millstream.store.access import Access

BY = u.Actor("the test")
PASSWORD = "a password for tests"  # noqa: S105  # of users that live for one test


class Guarded(NamedTuple):
    """A server that has people sign in, and who may what there."""

    calls: Calls
    access: Access


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    uri = str(tmp_path / "store")
    store = connect.open_store(uri, settings.Settings())
    access = connect.access_of(store)
    for name in ("ada", "grace"):
        request = u.CreateUser(name, PASSWORD, is_admin=name == "ada")
        access.users.create(request, BY).result()
    with Calls(assemble(check(ServerOptions(backend_store_uri=uri, auth=True)))) as calls:
        yield Guarded(calls, access)
    store.close()
