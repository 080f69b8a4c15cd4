"""What a page has put on the clipboard, once it is there: writing to it takes its time."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page
from tests.browser.conftest import PATIENCE


def copied(page: Page, is_meant: Callable[[str], bool]) -> str:
    """The text of the clipboard as soon as it is what is meant."""
    ends = time.monotonic() + PATIENCE / 1_000
    while not is_meant(text := str(page.evaluate("navigator.clipboard.readText()"))):
        assert time.monotonic() < ends, f"another text is on the clipboard: {text!r}"
        page.wait_for_timeout(50)
    return text
