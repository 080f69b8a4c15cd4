"""A server that has people sign in, with an administrator, and pages of who is signed in."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page
from tests.browser.conftest import Watched, serving
from tests.patience import patient_request

ADMINISTRATOR = "ada"
PASSWORD = "correct horse battery"  # noqa: S105  # of servers that last for one test


class Controlled(NamedTuple):
    """A server's address; people other than the administrator have the same password."""

    address: str

    def open(
        self,
        watched: Watched,
        place: str,
        username: str = ADMINISTRATOR,
        size: tuple[int, int] = (1440, 900),
    ) -> Page:
        """A page of somebody who is signed in."""
        page = watched.open(f"{self.address}/docs", size)
        self.sign_in(page.context, username)
        page.goto(f"{self.address}/{place}")
        return page

    def post(self, path: str, version: str = "2.0/mlflow", **fields: Any) -> Any:
        """Ask as the administrator, and give what was answered."""
        return self.ask("POST", f"/api/{version}/{path}", fields)

    def ask(self, method: str, path: str, fields: dict[str, Any], user: str = ADMINISTRATOR) -> Any:
        """Ask as somebody; whatever is no success raises."""
        proof = base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
        answer = patient_request(
            method, self.address + path, json=fields, headers={"Authorization": f"Basic {proof}"}
        )
        assert answer.status == 200, answer.data.decode()
        return answer.json() if answer.data else None

    def sign_in(self, context: BrowserContext, username: str = ADMINISTRATOR) -> None:
        """Give a browser the cookies of somebody's new session."""
        answer = patient_request(
            "POST",
            f"{self.address}/api/v1/session",
            json={"username": username, "password": PASSWORD},
        )
        assert answer.status == 200, answer.data.decode()
        set_cookies = answer.headers.getlist("set-cookie")
        pairs = [cookie.partition(";")[0].partition("=") for cookie in set_cookies]
        context.add_cookies(
            [{"name": name, "value": value, "url": self.address} for name, _, value in pairs]
        )


def invitation(folder: Path) -> str:
    """The address that makes the first administrator, as the server in this folder printed it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        log = (folder / "server.log").read_text()
        if found := re.search(r"http\S+/first-administrator#\S+(?=\s)", log):
            return found[0]
        time.sleep(0.05)
    raise AssertionError("the server printed no address that makes the first administrator")


@contextmanager
def controlled(folder: Path, *options: str) -> Iterator[Controlled]:
    """A server whose administrator was made by the address that it printed."""
    with serving(folder, "--auth", *options) as address:
        secret = invitation(folder).partition("#")[2]
        answer = patient_request(
            "POST",
            f"http://{urlsplit(address).netloc}/api/v1/session/first-administrator",
            json={"secret": secret, "username": ADMINISTRATOR, "password": PASSWORD},
        )
        assert answer.status == 200, answer.data.decode()
        yield Controlled(address)
