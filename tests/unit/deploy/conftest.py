"""What the tests of deployments share: a store of their own, which keeps the record."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def store(new_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URI of the store that deployments are recorded in, whatever a test before has chosen."""
    uri = str(tmp_path / "mlruns")
    monkeypatch.setenv("MILLSTREAM_TRACKING_URI", uri)
    return uri
