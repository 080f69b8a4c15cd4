"""axe-core finds nothing serious or critical on any page, in either theme."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import ROOT, Watched
from tests.browser.seed import Seeded
from tests.browser.seed_files import SeededFiles
from tests.browser.seed_registry import SeededRegistry
from tests.browser.seed_sweeps import SeededSweeps
from tests.browser.test_looks import (
    PREVIEWED,
    SHOWN,
    THEMES,
    addresses,
    file_addresses,
    registry_addresses,
    sweep_addresses,
)

pytestmark = pytest.mark.browser
AXE = ROOT / "ui/node_modules/axe-core/axe.min.js"
GRAVE = ("serious", "critical")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TRANSITIONS_OVER = """() => Promise.allSettled(
    document.getAnimations()
        .filter((one) => one instanceof CSSTransition)
        .map((one) => one.finished)
)"""
KEYS = {"search": "Control+k", "list of keys": "?"}


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run `make ui`")
    return AXE.read_text()


def findings(page: Page, axe: str) -> list[str]:
    """What axe has against the page as it is, a line per rule with the first elements."""
    # Evaluated and not added to the page, whose policy would refuse a strange script.
    page.evaluate(axe)
    options = {
        "runOnly": RULES,
        "rules": {"target-size": {"enabled": True}},
        "resultTypes": ["violations"],
        "iframes": False,  # what users wrote is theirs
    }
    result: Any = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{found['impact']}: {found['id']}: {found['help']}: "
        + " | ".join(node["html"][:160] for node in found["nodes"][:3])
        + f" ({len(found['nodes'])} elements)"
        for found in result["violations"]
        if found["impact"] in GRAVE
    ]


def change_theme(page: Page, theme: Literal["light", "dark"]) -> None:
    """Let the page have a theme, and its colours the time to change."""
    page.emulate_media(color_scheme=theme)
    page.evaluate(TRANSITIONS_OVER)


def examine(
    watched: Watched,
    axe: str,
    base: str,
    addresses: dict[str, str],
    shown: str = SHOWN,
) -> None:
    """Each page is opened once, and looked at in both themes."""
    page = watched.open(f"{base}/#/experiments")
    found: list[str] = []
    for name, address in addresses.items():
        page.goto(f"{base}/{address}")
        page.wait_for_load_state("networkidle")
        page.locator(shown).first.wait_for()
        page.locator(".grid.dimmed").wait_for(state="hidden")  # pale while others are on their way
        for theme in THEMES:
            change_theme(page, theme)
            found += [f"{name}, {theme}: {text}" for text in findings(page, axe)]
        page.emulate_media(color_scheme=THEMES[0])
    assert not found, "\n".join(found)


def test_pages_are_accessible(seeded: Seeded, watched: Watched, axe: str) -> None:
    examine(watched, axe, seeded.address, addresses(seeded))


def test_pages_of_the_registry_are_accessible(
    registry: SeededRegistry, watched: Watched, axe: str
) -> None:
    examine(watched, axe, registry.address, registry_addresses(registry))


def test_pages_of_sweeps_are_accessible(swept: SeededSweeps, watched: Watched, axe: str) -> None:
    examine(watched, axe, swept.address, sweep_addresses(swept))


def test_pages_of_files_are_accessible(filed: SeededFiles, watched: Watched, axe: str) -> None:
    watched.expected.append("Blocked script execution")
    found = file_addresses(filed)
    views = {name: place for name, place in found.items() if name.startswith("run-")}
    examine(watched, axe, filed.address, views)
    files = {name: place for name, place in found.items() if name not in views}
    examine(watched, axe, filed.address, files, PREVIEWED)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("opened", KEYS)
def test_what_keys_open_is_accessible(
    seeded: Seeded, watched: Watched, axe: str, opened: str, theme: str
) -> None:
    page = watched.open(f"{seeded.address}/#/experiments", theme=theme)
    page.locator(SHOWN).first.wait_for()
    page.keyboard.press(KEYS[opened])
    page.get_by_role("dialog").wait_for()
    assert findings(page, axe) == []


def test_axe_would_find_something(seeded: Seeded, watched: Watched, axe: str) -> None:
    page = watched.open(f"{seeded.address}/#/experiments")
    page.locator(SHOWN).first.wait_for()
    page.evaluate("document.body.append(document.createElement('button'))")
    assert [text for text in findings(page, axe) if "button-name" in text]
