"""A browser that is signed in: what its cookies are like, and what they are good for."""

from __future__ import annotations

import json
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from tests.security.access.calls import Answer, Calls
from tests.security.access.conftest import PASSWORD, Guarded

from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.server.assembly import assemble
from millstream.server.options import ServerOptions, check

SESSION = "/api/v1/session"
CREATE = "/api/2.0/mlflow/experiments/create"
GET = "/api/2.0/mlflow/experiments/get?experiment_id=0"


def sign_in(calls: Calls, username: str = "ada") -> Answer:
    body = json.dumps({"username": username, "password": PASSWORD}).encode()
    return calls("POST", SESSION, [], body)


def cookies_of(answer: Answer) -> SimpleCookie:
    found = SimpleCookie()
    for name, value in answer.headers:
        if name == b"set-cookie":
            found.load(value.decode())
    return found


def sent(cookies: SimpleCookie) -> tuple[bytes, bytes]:
    return (b"cookie", "; ".join(f"{c.key}={c.value}" for c in cookies.values()).encode())


def word(cookies: SimpleCookie) -> tuple[bytes, bytes]:
    return (b"x-csrf-token", cookies["millstream-csrf-5000"].value.encode())


def test_signing_in_gives_a_cookie_that_no_script_reads(guarded: Guarded) -> None:
    answer = sign_in(guarded.calls)
    assert answer.status == 200
    assert json.loads(answer.body)["username"] == "ada"
    cookies = cookies_of(answer)
    session, repeated = cookies["millstream-session-5000"], cookies["millstream-csrf-5000"]
    assert session["httponly"]
    assert not repeated["httponly"]
    assert session["samesite"] == repeated["samesite"] == "Lax"
    assert session["path"] == "/"
    assert not session["secure"]
    assert session.value not in (repeated.value, answer.body.decode())
    state = guarded.calls("GET", SESSION, [sent(cookies)])
    assert json.loads(state.body)["is_admin"] is True


def test_over_tls_cookies_are_for_tls_and_this_host_only(guarded: Guarded) -> None:
    guarded.calls.scheme = "https"
    cookies = cookies_of(sign_in(guarded.calls))
    assert cookies["__Host-millstream-session-5000"]["secure"]
    assert cookies["millstream-csrf-5000"]["secure"]
    assert guarded.calls("GET", GET, [sent(cookies)]).status == 200
    guarded.calls.scheme = "http"
    assert guarded.calls("GET", GET, [sent(cookies)]).status == 401


def test_behind_a_prefix_cookies_are_sent_below_it_only(tmp_path: Path, guarded: Guarded) -> None:
    uri = str(tmp_path / "store")
    options = check(ServerOptions(backend_store_uri=uri, auth=True, static_prefix="/ml"))
    with Calls(assemble(options)) as calls:
        body = json.dumps({"username": "ada", "password": PASSWORD}).encode()
        cookies = cookies_of(calls("POST", f"/ml{SESSION}", [], body))
        assert cookies["millstream-session-5000"]["path"] == "/ml"
        assert calls("GET", f"/ml{GET}", [sent(cookies)]).status == 200


def test_a_change_has_to_repeat_the_word_of_its_session(guarded: Guarded) -> None:
    cookies = cookies_of(sign_in(guarded.calls))
    others = cookies_of(sign_in(guarded.calls, "grace"))
    body = b'{"name": "by a page"}'
    assert guarded.calls("GET", GET, [sent(cookies)]).status == 200
    for headers in ([], [(b"x-csrf-token", b"")], [(b"x-csrf-token", b"x" * 32)], [word(others)]):
        refused = guarded.calls("POST", CREATE, [sent(cookies), *headers], body)
        assert refused.status == 403
        assert b"X-CSRF-Token" in refused.body
    assert guarded.calls("POST", CREATE, [sent(cookies), word(cookies)], body).status == 200


def test_signing_out_ends_the_session_at_once(guarded: Guarded) -> None:
    cookies = cookies_of(sign_in(guarded.calls))
    assert guarded.calls("GET", GET, [sent(cookies)]).status == 200
    ended = guarded.calls("DELETE", SESSION, [sent(cookies), word(cookies)])
    assert [c["max-age"] for c in cookies_of(ended).values()] == ["0", "0"]
    assert guarded.calls("GET", GET, [sent(cookies)]).status == 401
    state = json.loads(guarded.calls("GET", SESSION, [sent(cookies)]).body)
    assert state == {"is_controlled": True, "sign_in_ways": ["password"]}


@pytest.mark.parametrize("how", ["deactivate", "revoke"])
def test_what_is_taken_away_ends_at_once(guarded: Guarded, how: str) -> None:
    request = t.CreateToken("grace", "laptop", "write")
    made = guarded.access.tokens.create(request, u.Actor("x")).result()
    shown = [(b"authorization", f"Bearer {made.secret}".encode())]
    assert guarded.calls("GET", GET, shown).status == 200
    admin = cookies_of(sign_in(guarded.calls))
    trusted = [sent(admin), word(admin)]
    if how == "revoke":
        guarded.calls("DELETE", f"/api/v1/tokens/{made.token.token_id}", trusted, b"{}")
    else:
        body = b'{"username": "grace", "is_active": false}'
        path = "/api/v1/users/set-active"
        assert guarded.calls("PATCH", path, trusted, body).status == 200
    assert guarded.calls("GET", GET, shown).status == 401


def test_no_browser_is_made_to_ask_for_a_password_by_itself(guarded: Guarded) -> None:
    """Programs are told how to sign in; our pages have a page for that."""
    program = dict(guarded.calls("GET", GET, []).headers)
    assert program[b"www-authenticate"].startswith(b"Basic")
    page = dict(
        guarded.calls("GET", GET, [(b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64)")]).headers
    )
    assert not page[b"www-authenticate"].startswith(b"Basic")
