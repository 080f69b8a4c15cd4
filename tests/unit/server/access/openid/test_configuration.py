"""Settings name a provider, or say what is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from millstream.errors import InvalidParameter
from millstream.server.access.openid.configuration import (
    OpenIdConfiguration,
    RequiredClaim,
    read_configuration,
)
from millstream.settings import Settings

ISSUER = "https://login.example.com/realms/ml"
NAMED = {"oidc_issuer": ISSUER, "oidc_client_id": "ml", "oidc_client_secret": "s3cret"}


def read(**given: Any) -> OpenIdConfiguration:
    found = read_configuration(Settings(**{**NAMED, **given}))
    assert found is not None
    return found


def test_without_an_issuer_there_is_none() -> None:
    assert read_configuration(Settings()) is None


def test_what_is_not_said_is_narrow() -> None:
    found = read()
    assert (found.issuer, found.client_id, found.client_secret) == (ISSUER, "ml", "s3cret")
    assert not found.create_users
    assert not found.link_users
    assert found.groups_claim is None
    assert found.administrators_group is None
    assert "s3cret" not in repr(found)


def test_lists_have_commas() -> None:
    found = read(oidc_groups="ml-*, ops,", oidc_required_claims="hd = example.com,a=b=c")
    assert [found.counts(name) for name in ("ml-a", "ML-a", "ops", "other")] == [
        True,
        False,
        True,
        False,
    ]
    assert found.required_claims == (RequiredClaim("hd", "example.com"), RequiredClaim("a", "b=c"))


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:8080", "http://localhost/x", "http://[::1]/"])
def test_an_issuer_on_this_machine_needs_no_tls(issuer: str) -> None:
    assert read(oidc_issuer=issuer).issuer == issuer


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.example.com",
        "login.example.com",
        "ftp://127.0.0.1",
        "https://",
        "https://a:b@login.example.com",
        "https://login.example.com?x=1",
        "https://login.example.com#x",
        "http://127.0.0.1.evil.example",
    ],
)
def test_any_other_issuer_does(issuer: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^MILLSTREAM_OIDC_ISSUER is '.*by https unless"):
        read(oidc_issuer=issuer)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"oidc_issuer": None}, "MILLSTREAM_OIDC_CLIENT_ID is 'ml', but no provider is named"),
        ({"oidc_client_id": None}, "MILLSTREAM_OIDC_CLIENT_ID has to say"),
        ({"oidc_client_secret": None}, "^Neither MILLSTREAM_OIDC_CLIENT_SECRET_FILE nor"),
        ({"oidc_client_secret_file": "x"}, "^Both MILLSTREAM_OIDC_CLIENT_SECRET_FILE and"),
        ({"oidc_client_secret": "a\nb"}, "CLIENT_SECRET is empty or holds signs"),
        ({"oidc_scopes": "profile"}, "is 'profile', but the scope openid must be"),
        ({"oidc_administrators_group": "a"}, "MILLSTREAM_OIDC_GROUPS_CLAIM has to say"),
        ({"oidc_required_claims": "hd"}, "holds 'hd'; each must be a claim and its value"),
        ({"oidc_required_claims": "=x"}, "holds '=x'"),
        ({"oidc_server_cert_path": "/nowhere.pem"}, "names '/nowhere.pem', which is no file"),
    ],
)
def test_what_cannot_be_is_said(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        read(**given)


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cr:et é\n")
    found = read(oidc_client_secret=None, oidc_client_secret_file=str(file))
    assert found.client_secret == "s3cr:et é"  # noqa: S105  # of a test
    file.write_text("\n")
    with pytest.raises(InvalidParameter, match="is empty or holds signs"):
        read(oidc_client_secret=None, oidc_client_secret_file=str(file))
    file.write_bytes(b"\xff")
    with pytest.raises(InvalidParameter, match="which cannot be read"):
        read(oidc_client_secret=None, oidc_client_secret_file=str(file))
    with pytest.raises(InvalidParameter, match="/absent', which cannot be read"):
        read(oidc_client_secret=None, oidc_client_secret_file=str(tmp_path / "absent"))
