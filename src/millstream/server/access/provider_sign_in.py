"""Sign-in at an OpenID provider, for a server that names one; what it needs is loaded only then."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from millstream.asgi.replies import Headers, Scope
from millstream.entities.asking import Asking
from millstream.entities.permissions import PermissionName
from millstream.entities.users import Caller
from millstream.errors import NotSupported
from millstream.server.access.control import AccessControl
from millstream.server.access.openid.configuration import OpenIdConfiguration
from millstream.server.head import read_head
from millstream.store.access import Access

if TYPE_CHECKING:
    from millstream.server.access.openid.routes import OpenIdRoutes


def provider_sign_in(
    configuration: OpenIdConfiguration,
    access: Access,
    control: AccessControl,
    default_permission: PermissionName,
    prefix: str,
) -> OpenIdRoutes:
    """The addresses at which browsers sign in at the provider, and get a session of ours.

    Raises `NotSupported` without the packages that this needs.
    """

    def begin_session(caller: Caller, scope: Scope) -> Headers:
        client = scope.get("client")
        address = client[0] if client else None
        asking = Asking(caller.username, caller, address, default_permission)
        exchange = control.gate.exchange(scope, read_head(scope), asking)
        control.session.begin(caller, exchange)
        return exchange.headers

    check_installed()
    sign_in = importlib.import_module("millstream.server.access.openid.sign_in")
    routes = importlib.import_module("millstream.server.access.openid.routes")
    made: OpenIdRoutes = routes.OpenIdRoutes(
        sign_in.OpenIdSignIn(configuration, access), begin_session, prefix
    )
    return made


def check_installed() -> None:
    """Raise `NotSupported` without the packages that sign-in at a provider needs."""
    try:
        importlib.import_module("millstream.server.access.openid.routes")
    except ModuleNotFoundError as error:
        raise NotSupported(
            f"MILLSTREAM_OIDC_ISSUER needs the Python package {error.name}, which is not "
            "installed; run: pip install 'millstream[oidc]'"
        ) from error
