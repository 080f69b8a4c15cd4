"""Browsers are sent on, or told in a page why not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from tests.unit.server.access.openid.conftest import Visit
from tests.unit.server.access.openid.provider_process import FakeProvider

from millstream.asgi.forwarded import Forwarded
from millstream.asgi.replies import Headers, Scope
from millstream.entities.users import Caller
from millstream.errors import Unauthenticated
from millstream.server.access.openid.page import failure_page
from millstream.server.access.openid.routes import OpenIdRoutes

SIGN_IN = "/api/v1/openid/sign-in"
CALLBACK = "/api/v1/openid/callback"
PROXY = "10.0.0.1"


class Reply(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: str

    def all(self, name: str) -> list[str]:
        return [value for found, value in self.headers if found == name]


def get(application: Any, path: str, query: str = "", method: str = "GET", **headers: str) -> Reply:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    fields = {"host": "ml.example.com", **headers}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "scheme": "http",
        "client": (PROXY, 4711),
        "server": ("127.0.0.1", 5000),
        "headers": [(name.replace("_", "-").encode(), v.encode()) for name, v in fields.items()],
    }
    asyncio.run(application(scope, receive, send))
    headers_sent = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
    return Reply(sent[0]["status"], headers_sent, sent[1]["body"].decode())


def begin_session(caller: Caller, scope: Scope) -> Headers:
    return [(b"set-cookie", f"session=of {caller.username} from {scope['client'][0]}".encode())]


@pytest.fixture
def routes(visit: Callable[..., Visit]) -> OpenIdRoutes:
    return OpenIdRoutes(visit().sign_in, begin_session)


def test_it_has_two_paths(visit: Callable[..., Visit]) -> None:
    routes = OpenIdRoutes(visit().sign_in, begin_session, "/ml")
    assert routes.handles("/ml" + SIGN_IN)
    assert routes.handles("/ml" + CALLBACK)
    assert not routes.handles(SIGN_IN)
    assert not routes.handles("/ml" + SIGN_IN + "/")


def test_a_browser_goes_and_comes_back_with_a_session(
    routes: OpenIdRoutes, provider: FakeProvider
) -> None:
    off = get(routes, SIGN_IN, "return_to=/experiments/7%3Fx=1")
    assert off.status == 303
    assert off.all("cache-control") == ["no-store"]
    cookie = off.all("set-cookie")[0].partition(";")[0]
    query = provider.authorize(off.all("location")[0])
    back = get(routes, CALLBACK, query, cookie=f"a=b; {cookie}")
    assert (back.status, back.all("location")) == (303, ["/experiments/7?x=1"])
    ended, session = back.all("set-cookie")
    assert ended.startswith(cookie.partition("=")[0] + "=; Path=/; Max-Age=0")
    assert session == f"session=of ada from {PROXY}"


def test_behind_a_proxy_addresses_are_the_browsers(
    visit: Callable[..., Visit], provider: FakeProvider
) -> None:
    routes = Forwarded(OpenIdRoutes(visit().sign_in, begin_session, "/ml"), PROXY)
    told = {
        "x_forwarded_for": "203.0.113.7",
        "x_forwarded_proto": "https",
        "x_forwarded_host": "tools.example.com",
        "x_forwarded_prefix": "/team",
    }
    off = get(routes, "/ml" + SIGN_IN, **told)
    cookie = off.all("set-cookie")[0]
    assert cookie.startswith("__Host-")
    location = off.all("location")[0]
    assert "redirect_uri=https%3A%2F%2Ftools.example.com%2Fteam%2Fml%2Fapi%2Fv1%2F" in location
    query = provider.authorize(location)
    back = get(routes, "/ml" + CALLBACK, query, cookie=cookie.partition(";")[0], **told)
    assert back.all("location") == ["/team/ml/"]
    assert back.all("set-cookie")[1] == "session=of ada from 203.0.113.7"


def test_who_did_not_begin_sees_why(routes: OpenIdRoutes, provider: FakeProvider) -> None:
    query = provider.authorize(get(routes, SIGN_IN).all("location")[0])
    reply = get(routes, CALLBACK, query)
    assert reply.status == 400
    assert reply.all("content-type") == ["text/html; charset=utf-8"]
    assert "was not begun in this browser" in reply.body
    assert f"href='{SIGN_IN}'" in reply.body
    assert "href='/'" in reply.body
    assert reply.all("cache-control") == ["no-store"]
    assert reply.all("content-security-policy")[0].startswith("default-src 'none'; style-src 'sha2")
    assert reply.all("set-cookie") == []


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("return_to=https://evil.example/", "must be a path of this server"),
        ("return_to=/a&return_to=/b", "names a field twice"),
        ("return_to=//evil.example", "must be a path of this server"),
    ],
)
def test_nobody_is_sent_elsewhere(routes: OpenIdRoutes, query: str, shown: str) -> None:
    reply = get(routes, SIGN_IN, query)
    assert reply.status == 400
    assert shown in reply.body
    assert reply.all("location") == []


def test_a_provider_that_is_away_is_a_page(routes: OpenIdRoutes, provider: FakeProvider) -> None:
    provider.close()
    reply = get(routes, SIGN_IN)
    assert reply.status == 503
    assert "does not answer at the moment" in reply.body


def test_a_page_holds_no_markup_of_others() -> None:
    page = failure_page("<script>'\"&", "/'><script>", "/x").decode()
    assert "<script>" not in page
    assert "&lt;script&gt;&#x27;&quot;&amp;" in page


def test_sign_in_is_a_link(routes: OpenIdRoutes) -> None:
    for method in ("POST", "HEAD"):
        reply = get(routes, SIGN_IN, method=method)
        assert (reply.status, reply.all("allow")) == (405, ["GET"])


def test_a_session_that_cannot_begin_is_a_page(
    visit: Callable[..., Visit], provider: FakeProvider
) -> None:
    def refuse(_caller: Caller, _scope: Scope) -> Headers:
        raise Unauthenticated("No active user has the username 'ada'.")

    routes = OpenIdRoutes(visit().sign_in, refuse)
    off = get(routes, SIGN_IN)
    query = provider.authorize(off.all("location")[0])
    reply = get(routes, CALLBACK, query, cookie=off.all("set-cookie")[0].partition(";")[0])
    assert reply.status == 401
    assert "No active user has the username &#x27;ada&#x27;." in reply.body


def test_what_nobody_foresaw_is_in_the_log(
    visit: Callable[..., Visit],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sign_in = visit().sign_in
    monkeypatch.setattr(sign_in, "begin", lambda *_: 1 / 0)
    reply = get(OpenIdRoutes(sign_in, begin_session), SIGN_IN)
    assert reply.status == 500
    assert "only the server&#x27;s log tells" in reply.body
    assert "ZeroDivisionError" in caplog.text


def test_only_so_many_wait(visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millstream.server.access.openid.routes._MOST_WAITING", 0)
    reply = get(OpenIdRoutes(visit().sign_in, begin_session), SIGN_IN)
    assert reply.status == 429
    assert "Try again in a minute" in reply.body
