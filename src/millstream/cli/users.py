"""Commands about users and service accounts."""

from __future__ import annotations

import click

from millstream.cli.access import managed, place_option, read_secret
from millstream.cli.options import Decorated, example, json_option
from millstream.cli.output import as_date, print_fields, print_json, print_rows, report
from millstream.entities import users as u

PAGE = 1_000


def _password_option(command: Decorated) -> Decorated:
    return click.option(
        "--password-stdin",
        is_flag=True,
        help="Read the password from standard input instead of asking for it.",
    )(command)


@example("millstream users create ada --admin", "millstream users list")
@click.group()
def users() -> None:
    """Manage users and service accounts."""


@example(
    "millstream users create ada --admin",
    "millstream users create nightly --service",
    'echo "$PASSWORD" | millstream users create ada --password-stdin',
)
@users.command()
@click.argument("username")
@click.option("--admin", is_flag=True, help="Make an administrator, who may everything.")
@click.option("--service", is_flag=True, help="Make a service account: no password, only tokens.")
@click.option(
    "--without-password",
    is_flag=True,
    help="For somebody who signs in by other means, such as an OpenID provider.",
)
@_password_option
@json_option
@place_option
def create(
    username: str,
    admin: bool,
    service: bool,
    without_password: bool,
    password_stdin: bool,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Create a user; the password of at least 12 characters is asked for."""
    if password_stdin and (service or without_password):
        raise click.UsageError("--password-stdin gives a password to whom is to have none.")
    password = None
    if not (service or without_password):
        password = read_secret("Password", password_stdin, confirm=True)
    request = u.CreateUser(username, password, "service" if service else "user", admin)
    with managed(tracking_uri) as (access, asking, _):
        made = access.users.create(request, asking.actor).result()
    kind = "service account" if service else "administrator" if admin else "user"
    report(f"Created {kind} '{username}'", _described(made), as_json=as_json)


@example("millstream users list --json")
@users.command("list")
@json_option
@place_option
def list_users(as_json: bool, tracking_uri: str | None) -> None:
    """List users and service accounts by name, with their roles."""
    found: list[u.ListedUser] = []
    with managed(tracking_uri) as (access, _, _):
        token: str | None = None
        while token is not None or not found:
            page = access.users.list(u.ListUsers(PAGE, token))
            found += page.users
            token = page.next_page_token
            if token is None:
                break
    if as_json:
        print_json([{**_described(each), "roles": _roles(each)} for each in found])
        return
    print_rows(
        ["Username", "Kind", "Admin", "Active", "Roles"],
        [
            (
                each.username,
                each.kind,
                _yes(each.is_admin),
                _yes(each.is_active),
                ", ".join(_roles(each)),
            )
            for each in found
        ],
        "There is no user.",
    )


@example("millstream users get ada")
@users.command()
@click.argument("username")
@json_option
@place_option
def get(username: str, as_json: bool, tracking_uri: str | None) -> None:
    """Show one user."""
    with managed(tracking_uri) as (access, _, _):
        found = access.users.get(u.UserName(username))
    if as_json:
        print_json(_described(found))
        return
    print_fields(
        {
            "Username": found.username,
            "Kind": found.kind,
            "Admin": _yes(found.is_admin),
            "Active": _yes(found.is_active),
            "Creation Time": as_date(found.creation_time),
            "Last Update Time": as_date(found.last_update_time),
        }
    )


@example("millstream users set-password ada")
@users.command("set-password")
@click.argument("username")
@_password_option
@click.option(
    "--own",
    is_flag=True,
    help="It is your own on a server: the present one is asked for first.",
)
@json_option
@place_option
def set_password(
    username: str, password_stdin: bool, own: bool, as_json: bool, tracking_uri: str | None
) -> None:
    """Give a user another password, which ends the user's sessions."""
    current = read_secret("Present password", password_stdin, confirm=False) if own else None
    password = read_secret("New password", password_stdin, confirm=True)
    request = u.UpdateUserPassword(username, password, current)
    with managed(tracking_uri) as (access, asking, _):
        access.users.set_password(request, asking).result()
    report(f"Changed the password of '{username}'", {"username": username}, as_json=as_json)


@example("millstream users set-admin ada", "millstream users set-admin ada --no")
@users.command("set-admin")
@click.argument("username")
@click.option("--yes/--no", "is_admin", default=True, help="Make one, or take it back.")
@json_option
@place_option
def set_admin(username: str, is_admin: bool, as_json: bool, tracking_uri: str | None) -> None:
    """Make a user an administrator, or one no longer."""
    with managed(tracking_uri) as (access, asking, _):
        access.users.set_admin(u.UpdateUserAdmin(username, is_admin), asking.actor).result()
    report(
        f"'{username}' is {'an administrator' if is_admin else 'no administrator'} now",
        {"username": username, "is_admin": is_admin},
        as_json=as_json,
    )


@example("millstream users deactivate ada")
@users.command()
@click.argument("username")
@json_option
@place_option
def deactivate(username: str, as_json: bool, tracking_uri: str | None) -> None:
    """Shut a user out: sessions end, tokens have no effect; `activate` undoes it."""
    _set_active(username, False, as_json, tracking_uri)


@example("millstream users activate ada")
@users.command()
@click.argument("username")
@json_option
@place_option
def activate(username: str, as_json: bool, tracking_uri: str | None) -> None:
    """Let a user in again, with all that was granted."""
    _set_active(username, True, as_json, tracking_uri)


@example("millstream users delete ada")
@users.command()
@click.argument("username")
@json_option
@place_option
def delete(username: str, as_json: bool, tracking_uri: str | None) -> None:
    """Delete a user for good, with all that was granted to it."""
    with managed(tracking_uri) as (access, asking, _):
        access.users.delete(u.UserName(username), asking.actor).result()
    report(f"Deleted user '{username}'", {"username": username}, as_json=as_json)


@example("millstream users links", "millstream users links ada --json")
@users.command("links")
@click.argument("username", required=False)
@json_option
@place_option
def links(username: str | None, as_json: bool, tracking_uri: str | None) -> None:
    """List which account of the OpenID provider each user belongs to."""
    found: list[u.UserLink] = []
    with managed(tracking_uri) as (access, _, _):
        token = None
        while True:
            page = access.users.list_links(u.ListUserLinks(username, PAGE, token))
            found += page.links
            token = page.next_page_token
            if token is None:
                break
    if as_json:
        print_json([link.to_dictionary() for link in found])
        return
    print_rows(
        ["User", "Issuer", "Subject", "Since"],
        [[one.username, one.issuer, one.subject, as_date(one.creation_time)] for one in found],
        "No user belongs to an account of an OpenID provider.",
    )


@example("millstream users unlink ada")
@users.command()
@click.argument("username")
@json_option
@place_option
def unlink(username: str, as_json: bool, tracking_uri: str | None) -> None:
    """Let a user belong to no account of the OpenID provider any more.

    Who signs in there with that name next is linked, as the settings of the server say.
    """
    with managed(tracking_uri) as (access, asking, _):
        access.users.unlink(u.UserName(username), asking.actor).result()
    report(f"Unlinked '{username}'", {"username": username}, as_json=as_json)


def _set_active(username: str, is_active: bool, as_json: bool, tracking_uri: str | None) -> None:
    with managed(tracking_uri) as (access, asking, _):
        access.users.set_active(u.UpdateUserActive(username, is_active), asking.actor).result()
    report(
        f"'{username}' is {'let in' if is_active else 'shut out'} now",
        {"username": username, "is_active": is_active},
        as_json=as_json,
    )


def _described(user: u.User) -> dict[str, object]:
    names = ("id", "username", "is_admin", "kind", "is_active", "creation_time", "last_update_time")
    return {name: getattr(user, name) for name in names}


def _roles(user: u.ListedUser) -> list[str]:
    return [role.name for role in user.roles]


def _yes(value: bool) -> str:
    return "yes" if value else "no"
