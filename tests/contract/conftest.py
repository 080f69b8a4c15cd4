"""Databases for the contracts: SQLite always, servers if they answer (in CI they must)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from millstream.testing.databases import KINDS, empty_database


@pytest.fixture(scope="module", params=KINDS)
def database_uri(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URI of an empty database of each kind, dropped afterwards."""
    with empty_database(request.param, tmp_path_factory.mktemp("database")) as uri:
        yield uri
