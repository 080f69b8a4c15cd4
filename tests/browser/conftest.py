"""A browser, a server of ours with data in it, and pages that must not complain."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from tests.browser import seed, seed_files, seed_registry, seed_sweeps

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "src/millstream/server/static/index.html"
PATIENCE = 30_000  # milliseconds; what takes them is broken even on a busy machine
expect.set_options(timeout=PATIENCE)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WATCH_POLICY = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
    window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[str]:
    command = [sys.executable, "-m", "millstream.cli.main", "server", "--port", "0", *options]
    log = (folder / "server.log").open("w+")
    process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield announced(process, folder / "server.log")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        log.close()


def announced(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:\d+\S*", log.read_text())
        if found:
            return found[0].rstrip("/")
        time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seed.Seeded]:
    """A server with four experiments: a few runs, 5,000 runs, absurd runs, no runs."""
    with serving(tmp_path_factory.mktemp("seeded")) as address:
        yield seed.fill(address)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seed_registry.SeededRegistry]:
    """A server with a model that has a life, 1,200 models, an absurd one, one without versions."""
    with serving(tmp_path_factory.mktemp("registry")) as address:
        yield seed_registry.fill_registry(address)


@pytest.fixture(scope="session")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seed_files.SeededFiles]:
    """A server with a run that has a file of every kind, notes, children and images by step."""
    folder = tmp_path_factory.mktemp("filed")
    seed_files.install_plotly(folder)
    with serving(folder) as address:
        yield seed_files.fill_files(address)


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seed_sweeps.SeededSweeps]:
    """A server with a sweep of ten points, one without a metric, and one of 3,000 trials."""
    folder = tmp_path_factory.mktemp("swept")
    with serving(folder) as address:
        yield seed_sweeps.fill_sweeps(address, folder)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[str]:
    """The address of a new server, which ends after the pages that look at it."""
    with serving(tmp_path) as address:
        yield address


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: no page can be opened")
    if not PAGES.is_file():
        pytest.skip("the pages are not built: run `make ui`")
    launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    yield launched
    launched.close()


class Watched:
    """Opens pages and remembers what they complain of."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._pages: list[Page] = []
        self._complaints: list[str] = []
        self.expected: list[str] = []

    def open(self, address: str, size: tuple[int, int] = (1440, 900), theme: str = "light") -> Page:
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if theme == "dark" else "light",
            permissions=["clipboard-read", "clipboard-write"],
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.add_init_script(WATCH_POLICY)
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self._complaints.append(str(error)))
        self._pages.append(page)
        page.goto(address)
        return page

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self._complaints.append(text)

    def finish(self) -> None:
        for page in self._pages:
            self._complaints += page.evaluate("window.violations")
            page.context.close()
        heard = [text for text in self._complaints if not any(e in text for e in self.expected)]
        assert heard == []


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """Opens pages; fails if one wrote an error to the console or broke the content policy."""
    pages = Watched(browser)
    yield pages
    pages.finish()
