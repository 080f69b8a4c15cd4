"""Commands about tokens."""

from __future__ import annotations

import time

import click

from millstream.cli.access import Managed, managed, place_option, shown_resource
from millstream.cli.durations import duration
from millstream.cli.options import example, json_option
from millstream.cli.output import as_date, print_json, print_rows, report
from millstream.entities import permissions as p
from millstream.entities import tokens as t
from millstream.entities import users as u


@example("millstream tokens create laptop --expires-in 90d", "millstream tokens list")
@click.group()
def tokens() -> None:
    """Manage tokens, which programs show instead of a password."""


@example(
    "millstream tokens create laptop --expires-in 90d",
    "millstream tokens create nightly --username robot --scope write --experiment 12",
)
@tokens.command()
@click.argument("name")
@click.option("--username", help="Whose token it is (default: yours).")
@click.option(
    "--scope",
    type=click.Choice(list(p.MOST_BY_SCOPE)),
    default="write",
    show_default=True,
    help="What it carries at most: reading, writing too, or all that its user may.",
)
@click.option("--expires-in", metavar="DURATION", help="As 90d or 12h (default: a year).")
@click.option(
    "--experiment", "experiments", multiple=True, metavar="ID", help="Only for this experiment."
)
@click.option(
    "--model", "models", multiple=True, metavar="NAME", help="Only for this registered model."
)
@json_option
@place_option
def create(
    name: str,
    username: str | None,
    scope: p.ScopeName,
    expires_in: str | None,
    experiments: tuple[str, ...],
    models: tuple[str, ...],
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Make a token and print its secret, which cannot be shown again."""
    until = None if expires_in is None else int(time.time() * 1_000) + duration(expires_in)
    limits = [p.Resource("experiment", each) for each in experiments]
    limits += [p.Resource("registered_model", each) for each in models]
    with managed(tracking_uri) as here:
        request = t.CreateToken(_owner(here, username), name, scope, until, limits)
        made = here.access.tokens.create(request, here.by).result()
    if as_json:
        print_json({**made.token.to_dictionary(), "secret": made.secret})
        return
    click.echo(
        f"Token {made.token.token_id} of '{made.token.username}' lasts until "
        f"{as_date(made.token.expiration_time)}. Its secret is shown this once:",
        err=True,
    )
    click.echo(made.secret)


@example("millstream tokens list --username robot")
@tokens.command("list")
@click.option("--username", help="Whose (default: yours).")
@json_option
@place_option
def list_tokens(username: str | None, as_json: bool, tracking_uri: str | None) -> None:
    """List the tokens of a user, newest first, without their secrets."""
    with managed(tracking_uri) as here:
        found = here.access.tokens.list(t.ListTokens(_owner(here, username))).tokens
    if as_json:
        print_json([token.to_dictionary() for token in found])
        return
    print_rows(
        ["Token Id", "Name", "Scope", "Expires", "Last Used", "Only For"],
        [
            (
                token.token_id,
                token.name,
                token.scope,
                as_date(token.expiration_time),
                as_date(token.last_used_time),
                ", ".join(
                    shown_resource(one.resource_type, one.resource_id) for one in token.resources
                ),
            )
            for token in found
        ],
        "There is no token.",
    )


@example("millstream tokens delete 4f1c0a9b7e2d3856")
@tokens.command()
@click.argument("token_id")
@json_option
@place_option
def delete(token_id: str, as_json: bool, tracking_uri: str | None) -> None:
    """Revoke a token."""
    with managed(tracking_uri) as (access, asking, _):
        access.tokens.delete(t.TokenId(token_id), asking.actor).result()
    report(f"Revoked token {token_id}", {"token_id": token_id}, as_json=as_json)


def _owner(here: Managed, username: str | None) -> str:
    """Who is meant; on a server, who is signed in if nobody is named."""
    if username is not None:
        return username
    if not here.is_remote:
        raise click.UsageError("Give --username: a database does not know who you are.")
    return here.access.users.get_current(u.GetCurrentUser(), here.asking).user.username
