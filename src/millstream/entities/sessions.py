"""Signing in with a browser, and what a page is told of who is signed in."""

from __future__ import annotations

from typing import Literal

from millstream.entities.entity import Entity

SignInWay = Literal["password", "openid"]


class GetSession(Entity):
    """Ask who is signed in."""


class SignIn(Entity):
    """Sign in with a name and a password."""

    username: str
    password: str


class SignOut(Entity):
    """End the session of the browser that asks."""


class RedeemFirstAdministrator(Entity):
    """Become the first administrator, with the secret of the link that the server printed."""

    secret: str
    username: str
    password: str


class SessionState(Entity):
    """Who is signed in.

    Without `is_controlled` the server lets everybody do everything, and `username` is what whoever
    asks is called in histories. `sign_in_ways` are those that this server offers;
    `needs_administrator` says that nobody has been made administrator yet. `workspace` is the one
    that the pages show, on a server that has workspaces.
    """

    is_controlled: bool
    username: str | None = None
    is_admin: bool = False
    sign_in_ways: list[SignInWay] = []
    needs_administrator: bool = False
    workspace: str | None = None
