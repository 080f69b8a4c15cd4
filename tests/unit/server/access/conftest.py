"""Access in a database of its own, with hashes that cost nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.store.access import Access
from millstream.store.sql.access.passwords import HashingCost
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database

CHEAP = HashingCost(passes=1, memory=8, lanes=1)


@pytest.fixture
def access(tmp_path: Path) -> Iterator[Access]:
    database = Database(f"sqlite:///{tmp_path}/access.db")
    yield SqlAccess(database, "/artifacts", cost=CHEAP)
    database.close()
