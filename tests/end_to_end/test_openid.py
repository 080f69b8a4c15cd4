"""People sign in at a certified OpenID provider, over HTTP from the first link to the session."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from tests.conftest import AnnouncedServer
from tests.openid_provider.process import CLIENT, SECRET, RunningProvider, running_provider
from tests.openid_provider.visitor import Visitor

from millstream.asgi.replies import Headers, Receive, Scope, Send, reply
from millstream.entities import groups as gr
from millstream.entities.users import Actor, Caller
from millstream.server.access.openid.configuration import read_configuration
from millstream.server.access.openid.routes import OpenIdRoutes
from millstream.server.access.openid.sign_in import CALLBACK, SIGN_IN, OpenIdSignIn
from millstream.settings import Settings
from millstream.store.access import Access
from millstream.store.sql.access.store import SqlAccess
from millstream.store.sql.database import Database

PEOPLE: dict[str, dict[str, Any]] = {
    "subject-1": {"preferred_username": "ada", "groups": ["ml", "platform"]},
    "subject-2": {"preferred_username": "ada", "groups": []},
    "subject-3": {"preferred_username": "bob"},
}


class Site:
    """Our two addresses, and a page that says whose session the browser has."""

    def __init__(self, sign_in: OpenIdSignIn, access: Access) -> None:
        self._access = access
        self._routes = OpenIdRoutes(sign_in, self._begin_session)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._routes.handles(scope["path"]):
            await self._routes(scope, receive, send)
            return
        cookies = dict(scope["headers"]).get(b"cookie", b"").decode().split("; ")
        secret = next(c.partition("=")[2] for c in cookies if c.startswith("session="))
        name = self._access.sessions.check(secret).caller.username
        await reply(send, 200, name.encode(), b"text/plain", [])

    def _begin_session(self, caller: Caller, _scope: Scope) -> Headers:
        secret = self._access.sessions.create(caller, Actor(caller.username)).result().secret
        return [(b"set-cookie", f"session={secret}; Path=/; HttpOnly; SameSite=Lax".encode())]


@pytest.fixture(scope="module")
def provider() -> Iterator[RunningProvider]:
    with running_provider(PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('openid')}/access.db")
    yield SqlAccess(database, "/artifacts")
    database.close()


@pytest.fixture(scope="module")
def site(provider: RunningProvider, access: Access) -> Iterator[str]:
    configuration = read_configuration(
        Settings(
            oidc_issuer=provider.issuer,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
            oidc_groups_claim="groups",
            oidc_administrators_group="platform",
            oidc_create_users=True,
        )
    )
    assert configuration is not None
    config = uvicorn.Config(
        Site(OpenIdSignIn(configuration, access), access),
        host="127.0.0.1",
        port=0,
        lifespan="off",
        log_level="critical",
    )
    server = AnnouncedServer(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.listening.wait(30)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    provider.call_back(url + CALLBACK)
    yield url
    server.should_exit = True
    thread.join(30)


def test_a_person_signs_in_and_goes_on(site: str, access: Access) -> None:
    page = Visitor().sign_in(f"{site}{SIGN_IN}?return_to=/experiments/7", "subject-1")
    assert (page.url, page.status, page.text) == (f"{site}/experiments/7", 200, "ada")
    groups = [group.name for group in access.groups.list(gr.ListGroups("ada")).groups]
    assert groups == ["oidc:ml", "oidc:platform"]


def test_another_person_of_the_same_name_is_refused(site: str) -> None:
    Visitor().sign_in(site + SIGN_IN, "subject-1")
    page = Visitor().sign_in(site + SIGN_IN, "subject-2")
    assert page.status == 403
    assert "belongs to another account of the sign-in provider" in page.text


def test_who_refuses_at_the_provider_is_told(site: str) -> None:
    visitor = Visitor()
    login = visitor.open(site + SIGN_IN)
    page = visitor.open(login.url + "/abort")
    assert page.url.startswith(site + CALLBACK)
    assert page.status == 403
    assert "refused (access_denied)" in page.text


def test_an_address_that_another_browser_brings_is_refused(site: str) -> None:
    visitor = Visitor()
    login = visitor.open(site + SIGN_IN)
    consent = visitor.submit(login, login="subject-3", password="any")  # noqa: S106  # none is asked
    for cookie in list(visitor.cookies):
        if cookie.name.startswith("millstream-sign-in"):
            visitor.cookies.clear(cookie.domain, cookie.path, cookie.name)
    page = visitor.submit(consent)
    assert page.status == 400
    assert "was not begun in this browser" in page.text
