"""Signing in to a server, out again, and who one is there."""

from __future__ import annotations

import platform
import time

import click
import msgspec

from millstream import connect, logins, settings
from millstream.address import local_user, parse, without_user
from millstream.asgi.guard import is_loopback
from millstream.cli.access import managed, read_secret
from millstream.cli.durations import duration
from millstream.cli.options import environment_names, example, json_option
from millstream.cli.output import as_date, print_fields, print_json, report
from millstream.entities import permissions as p
from millstream.entities import tokens as t
from millstream.entities import users as u
from millstream.entities.asking import Asking
from millstream.errors import EndpointNotFound, MillstreamError
from millstream.store.access import Access

_URL = click.argument("url", envvar=environment_names("TRACKING_URI"), required=False)
_ID_LENGTH = 16


@example(
    "millstream login https://ml.example.com",
    "millstream login https://ml.example.com --token-stdin < token.txt",
)
@click.command()
@_URL
@click.option("--username", help="Who you are there (default: asked for).")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--token-stdin", is_flag=True, help="Keep a token read from standard input.")
@click.option(
    "--scope",
    type=click.Choice(list(p.MOST_BY_SCOPE)),
    default="write",
    show_default=True,
    help="What the token carries at most.",
)
@click.option(
    "--expires-in", default="90d", show_default=True, metavar="DURATION", help="As 90d or 12h."
)
@json_option
def login(
    url: str | None,
    username: str | None,
    password_stdin: bool,
    token_stdin: bool,
    scope: p.ScopeName,
    expires_in: str,
    as_json: bool,
) -> None:
    """Sign in to a server; scripts and commands of this user are then signed in there.

    The password is used once, to make a token. That is kept in the system's keyring or in a file
    that only you can read, and shown to that server alone.
    """
    base = _server(url)
    _warn_of_plain_http(base)
    environment = settings.load()
    if token_stdin:
        token = read_secret("Token", True, confirm=False).strip()
        kept = _login_of(base, token)
        until = None
    else:
        name = username or click.prompt("Username", default=local_user(), err=True)
        password = read_secret("Password", password_stdin, confirm=False)
        made = _make_token(base, str(name), password, scope, expires_in)
        kept = logins.Login(made.token.username, made.token.token_id, made.secret)
        until = made.token.expiration_time
    where = logins.keep(parse(base), kept, environment)
    ends = "" if until is None else f" until {as_date(until)}"
    report(
        f"Signed in to {base} as '{kept.username}'{ends}; the token is kept in {where}",
        {"url": base, "username": kept.username, "token_id": kept.token_id},
        as_json=as_json,
    )


@example("millstream logout https://ml.example.com")
@click.command()
@_URL
@json_option
def logout(url: str | None, as_json: bool) -> None:
    """Forget the token of a server, and revoke it there if it can be reached."""
    base = _server(url)
    environment = settings.load()
    found = logins.find(parse(base), environment)
    if found is None:
        raise click.ClickException(f"You are not signed in to {base} by `millstream login`.")
    revoked = _revoke(base, found)
    logins.forget(parse(base), environment)
    rest = (
        "the token is revoked"
        if revoked
        else f"the token {found.token_id} goes on being valid until it expires: revoke it with "
        f"`millstream tokens delete {found.token_id}`, signed in with a password"
    )
    report(
        f"Signed out of {base}; {rest}",
        {"url": base, "username": found.username, "token_id": found.token_id, "revoked": revoked},
        as_json=as_json,
    )


@example("millstream whoami")
@click.command()
@_URL
@json_option
def whoami(url: str | None, as_json: bool) -> None:
    """Say who you are to a server, or on a database of your own."""
    place = url or connect.DEFAULT_FOLDER
    if not connect.is_remote(place):
        _tell(place, local_user(), True, as_json)
        return
    base = _server(url)
    with managed(place) as (access, asking, _):
        try:
            found = access.users.get_current(u.GetCurrentUser(), asking).user
        except EndpointNotFound:
            _tell(base, None, True, as_json)
            return
    _tell(base, found.username, found.is_admin, as_json)


def _tell(place: str, username: str | None, is_admin: bool, as_json: bool) -> None:
    if as_json:
        print_json({"url": place, "username": username, "is_admin": is_admin})
        return
    name = username or "nobody in particular: this server does not ask who calls"
    print_fields({"At": place, "Username": name, "Admin": "yes" if is_admin else "no"})


def _server(url: str | None) -> str:
    if url is None or not connect.is_remote(url):
        given = "none is given" if url is None else f"'{url}' is none"
        raise click.UsageError(f"Give the address of a server, as http://host:port; {given}.")
    return without_user(parse(url))


def _warn_of_plain_http(base: str) -> None:
    address = parse(base)
    if address.scheme == "http" and not is_loopback(address.hostname or ""):
        click.echo(
            f"{base} is not encrypted: whoever listens on the way learns what you type.", err=True
        )


def _make_token(
    base: str, username: str, password: str, scope: p.ScopeName, expires_in: str
) -> t.NewToken:
    until = int(time.time() * 1_000) + duration(expires_in)
    name = f"millstream login on {platform.node() or 'an unnamed machine'}"[:255]
    request = t.CreateToken(username, name, scope, until)
    asked = {"tracking_username": username, "tracking_password": password, "tracking_token": None}
    asking = Asking(username)
    with _Signed(base, asked) as access:
        try:
            return access.tokens.create(request, asking.actor).result()
        except EndpointNotFound as error:
            raise click.ClickException(
                f"{base} does not ask who calls, so there is nothing to sign in to."
            ) from error


def _login_of(base: str, token: str) -> logins.Login:
    with _with_token(base, token) as access:
        found = access.users.get_current(u.GetCurrentUser(), Asking("")).user
    token_id = token.removeprefix("ms_")[:_ID_LENGTH]
    return logins.Login(found.username, token_id, token)


def _revoke(base: str, found: logins.Login) -> bool:
    try:
        with _with_token(base, found.token) as access:
            access.tokens.delete(t.TokenId(found.token_id), Asking(found.username).actor).result()
    except MillstreamError:  # it says that the token goes on
        return False
    return True


def _with_token(base: str, token: str) -> _Signed:
    return _Signed(
        base, {"tracking_username": None, "tracking_password": None, "tracking_token": token}
    )


class _Signed:
    """The access of a server for somebody whose proof is at hand."""

    def __init__(self, base: str, asked: dict[str, str | None]) -> None:
        environment = msgspec.structs.replace(settings.load(), **asked)
        self._store = connect.open_store(base, environment)

    def __enter__(self) -> Access:
        return connect.access_of(self._store)

    def __exit__(self, *_: object) -> None:
        self._store.close()
