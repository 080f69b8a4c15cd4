"""People sign in at a certified OpenID provider, over HTTP from the first link to their session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.openid_provider.process import CLIENT, SECRET, RunningProvider, running_provider
from tests.openid_provider.server import CALLBACK, SIGN_IN, serving, signing_in
from tests.openid_provider.visitor import Visitor

SESSION = "/api/v1/session"
PEOPLE: dict[str, dict[str, Any]] = {
    "subject-1": {"preferred_username": "ada", "groups": ["ml", "platform"]},
    "subject-2": {"preferred_username": "ada", "groups": []},
    "subject-3": {"preferred_username": "bob"},
}


@pytest.fixture(scope="module")
def provider() -> Iterator[RunningProvider]:
    with running_provider(PEOPLE) as running:
        yield running


@pytest.fixture(scope="module")
def site(provider: RunningProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of ours below a prefix, whose people sign in there."""
    folder = tmp_path_factory.mktemp("openid")
    with signing_in(folder, provider, "--static-prefix", "/ml") as url:
        yield url


def session(visitor: Visitor, site: str) -> dict[str, Any]:
    page = visitor.open(site + SESSION)
    assert page.status == 200, page
    return dict(json.loads(page.text))


def test_a_person_signs_in_and_goes_on(site: str) -> None:
    visitor = Visitor()
    before = session(visitor, site)
    assert before.get("username") is None
    assert before["sign_in_ways"] == ["password", "openid"]
    page = visitor.sign_in(f"{site}{SIGN_IN}?return_to=/ml{SESSION}", "subject-1")
    assert (page.url, page.status) == (site + SESSION, 200)
    after = session(visitor, site)
    assert (after["username"], after["is_admin"]) == ("ada", True)
    assert visitor.open(f"{site}/api/2.0/mlflow/experiments/get?experiment_id=0").status == 200
    assert not any(cookie.name.startswith("millstream-sign-in") for cookie in visitor.cookies)


def test_a_person_without_that_group_administers_nothing(site: str) -> None:
    visitor = Visitor()
    visitor.sign_in(f"{site}{SIGN_IN}?return_to=/ml{SESSION}", "subject-3")
    after = session(visitor, site)
    assert (after["username"], after.get("is_admin", False)) == ("bob", False)


def test_another_person_of_the_same_name_is_refused(site: str) -> None:
    Visitor().sign_in(f"{site}{SIGN_IN}?return_to=/ml{SESSION}", "subject-1")
    visitor = Visitor()
    page = visitor.sign_in(site + SIGN_IN, "subject-2")
    assert page.status == 403
    assert "belongs to another account of the sign-in provider" in page.text
    assert session(visitor, site).get("username") is None


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
    assert session(visitor, site).get("username") is None


def test_a_server_that_lets_in_everybody_names_no_provider(tmp_path: Path) -> None:
    settings = {
        "MILLSTREAM_OIDC_ISSUER": "https://login.example.com",
        "MILLSTREAM_OIDC_CLIENT_ID": CLIENT,
        "MILLSTREAM_OIDC_CLIENT_SECRET": SECRET,
    }
    done = subprocess.run(
        [sys.executable, "-m", "millstream.cli.main", "server", "--port", "0"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **settings},
    )
    assert done.returncode != 0
    assert "names https://login.example.com for people to sign in at" in done.stderr


def test_a_trusted_proxy_names_who_asks(tmp_path: Path) -> None:
    options = ("--auth", "--forwarded-allow-ips", "127.0.0.1")
    proxy = ("--auth-proxy-header", "X-User", "--auth-proxy-create-users")
    with serving(tmp_path, {}, *options, *proxy) as url:
        experiment = f"{url}/api/2.0/mlflow/experiments/get?experiment_id=0"
        assert Visitor().open(experiment).status == 401
        visitor = Visitor({"X-User": "ada é"})
        assert visitor.open(experiment).status == 200
        assert session(visitor, url)["username"] == "ada é"
        several = Visitor({"X-User": "mallory,ada"}).open(experiment)
        assert several.status == 401
        assert "must name one user" in several.text


def test_anybody_else_is_not_believed(tmp_path: Path) -> None:
    options = ("--auth", "--forwarded-allow-ips", "10.0.0.1", "--auth-proxy-header", "X-User")
    with serving(tmp_path, {}, *options, "--auth-proxy-create-users") as url:
        page = Visitor({"X-User": "ada"}).open(f"{url}/api/2.0/mlflow/experiments/get")
        assert page.status == 401
