"""How a server comes by its first administrator: no password is ever shipped with it."""

from __future__ import annotations

from millstream.entities.users import Actor, AdministratorLink, RedeemAdministratorLink
from millstream.errors import Conflict
from millstream.settings import Settings
from millstream.store.access import Access

PAGE = "/first-administrator"


def first_administrator(access: Access, environment: Settings) -> AdministratorLink | None:
    """The link by which somebody becomes it; None if there is one already.

    Where the environment names a password, as containers do, the administrator is made of that.
    """
    link = access.sign_ins.create_link().result()
    password = environment.auth_admin_password
    if link is None or password is None:
        return link
    request = RedeemAdministratorLink(link.secret, environment.auth_admin_username, password)
    try:
        access.sign_ins.redeem_link(request, Actor()).result()
    except Conflict:  # another server of this database was faster
        return None
    return None


def invitation(link: AdministratorLink, url: str) -> str:
    """The address where the link is redeemed; what follows the # is sent to no server's log."""
    return f"{url}{PAGE}#{link.secret}"
