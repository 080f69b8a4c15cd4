"""Requests that wait as long as a busy machine needs; urllib3's own give up after 3 s."""

from __future__ import annotations

from typing import Any

import urllib3

SECONDS = 60


def patient_request(method: str, url: str, **said: Any) -> urllib3.BaseHTTPResponse:
    """As `urllib3.request`, with a minute for connecting and for answering."""
    return urllib3.request(method, url, **{"timeout": SECONDS, **said})
