"""The packages of a run, as pip understands them."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from millstream.capture.packages import requirements


def _install(folder: Path, name: str, fields: str, origin: object = None) -> None:
    place = folder / f"{name}.dist-info"
    place.mkdir()
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\n{fields}\n\nName: in the text\n")
    if origin is not None:
        (place / "direct_url.json").write_text(
            origin if isinstance(origin, str) else json.dumps(origin)
        )


def test_each_installed_package_is_named_with_its_version() -> None:
    lines = requirements().decode().splitlines()
    assert f"pytest=={metadata.version('pytest')}" in lines
    assert lines == sorted(set(lines), key=str.lower)
    for line in lines:
        Requirement(line.partition("  #")[0])


def test_origins_are_named_without_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    _install(tmp_path, "plain", "Name: plain\nVersion: 1.0")
    _install(
        tmp_path,
        "repo",
        "Name: repo\nVersion: 2.0",
        {"url": "https://u:pw@example.org/r", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
    )
    _install(tmp_path, "local", "Name: local\nVersion: 3", {"url": "file:///home/a/local"})
    _install(tmp_path, "broken", "Name: broken\nVersion: 4", "{")
    _install(tmp_path, "leftover", "Summary: nothing")
    assert requirements().decode().splitlines() == [
        "broken==4",
        "local==3  # from file:///home/a/local",
        "plain==1.0",
        "repo @ git+https://u:***@example.org/r@abc",
    ]
