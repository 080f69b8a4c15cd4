"""The provider, and what is believed of its people: settings become rules, or say what is wrong."""

from __future__ import annotations

import fnmatch
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from millstream.asgi.guard import is_loopback
from millstream.errors import InvalidParameter
from millstream.settings import Settings

_LONGEST_SECRET_FILE = 10_000


class RequiredClaim(NamedTuple):
    """A value that a claim must have or, if it is a list, hold."""

    name: str
    value: str


class OpenIdConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """One provider as the settings name it; `timeout` is in seconds.

    `groups` are patterns of group names as `fnmatch` has them.
    """

    issuer: str
    client_id: str
    client_secret: str
    scopes: str
    username_claim: str
    groups_claim: str | None
    groups: tuple[str, ...]
    administrators_group: str | None
    required_claims: tuple[RequiredClaim, ...]
    create_users: bool
    link_users: bool
    server_cert_path: str | None
    timeout: float

    def __repr__(self) -> str:
        """The provider, without the secret."""
        return f"OpenIdConfiguration({self.issuer!r}, {self.client_id!r})"

    def counts(self, group: str) -> bool:
        """Whether a group of the provider matters here."""
        return any(fnmatch.fnmatchcase(group, pattern) for pattern in self.groups)


def read_configuration(settings: Settings) -> OpenIdConfiguration | None:
    """The provider; None if no setting names one. Raises `InvalidParameter` for what cannot be."""
    issuer = settings.oidc_issuer
    if issuer is None:
        if settings.oidc_client_id is not None:
            raise InvalidParameter(
                f"MILLSTREAM_OIDC_CLIENT_ID is '{settings.oidc_client_id}', but no provider is "
                "named: set MILLSTREAM_OIDC_ISSUER too."
            )
        return None
    check_issuer(issuer)
    if settings.oidc_client_id is None:
        raise InvalidParameter(
            f"MILLSTREAM_OIDC_ISSUER is '{issuer}', so MILLSTREAM_OIDC_CLIENT_ID has to say by "
            "which id that provider knows this server."
        )
    if "openid" not in settings.oidc_scopes.split():
        raise InvalidParameter(
            f"MILLSTREAM_OIDC_SCOPES is '{settings.oidc_scopes}', but the scope openid must be "
            "among them: without it a provider does not say who somebody is."
        )
    if settings.oidc_administrators_group is not None and settings.oidc_groups_claim is None:
        raise InvalidParameter(
            f"MILLSTREAM_OIDC_ADMINISTRATORS_GROUP is '{settings.oidc_administrators_group}', so "
            "MILLSTREAM_OIDC_GROUPS_CLAIM has to say which claim names groups."
        )
    return OpenIdConfiguration(
        issuer=issuer,
        client_id=settings.oidc_client_id,
        client_secret=_secret(settings),
        scopes=" ".join(settings.oidc_scopes.split()),
        username_claim=settings.oidc_username_claim,
        groups_claim=settings.oidc_groups_claim,
        groups=tuple(_listed(settings.oidc_groups)),
        administrators_group=settings.oidc_administrators_group,
        required_claims=tuple(map(_required, _listed(settings.oidc_required_claims or ""))),
        create_users=settings.oidc_create_users,
        link_users=settings.oidc_link_users,
        server_cert_path=_readable(settings.oidc_server_cert_path),
        timeout=settings.oidc_request_timeout,
    )


def check_issuer(issuer: str) -> None:
    """Check that an issuer is called by https, or is on this machine."""
    parts = urlsplit(issuer)
    host = parts.hostname or ""
    spoken = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not spoken or not host or parts.query or parts.fragment or "@" in parts.netloc:
        raise InvalidParameter(
            f"MILLSTREAM_OIDC_ISSUER is '{issuer}'; it must be an address such as "
            "https://login.example.com/realms/ml, by https unless it is on this machine, without "
            "user, query or fragment."
        )


def _secret(settings: Settings) -> str:
    file, given = settings.oidc_client_secret_file, settings.oidc_client_secret
    if (file is None) == (given is None):
        raise InvalidParameter(
            f"{'Neither' if file is None else 'Both'} MILLSTREAM_OIDC_CLIENT_SECRET_FILE "
            f"{'nor' if file is None else 'and'} MILLSTREAM_OIDC_CLIENT_SECRET is set; it must be "
            "just one of them, by which the provider knows that it is this server who asks."
        )
    secret = given if file is None else _read_secret(file)
    if not secret or not secret.isprintable():
        raise InvalidParameter(
            f"The client secret in {file or 'MILLSTREAM_OIDC_CLIENT_SECRET'} is empty or holds "
            "signs that cannot be printed; it must be one line."
        )
    return secret


def _read_secret(file: str) -> str:
    try:
        with Path(file).open(encoding="utf-8") as opened:
            return opened.read(_LONGEST_SECRET_FILE).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidParameter(
            f"MILLSTREAM_OIDC_CLIENT_SECRET_FILE names '{file}', which cannot be read: {error}."
        ) from error


def _readable(file: str | None) -> str | None:
    if file is not None and not Path(file).is_file():
        raise InvalidParameter(
            f"MILLSTREAM_OIDC_SERVER_CERT_PATH names '{file}', which is no file; it must be one of "
            "certificates in PEM form."
        )
    return file


def _required(text: str) -> RequiredClaim:
    name, equals, value = text.partition("=")
    if not name.strip() or not equals or not value.strip():
        raise InvalidParameter(
            f"MILLSTREAM_OIDC_REQUIRED_CLAIMS holds '{text}'; each must be a claim and its value, "
            "such as hd=example.com."
        )
    return RequiredClaim(name.strip(), value.strip())


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
