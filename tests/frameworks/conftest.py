"""What tests of automatic logging need."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import millstream

# Threads that wait for each other by spinning make tiny trainings slow where others work too.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def own_store(tmp_path: Path, new_session: None) -> Iterator[None]:
    """A store that nobody else logs to, for a session that has just begun."""
    millstream.set_tracking_uri(tmp_path / "store")
    yield
    millstream.set_tracking_uri("")
