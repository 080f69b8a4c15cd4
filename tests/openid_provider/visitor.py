"""A person with a browser that knows links, forms and cookies."""

from __future__ import annotations

import html
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.cookiejar import CookieJar
from typing import NamedTuple
from urllib.parse import urlencode, urljoin

_FORM = re.compile(r"<form[^>]*action=\"([^\"]+)\"[^>]*>(.*?)</form>", re.DOTALL)
_HIDDEN = re.compile(r"<input[^>]*type=\"hidden\"[^>]*name=\"([^\"]+)\"[^>]*value=\"([^\"]*)\"")


class Page(NamedTuple):
    url: str
    status: int
    text: str


class Visitor:
    """Follows every redirect, keeping cookies; `headers` go with each request."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )
        # Sent byte by byte, as a proxy does with names beyond ASCII.
        self._opener.addheaders = [
            (name, value.encode().decode("latin-1")) for name, value in (headers or {}).items()
        ]

    def open(self, url: str, form: dict[str, str] | None = None) -> Page:
        body = None if form is None else urlencode(form).encode()
        try:
            answer = self._opener.open(url, body, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return Page(answer.url, answer.status, answer.read().decode())

    def submit(self, page: Page, **filled: str) -> Page:
        """Send the only form of a page."""
        found = _FORM.search(page.text)
        assert found is not None, page
        hidden = dict(_HIDDEN.findall(found[2]))
        return self.open(urljoin(page.url, html.unescape(found[1])), {**hidden, **filled})

    def sign_in(self, url: str, subject: str) -> Page:
        """From a link of ours through the provider's pages, as this person."""
        login = self.open(url)
        consent = self.submit(login, login=subject, password="any")  # noqa: S106  # none is asked
        return self.submit(consent)
