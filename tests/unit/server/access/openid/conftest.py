"""A provider, and our side of a sign-in at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.unit.server.access.openid.provider_process import CLIENT, SECRET, FakeProvider

from millstream.server.access.openid.configuration import OpenIdConfiguration, read_configuration
from millstream.server.access.openid.sign_in import Finished, OpenIdSignIn
from millstream.settings import Settings
from millstream.store.access import Access

BASE = "http://ml.example.com:5000"
ADDRESS = "203.0.113.7"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    made = FakeProvider()
    yield made
    made.close()


@pytest.fixture
def configure(provider: FakeProvider) -> Callable[..., OpenIdConfiguration]:
    def configured(**given: Any) -> OpenIdConfiguration:
        settings: dict[str, Any] = {
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_create_users": True,
            "oidc_request_timeout": 5.0,
        }
        made = read_configuration(Settings(**{**settings, **given}))
        assert made is not None
        return made

    return configured


class Visit:
    """One browser that signs in, over and over."""

    def __init__(self, sign_in: OpenIdSignIn, provider: FakeProvider) -> None:
        self.sign_in = sign_in
        self.provider = provider

    def __call__(self, return_to: str = "", base_url: str = BASE, **more: str) -> Finished:
        begun = self.sign_in.begin(base_url, return_to)
        query = self.provider.authorize(begun.location, **more)
        return self.sign_in.finish(base_url, query, begun.cookie.partition(";")[0], ADDRESS)


@pytest.fixture
def visit(
    configure: Callable[..., OpenIdConfiguration], access: Access, provider: FakeProvider
) -> Callable[..., Visit]:
    """A browser, with settings beside those that every test has."""

    def made(**given: Any) -> Visit:
        return Visit(OpenIdSignIn(configure(**given), access), provider)

    return made
