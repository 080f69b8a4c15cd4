"""What a server is put together from."""

from __future__ import annotations

from pathlib import Path

from millstream.rest.endpoints import ENDPOINTS
from millstream.server.assembly import assemble
from millstream.server.options import ServerOptions

ACCESS = ("users", "groups", "roles", "permissions", "tokens", "audit")


def test_where_access_is_not_controlled_it_cannot_be_managed(tmp_path: Path) -> None:
    application = assemble(ServerOptions(backend_store_uri=str(tmp_path / "runs")))
    rows = [row for row in ENDPOINTS if row.operation.partition(".")[0] in ACCESS]
    assert {row.operation.partition(".")[0] for row in rows} == set(ACCESS)
    assert not {path for row in rows for path in row.paths} & set(application.literal)
