"""Lighthouse on a page, in the system's Chromium."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.servers import VENVS
from benchmarks.ui_browser import chromium

VERSION = "12.8.2"
"""The last that runs on Node.js 20."""
HOME = VENVS / "bench-lighthouse"
PROGRAM = HOME / "node_modules/.bin/lighthouse"
CATEGORIES = ("performance", "accessibility")
NPM = Path(__file__).parents[1] / "scripts/npm"


def prepare() -> None:
    """Install Lighthouse if it is absent."""
    if PROGRAM.exists():
        return
    HOME.mkdir(parents=True, exist_ok=True)
    quiet = ("--no-audit", "--no-fund", "--silent", "--no-save")
    subprocess.run(
        [str(NPM), "install", *quiet, f"--prefix={HOME}", f"lighthouse@{VERSION}"], check=True
    )


def audit(address: str) -> dict[str, float]:
    """The scores of a page, 0 to 100, as of a desktop computer."""
    with tempfile.TemporaryDirectory() as home:
        report = Path(home) / "report.json"
        subprocess.run(
            [
                str(PROGRAM),
                address,
                "--quiet",
                "--preset=desktop",
                "--output=json",
                f"--output-path={report}",
                f"--only-categories={','.join(CATEGORIES)}",
                "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
            ],
            check=True,
            env={**os.environ, "CHROME_PATH": chromium()},
        )
        categories = json.loads(report.read_text())["categories"]
    return {name: categories[name]["score"] * 100 for name in CATEGORIES}
