"""A proxy answers for people if it is trusted, and unambiguous."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

import pytest

from millstream.asgi.forwarded import Forwarded
from millstream.entities import groups as gr
from millstream.entities import users as u
from millstream.errors import InvalidParameter, NotFound, PermissionDenied, Unauthenticated
from millstream.server.access.freshness import Freshness
from millstream.server.access.proxy_identity import ProxyCallers, ProxyIdentity, ProxyUser
from millstream.server.options import ServerOptions, check
from millstream.store.access import Access
from millstream.testing.access import BY, last_event, new_user

PROXY = "10.0.0.1"
HEADER = "X-Forwarded-User"


def arrived(headers: list[tuple[str, bytes]], peer: str = PROXY) -> Any:
    """The scope of a request, after the proxy's word was looked at."""
    seen: dict[str, Any] = {}

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        seen.update(scope)

    async def nothing(*_: Any) -> Any:
        raise AssertionError

    scope = {
        "type": "http",
        "client": (peer, 4711),
        "server": ("127.0.0.1", 5000),
        "scheme": "http",
        "headers": [(name.lower().encode(), value) for name, value in headers],
    }
    asyncio.run(Forwarded(application, PROXY)(scope, nothing, nothing))
    return seen


def groups_of(access: Access, username: str) -> list[str]:
    return [group.name for group in access.groups.list(gr.ListGroups(username)).groups]


def test_a_trusted_proxy_names_who_asks(access: Access) -> None:
    identity = ProxyIdentity(access, HEADER)
    told = [("x-forwarded-for", b"203.0.113.7"), (HEADER, "ada é".encode())]
    assert identity.read(arrived(told)) == ProxyUser("ada é")


@pytest.mark.parametrize("headers", [[], [(HEADER, b"")], [(HEADER, b"  ")]])
def test_a_proxy_may_name_nobody(access: Access, headers: list[tuple[str, bytes]]) -> None:
    assert ProxyIdentity(access, HEADER).read(arrived(headers)) is None


def test_nobody_else_is_believed_and_that_is_said_once(
    access: Access, caplog: pytest.LogCaptureFixture
) -> None:
    identity = ProxyIdentity(access, HEADER)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            # What it says of its own address makes it no proxy.
            forged = [("x-forwarded-for", PROXY.encode()), (HEADER, b"ada")]
            assert identity.read(arrived(forged, "10.0.0.2")) is None
    assert [record.message for record in caplog.records] == [
        "The X-Forwarded-User header of 10.0.0.2 is not believed, since --forwarded-allow-ips does "
        "not name that address. This is said once."
    ]


@pytest.mark.parametrize(
    "headers",
    [
        [(HEADER, b"mallory"), (HEADER, b"ada")],
        [(HEADER, b"ada"), (HEADER, b"ada")],
        [(HEADER, b"mallory,ada")],
    ],
)
def test_two_values_are_refused(access: Access, headers: list[tuple[str, bytes]]) -> None:
    with pytest.raises(Unauthenticated, match=r"X-Forwarded-User header.*Let the proxy replace"):
        ProxyIdentity(access, HEADER).read(arrived(headers))


def test_two_fields_of_groups_are_refused(access: Access) -> None:
    identity = ProxyIdentity(access, HEADER, "X-Groups")
    told = [(HEADER, b"ada"), ("X-Groups", b"a"), ("X-Groups", b"b")]
    with pytest.raises(Unauthenticated, match="2 x-groups headers"):
        identity.read(arrived(told))


def test_a_name_is_utf_8(access: Access) -> None:
    with pytest.raises(Unauthenticated, match="is not UTF-8"):
        ProxyIdentity(access, HEADER).read(arrived([(HEADER, b"\xff")]))


@pytest.mark.parametrize("header", ["", "a b", "a:b", "é", "Authorization", "cookie"])
def test_a_header_that_cannot_be(access: Access, header: str) -> None:
    with pytest.raises(InvalidParameter, match=r"--auth-proxy-header .* is no header"):
        ProxyIdentity(access, header)


def test_who_is_known_calls(access: Access) -> None:
    name = new_user(access)
    caller = ProxyIdentity(access, HEADER).resolve(ProxyUser(name), "203.0.113.7")
    assert (caller.username, caller.is_admin, caller.scope) == (name, False, None)


def test_who_is_unknown_is_refused_or_made(access: Access) -> None:
    with pytest.raises(Unauthenticated, match="'ada', which is no user here"):
        ProxyIdentity(access, HEADER).resolve(ProxyUser("ada"), None)
    with pytest.raises(NotFound):
        access.users.get(u.UserName("ada"))
    caller = ProxyIdentity(access, HEADER, create_users=True).resolve(ProxyUser("ada"), "::1")
    assert caller.username == "ada"
    assert not caller.is_admin
    event = last_event(access)
    assert (event.action, event.resource_id, event.address) == ("user.create", "ada", "::1")


def test_a_name_that_cannot_be_is_not_made(access: Access) -> None:
    identity = ProxyIdentity(access, HEADER, create_users=True)
    with pytest.raises(InvalidParameter, match="must not contain a colon"):
        identity.resolve(ProxyUser("a:b"), None)


def test_who_is_shut_out_stays_out(access: Access) -> None:
    name = new_user(access)
    access.users.set_active(u.UpdateUserActive(name, is_active=False), BY).result()
    identity = ProxyIdentity(access, HEADER, create_users=True)
    with pytest.raises(Unauthenticated, match="No active user"):
        identity.resolve(ProxyUser(name), None)


def test_no_proxy_answers_for_a_program(access: Access) -> None:
    access.users.create(u.CreateUser("robot", kind="service"), BY).result()
    with pytest.raises(PermissionDenied, match="'robot' is a service account"):
        ProxyIdentity(access, HEADER).resolve(ProxyUser("robot"), None)


def test_groups_are_those_that_the_proxy_names(access: Access) -> None:
    name = new_user(access)
    access.groups.create(gr.CreateGroup("by hand"), BY).result()
    access.groups.add_member(gr.GroupMember("by hand", name), BY).result()
    identity = ProxyIdentity(access, HEADER, "X-Groups")

    def sign_in(groups: bytes | None) -> list[str]:
        told = [(HEADER, name.encode())] + ([] if groups is None else [("X-Groups", groups)])
        named = identity.read(arrived(told))
        assert named is not None
        identity.resolve(named, None)
        return groups_of(access, name)

    assert sign_in(b"ml, ops,,ml") == ["by hand", "proxy:ml", "proxy:ops"]
    assert sign_in(b"ops,data") == ["by hand", "proxy:data", "proxy:ops"]
    assert sign_in(None) == ["by hand"]


def test_groups_without_end_are_refused(access: Access) -> None:
    name = new_user(access)
    identity = ProxyIdentity(access, HEADER, "X-Groups")
    many = frozenset(str(number) for number in range(501))
    with pytest.raises(PermissionDenied, match="501 groups; at most 500"):
        identity.resolve(ProxyUser(name, many), None)
    assert groups_of(access, name) == []


def test_callers_are_remembered_while_nothing_of_access_changes(access: Access) -> None:
    name = new_user(access)
    version = [1]
    freshness = Freshness(lambda: version[0])
    freshness.look()
    callers = ProxyCallers(ProxyIdentity(access, HEADER, "X-Groups"), freshness)
    scope = arrived([(HEADER, name.encode()), ("X-Groups", b"ml")])
    assert callers.recall(scope) is None
    found = callers.find(scope)
    assert found is not None
    assert found.username == name
    assert callers.recall(scope) == found
    # With other groups it is to be looked at again.
    assert callers.recall(arrived([(HEADER, name.encode()), ("X-Groups", b"ops")])) is None
    version[0] += 1
    freshness.look()
    assert callers.recall(scope) is None
    access.users.set_active(u.UpdateUserActive(name, is_active=False), BY).result()
    with pytest.raises(Unauthenticated, match="No active user"):
        callers.find(scope)


def test_nobody_is_remembered_for_whom_no_proxy_speaks(access: Access) -> None:
    callers = ProxyCallers(ProxyIdentity(access, HEADER), Freshness(lambda: 1))
    for scope in (arrived([]), arrived([(HEADER, b"ada")], "10.0.0.2")):
        assert callers.recall(scope) is None
        assert callers.find(scope) is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"auth_proxy_header": "a b"}, "--auth-proxy-header 'a b' is no header"),
        (
            {"auth_proxy_header": HEADER, "auth_proxy_groups_header": "Cookie"},
            "--auth-proxy-groups-header 'Cookie' is no header",
        ),
        ({"auth_proxy_header": HEADER, "auth": False}, "lets in everybody: say --auth"),
        ({"auth_proxy_header": HEADER, "forwarded_allow_ips": ""}, "which is ''; it must be"),
        ({"auth_proxy_header": HEADER, "forwarded_allow_ips": "*"}, "everybody there can be any"),
        ({"auth_proxy_header": HEADER, "forwarded_allow_ips": "10.0.0.1,::/0"}, "10.0.0.1,::/0"),
        ({"auth_proxy_groups_header": "X-Groups"}, "--auth-proxy-groups-header needs --auth-proxy"),
        ({"auth_proxy_create_users": True}, "--auth-proxy-create-users needs --auth-proxy-header"),
    ],
)
def test_options_that_would_believe_too_much(given: dict[str, Any], message: str) -> None:
    options: dict[str, Any] = {"auth": True, "forwarded_allow_ips": PROXY, **given}
    with pytest.raises(InvalidParameter, match=re.escape(message)):
        check(ServerOptions(**options))


def test_options_that_name_a_proxy() -> None:
    options = ServerOptions(auth=True, forwarded_allow_ips=PROXY, auth_proxy_header=HEADER)
    assert check(options).auth_proxy_header == HEADER
