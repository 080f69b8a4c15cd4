"""A sign-in at an OpenID provider is believed when all of it holds together, or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey
from tests.unit.server.access.openid.conftest import ADDRESS, BASE, Visit
from tests.unit.server.access.openid.provider_process import SECRET, FakeProvider

from millstream.entities import audit_events as ae
from millstream.errors import (
    BadRequest,
    InvalidParameter,
    InvalidState,
    MillstreamError,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
)
from millstream.server.access.openid.configuration import OpenIdConfiguration
from millstream.server.access.openid.pending import PendingCookies
from millstream.server.access.openid.sign_in import OpenIdSignIn
from millstream.server.access.openid.transport import MOST_READ
from millstream.store.access import Access

MakeVisit = Callable[..., Visit]


def last_sign_in(access: Access) -> ae.AuditEvent:
    return access.audit.search(ae.SearchAuditEvents(action="user.sign_in")).events[0]


def without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda values: {key: value for key, value in values.items() if key != name}


def having(**more: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda values: {**values, **more}


def test_a_person_signs_in(visit: MakeVisit, access: Access, provider: FakeProvider) -> None:
    finished = visit()("/experiments/7?x=1#y")
    assert finished.caller.username == "ada"
    assert not finished.caller.is_admin
    assert finished.return_to == "/experiments/7?x=1#y"
    assert "Max-Age=0" in finished.cookie
    event = last_sign_in(access)
    assert (event.actor, event.address, event.result) == ("ada", ADDRESS, "success")
    assert event.details == {"method": "openid", "issuer": provider.issuer, "subject": "subject-1"}


def test_the_browser_is_sent_to_the_provider(visit: MakeVisit, provider: FakeProvider) -> None:
    begun = visit().sign_in.begin("https://ml.example.com/a/b", "/a/b/x")
    assert begun.location.startswith(f"{provider.issuer}/authorize?audience=x&")
    asked = dict(parse_qsl(urlsplit(begun.location).query))
    assert asked["redirect_uri"] == "https://ml.example.com/a/b/api/v1/openid/callback"
    assert asked["scope"] == "openid profile email"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    name, _, attributes = begun.cookie.partition("=")
    assert name.startswith("__Host-millstream-sign-in-")
    assert attributes.endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure")
    assert asked["state"] not in begun.cookie
    assert asked["nonce"] not in begun.cookie


def test_a_cookie_of_plain_http_is_not_called_secure(visit: MakeVisit) -> None:
    cookie = visit().sign_in.begin(BASE, "").cookie
    assert cookie.startswith("millstream-sign-in-")
    assert "Secure" not in cookie


def test_the_document_and_keys_are_read_once(visit: MakeVisit, provider: FakeProvider) -> None:
    browser = visit()
    browser()
    browser()
    assert provider.calls.count("/.well-known/openid-configuration") == 1
    assert provider.calls.count("/keys") == 1
    assert provider.calls.count("/token") == 2


def test_the_secret_goes_as_the_provider_wants_it(visit: MakeVisit, provider: FakeProvider) -> None:
    methods = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    provider.change_document = having(**methods)
    assert visit()().caller.username == "ada"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (having(nonce="another"), "a wrong value in the claim 'nonce'"),
        (without("nonce"), "lacks the claim 'nonce'"),
        (having(aud="somebody else"), "a wrong value in the claim 'aud'"),
        (having(aud=["somebody else"]), "a wrong value in the claim 'aud'"),
        (having(azp="somebody else"), "a wrong value in the claim 'azp'"),
        (having(iss="https://evil.example"), "a wrong value in the claim 'iss'"),
        (having(exp=int(time.time()) - 120), "it has expired"),
        (without("exp"), "lacks the claim 'exp'"),
        (having(iat=int(time.time()) + 3_600), "a wrong value in the claim 'iat'"),
        (having(at_hash="AAAA"), "a wrong value in the claim 'at_hash'"),
        (having(exp="soon"), "a wrong value in the claim 'exp'"),
        (without("sub"), "lacks the claim 'sub'"),
        (having(sub=7), "a wrong value in the claim 'sub'"),
        (having(sub=""), "its claim 'sub' does not name anybody"),
        (having(sub="x" * 256), "its claim 'sub' does not name anybody"),
    ],
)
def test_an_id_token_is_for_us_and_for_now(
    visit: MakeVisit,
    access: Access,
    provider: FakeProvider,
    change: Callable[[dict[str, Any]], dict[str, Any]],
    why: str,
) -> None:
    provider.change_claims = change
    with pytest.raises(Unauthenticated, match=why) as caught:
        visit()()
    event = last_sign_in(access)
    assert (event.actor, event.result) == (None, "failure")
    assert event.details == {"method": "openid", "reason": caught.value.message}


def test_an_audience_of_several_names_the_party(visit: MakeVisit, provider: FakeProvider) -> None:
    client = provider._claims("x")["aud"]
    provider.change_claims = having(aud=["another", client])
    with pytest.raises(Unauthenticated, match="lacks the claim 'azp'"):
        visit()()
    provider.change_claims = having(aud=["another", client], azp=client)
    assert visit()().caller.username == "ada"


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "RS512", "ES256"])
def test_algorithms_with_a_public_key_are_taken(
    visit: MakeVisit, provider: FakeProvider, algorithm: str
) -> None:
    if algorithm == "ES256":
        provider.signing_key = ECKey.generate_key("P-256", {"kid": "first"})
        provider.shown_keys = [provider.signing_key]
    provider.header = {"alg": algorithm, "kid": "first", "x-own": "y"}
    assert visit()().caller.username == "ada"


def test_a_token_without_signature_is_refused(visit: MakeVisit, provider: FakeProvider) -> None:
    provider.header = {"alg": "none"}
    with pytest.raises(Unauthenticated, match="algorithms that are accepted, such as RS256"):
        visit()()


@pytest.mark.parametrize("key", ["public", "client secret", "shown"])
def test_a_shared_key_signs_nothing(visit: MakeVisit, provider: FakeProvider, key: str) -> None:
    public = provider.signing_key.as_pem(private=False)
    value = {"public": public, "client secret": SECRET.encode(), "shown": b"x" * 32}[key]
    provider.shared_secret = value
    provider.header = {"alg": "HS256", "kid": "shared"}
    if key == "shown":
        provider.shown_keys.append(OctKey.import_key(value, {"kid": "shared"}))
    with pytest.raises(Unauthenticated, match="algorithms that are accepted"):
        visit()()


def test_a_key_of_somebody_else_signs_nothing(visit: MakeVisit, provider: FakeProvider) -> None:
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "first"})
    with pytest.raises(Unauthenticated, match="not signed with a key of the provider"):
        visit()()


@pytest.mark.parametrize("kid", ["second", "first"])
def test_a_new_key_of_the_provider_is_found(
    visit: MakeVisit, provider: FakeProvider, kid: str
) -> None:
    browser = visit()
    browser()
    provider.signing_key = RSAKey.generate_key(2048, {"kid": kid})
    provider.shown_keys = [provider.signing_key]
    provider.header = {"alg": "RS256", "kid": kid}
    assert browser().caller.username == "ada"
    assert provider.calls.count("/keys") == 2
    browser()
    assert provider.calls.count("/keys") == 2


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "e30.e30.", "\x00", "e30.e30.e30.e30.e30"])
def test_what_is_no_token_is_refused(visit: MakeVisit, provider: FakeProvider, text: str) -> None:
    provider.change_answer = having(id_token=text)
    with pytest.raises(Unauthenticated, match="cannot be believed"):
        visit()()


def test_an_answer_without_id_token(visit: MakeVisit, provider: FakeProvider) -> None:
    provider.change_answer = without("id_token")
    with pytest.raises(Unavailable, match="its answer has no ID token"):
        visit()()


def test_only_the_browser_that_began_can_finish(visit: MakeVisit, provider: FakeProvider) -> None:
    sign_in = visit().sign_in
    own, other = sign_in.begin(BASE, ""), sign_in.begin(BASE, "")
    query = provider.authorize(other.location)
    for cookies in ("", "a=b", own.cookie.partition(";")[0]):
        with pytest.raises(BadRequest, match="Sign in again"):
            sign_in.finish(BASE, query, cookies, None)
    # Even under the name that the other state has.
    value = own.cookie.partition(";")[0].partition("=")[2]
    name = other.cookie.partition("=")[0]
    with pytest.raises(BadRequest, match="end of a sign-in of somebody else"):
        sign_in.finish(BASE, query, f"{name}={value}", None)
    right = other.cookie.partition(";")[0]
    with pytest.raises(BadRequest, match="not begun in this browser"):
        sign_in.finish(BASE, query, f"{right}; {name}={value}", None)
    assert "/token" not in provider.calls
    assert sign_in.finish(BASE, query, f"a=b; {right}", None).caller.username == "ada"


def test_several_tabs_can_sign_in_at_once(visit: MakeVisit, provider: FakeProvider) -> None:
    sign_in = visit().sign_in
    jar: dict[str, str] = {}
    begun = []
    while len(jar) < 3:
        begun.append(sign_in.begin(BASE, ""))
        name, _, value = begun[-1].cookie.partition(";")[0].partition("=")
        if name in jar:
            begun.pop()
        jar.setdefault(name, value)
    cookies = "; ".join(f"{name}={value}" for name, value in jar.items())
    for number, one in enumerate(begun):
        query = provider.authorize(one.location, f"code-{number}")
        assert sign_in.finish(BASE, query, cookies, None).caller.username == "ada"


def test_a_sign_in_lasts_ten_minutes(
    configure: Callable[..., OpenIdConfiguration], access: Access, provider: FakeProvider
) -> None:
    now = [1_800_000_000.0]
    configuration = configure()
    cookies = PendingCookies(configuration, lambda: now[0])
    sign_in = OpenIdSignIn(configuration, access, cookies=cookies)
    begun = sign_in.begin(BASE, "")
    now[0] += 601
    query = provider.authorize(begun.location)
    with pytest.raises(BadRequest, match="more than 10 minutes ago"):
        sign_in.finish(BASE, query, begun.cookie.partition(";")[0], None)


def test_all_processes_of_a_server_read_a_cookie_and_no_other_server(
    configure: Callable[..., OpenIdConfiguration], visit: MakeVisit, provider: FakeProvider
) -> None:
    begun = visit().sign_in.begin(BASE, "")
    cookie = begun.cookie.partition(";")[0]
    query = provider.authorize(begun.location)
    with pytest.raises(BadRequest, match="its cookie was changed"):
        visit(oidc_client_secret=SECRET * 2).sign_in.finish(BASE, query, cookie, None)
    assert visit().sign_in.finish(BASE, query, cookie, None).caller.username == "ada"


def test_a_code_counts_once_and_for_who_asked(visit: MakeVisit, provider: FakeProvider) -> None:
    sign_in = visit().sign_in
    begun = sign_in.begin(BASE, "")
    query = provider.authorize(begun.location)
    cookie = begun.cookie.partition(";")[0]
    sign_in.finish(BASE, query, cookie, None)
    with pytest.raises(Unauthenticated, match=r"did not accept this sign-in \(invalid_grant\)"):
        sign_in.finish(BASE, query, cookie, None)
    # A code of another's sign-in, put into one's own.
    mine, others = sign_in.begin(BASE, ""), sign_in.begin(BASE, "")
    provider.authorize(others.location, "stolen")
    query = provider.authorize(mine.location).replace("code-1", "stolen")
    with pytest.raises(Unauthenticated, match="invalid_grant"):
        sign_in.finish(BASE, query, mine.cookie.partition(";")[0], None)


@pytest.mark.parametrize(
    "return_to",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/a\\b?x=1",
        "/\t/evil.example",
        "\n/x",
        "javascript:alert(1)",
        "x",
        "/é",
        "/" + "x" * 2_001,
    ],
)
def test_nobody_is_sent_elsewhere(visit: MakeVisit, return_to: str) -> None:
    with pytest.raises(InvalidParameter, match="must be a path of this server"):
        visit().sign_in.begin(BASE, return_to)


def test_a_search_may_hold_a_backslash(visit: MakeVisit) -> None:
    assert visit()("/?search=a\\b#c\\d").return_to == "/?search=a\\b#c\\d"


def test_a_path_is_one_below_the_prefix(visit: MakeVisit) -> None:
    browser = visit()
    base = "https://ml.example.com/a"
    assert browser("", base).return_to == "/a/"
    for return_to in ("/", "/ab", "/b/a/"):
        with pytest.raises(InvalidParameter, match="begins with '/a/'"):
            browser.sign_in.begin(base, return_to)


def test_the_answer_comes_from_the_provider_that_was_asked(
    visit: MakeVisit, provider: FakeProvider
) -> None:
    browser = visit()
    with pytest.raises(BadRequest, match="does not come from the provider"):
        browser(iss="https://evil.example")
    assert browser(iss=provider.issuer).caller.username == "ada"
    provider.change_document = having(authorization_response_iss_parameter_supported=True)
    with pytest.raises(BadRequest, match="does not come from the provider"):
        visit()()
    assert "/token" not in provider.calls[-2:]


def test_a_provider_may_refuse(visit: MakeVisit, access: Access) -> None:
    with pytest.raises(PermissionDenied, match=r"or the provider refused \(access_denied\)"):
        visit()(error="access_denied")
    with pytest.raises(PermissionDenied, match=r"it said \(no reason given\)"):
        visit()(error="%3Cscript%3E", error_description="psst")
    assert last_sign_in(access).result == "failure"


@pytest.mark.parametrize("query", ["state={}&state=x&code=y", "&".join("abcdefgh" * 5)])
def test_an_address_that_is_ambiguous(visit: MakeVisit, query: str) -> None:
    with pytest.raises(BadRequest, match="The address"):
        visit().sign_in.finish(BASE, query, "", None)


def test_an_answer_without_code(visit: MakeVisit) -> None:
    with pytest.raises(BadRequest, match="answer has no code"):
        visit()(code="")


@pytest.mark.parametrize(
    ("path", "status", "body", "error", "message"),
    [
        ("/.well-known/openid-configuration", 404, b"{}", Unavailable, "answered 404"),
        ("/.well-known/openid-configuration", 302, b"{}", Unavailable, "answered 302"),
        ("/.well-known/openid-configuration", 200, b"<html>", Unavailable, "than a JSON object"),
        ("/.well-known/openid-configuration", 200, b"[]", Unavailable, "than a JSON object"),
        ("/keys", 200, b"{}", Unavailable, "shows no keys"),
        ("/keys", 200, b'{"keys": [{"kty": "RSA", "n": 7}]}', Unavailable, "shows no keys"),
        ("/keys", 200, b'{"keys": ["x"]}', Unavailable, "shows no keys"),
        ("/keys", 500, b"{}", Unavailable, "shows no keys"),
        ("/token", 500, b"{}", Unavailable, "failed with 500"),
        ("/token", 401, b'{"error": "invalid_client"}', InvalidState, "MILLSTREAM_OIDC_CLIENT_ID"),
        ("/token", 400, b'{"error": ["x"]}', Unauthenticated, "no reason given"),
        ("/token", 200, b" " * (MOST_READ + 1), Unavailable, f"more than {MOST_READ} bytes"),
    ],
)
def test_a_provider_that_answers_otherwise(
    visit: MakeVisit,
    provider: FakeProvider,
    path: str,
    status: int,
    body: bytes,
    error: type[MillstreamError],
    message: str,
) -> None:
    provider.raw[path] = (status, body)
    with pytest.raises(error, match=message):
        visit()()
    assert "/elsewhere" not in provider.calls


def test_a_provider_that_is_away(visit: MakeVisit, provider: FakeProvider, access: Access) -> None:
    browser = visit()
    begun = browser.sign_in.begin(BASE, "")
    query = provider.authorize(begun.location)
    provider.close()
    with pytest.raises(
        Unavailable, match=r"^The sign-in provider 127\.0\.0\.1:\d+ does not answer"
    ):
        browser.sign_in.finish(BASE, query, begun.cookie.partition(";")[0], None)
    assert last_sign_in(access).result == "failure"
    with pytest.raises(Unavailable, match="Try again later"):
        visit().sign_in.begin(BASE, "")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("token_endpoint", "http://10.0.0.1/token"),
        ("jwks_uri", "http://169.254.169.254/"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("authorization_endpoint", None),
        ("userinfo_endpoint", "https://evil.example/\r\nx"),
    ],
)
def test_the_document_names_addresses_by_https(
    visit: MakeVisit, provider: FakeProvider, name: str, address: str | None
) -> None:
    provider.change_document = having(**{name: address})
    with pytest.raises(InvalidState, match=f"as its {name}; it must be an address by https"):
        visit().sign_in.begin(BASE, "")


def test_the_document_is_of_the_issuer(visit: MakeVisit, provider: FakeProvider) -> None:
    provider.change_document = having(issuer=provider.issuer + "/")
    with pytest.raises(InvalidState, match="both must be the same, sign by sign"):
        visit().sign_in.begin(BASE, "")


def test_no_error_holds_a_secret(
    visit: MakeVisit, provider: FakeProvider, access: Access, caplog: pytest.LogCaptureFixture
) -> None:
    for change in (having(aud="x"), having(nonce="y")):
        provider.change_claims = change
        with pytest.raises(MillstreamError):
            visit()()
    provider.raw["/token"] = (400, b'{"error": "code-1 access-1"}')
    with pytest.raises(MillstreamError):
        visit()()
    said = [
        str(event.details) for slice_ in access.audit.export(ae.ExportAudit()) for event in slice_
    ]
    said += [record.getMessage() for record in caplog.records]
    assert said
    for secret in (SECRET, "code-1", "access-1", "eyJ"):
        assert not any(secret in text for text in said)
