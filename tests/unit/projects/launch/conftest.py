"""Programs that stand in for those that know of containers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("container_program.py")


class Containers:
    """A program on PATH that notes what it is asked."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.folder = folder

    @property
    def built(self) -> Path:
        """The files of the image that was built."""
        return self.folder / "built"

    def asked(self, verb: str) -> list[dict[str, Any]]:
        """What it was asked with this verb."""
        path = self.folder / "asked.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [told for told in map(json.loads, lines) if told["verb"] == verb]


@pytest.fixture(params=["docker", "podman"])
def containers(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Containers:
    """Docker or podman, or what takes their place."""
    folder = tmp_path / "containers"
    folder.mkdir()
    path = tmp_path / "bin" / request.param
    path.parent.mkdir()
    path.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "{PROGRAM}" "{folder}" {request.param} "$@"\n'
    )
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}:{Path(sys.executable).parent}:/usr/bin:/bin")
    monkeypatch.setenv("MILLSTREAM_CONTAINER_ENGINE", request.param)
    return Containers(folder, request.param)
