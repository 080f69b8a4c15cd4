"""Packaging builds the web pages if they are missing, or says what it needs for that."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
FAKE_NPM = """#!/bin/sh
echo "$*" >> "$PWD/../calls"
[ "$1" = run ] || exit 0
mkdir -p ../src/millstream/server/static && : > ../src/millstream/server/static/index.html
"""


@pytest.fixture
def hook() -> ModuleType:
    specification = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "ui").mkdir()
    return tmp_path


def use_path(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin" if (folder / "npm").exists() else "")
    monkeypatch.setattr(sys, "executable", str(folder / "python"))


def start(hook: ModuleType, project: Path, version: str = "standard") -> None:
    hook.PagesHook(str(project), {}, None, None, str(project), "wheel").initialize(version, {})


def test_without_node_it_says_what_to_do(
    hook: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_path(monkeypatch, project)
    with pytest.raises(RuntimeError, match=r"needs Node\.js 20\.19 or newer.*\n.*\n.*install Node"):
        start(hook, project)


def test_missing_pages_are_built_as_locked(
    hook: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = project / "npm"
    npm.write_text(FAKE_NPM)
    npm.chmod(0o755)
    use_path(monkeypatch, project)
    start(hook, project)
    assert (project / "calls").read_text() == "ci --no-audit --no-fund\nrun build\n"


@pytest.mark.parametrize("version", ["standard", "editable"])
def test_pages_that_exist_or_an_editable_install_need_no_node(
    hook: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    use_path(monkeypatch, project)
    if version == "standard":
        (project / hook.PAGES).parent.mkdir(parents=True)
        (project / hook.PAGES).touch()
    start(hook, project, version)
    assert not (project / "calls").exists()


def test_the_lock_file_names_no_place_to_load_from() -> None:
    lock = (ROOT / "ui/package-lock.json").read_text()
    assert '"resolved": "http' not in lock
    assert '"integrity"' in lock
