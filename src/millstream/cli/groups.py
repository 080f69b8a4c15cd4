"""Commands about groups."""

from __future__ import annotations

import click

from millstream.cli.access import managed, place_option
from millstream.cli.options import example, json_option
from millstream.cli.output import print_json, print_rows, report
from millstream.entities import groups as gr


@example("millstream groups create vision", "millstream groups add vision ada")
@click.group()
def groups() -> None:
    """Manage groups of users."""


@example('millstream groups create vision --description "All who look at pictures"')
@groups.command()
@click.argument("name")
@click.option("--description", help="Who they are.")
@json_option
@place_option
def create(name: str, description: str | None, as_json: bool, tracking_uri: str | None) -> None:
    """Create a group without members."""
    with managed(tracking_uri) as (access, asking, _):
        made = access.groups.create(gr.CreateGroup(name, description), asking.actor).result()
    report(f"Created group '{name}'", made.to_dictionary(), as_json=as_json)


@example("millstream groups list", "millstream groups list --username ada")
@groups.command("list")
@click.option("--username", help="Only those that this user is in.")
@json_option
@place_option
def list_groups(username: str | None, as_json: bool, tracking_uri: str | None) -> None:
    """List groups by name, with their members."""
    with managed(tracking_uri) as (access, _, _):
        found = access.groups.list(gr.ListGroups(username)).groups
    if as_json:
        print_json([group.to_dictionary() for group in found])
        return
    print_rows(
        ["Name", "Members", "Description"],
        [(group.name, ", ".join(group.members), group.description) for group in found],
        "There is no group.",
    )


@example("millstream groups add vision ada")
@groups.command()
@click.argument("name")
@click.argument("username")
@json_option
@place_option
def add(name: str, username: str, as_json: bool, tracking_uri: str | None) -> None:
    """Add a user to a group."""
    with managed(tracking_uri) as (access, asking, _):
        access.groups.add_member(gr.GroupMember(name, username), asking.actor).result()
    fields = {"name": name, "username": username}
    report(f"'{username}' is in the group '{name}' now", fields, as_json=as_json)


@example("millstream groups remove vision ada")
@groups.command()
@click.argument("name")
@click.argument("username")
@json_option
@place_option
def remove(name: str, username: str, as_json: bool, tracking_uri: str | None) -> None:
    """Remove a user from a group."""
    with managed(tracking_uri) as (access, asking, _):
        access.groups.remove_member(gr.GroupMember(name, username), asking.actor).result()
    fields = {"name": name, "username": username}
    report(f"'{username}' is in the group '{name}' no longer", fields, as_json=as_json)


@example("millstream groups update vision --new-name pictures")
@groups.command()
@click.argument("name")
@click.option("--new-name", help="The name it gets.")
@click.option("--description", help="Who they are.")
@json_option
@place_option
def update(
    name: str,
    new_name: str | None,
    description: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Rename a group or describe it otherwise; what was granted to it stays."""
    if new_name is None and description is None:
        raise click.UsageError("Give --new-name, --description or both.")
    request = gr.UpdateGroup(name, new_name, description)
    with managed(tracking_uri) as (access, asking, _):
        changed = access.groups.update(request, asking.actor).result()
    report(f"Updated group '{changed.name}'", changed.to_dictionary(), as_json=as_json)


@example("millstream groups delete vision")
@groups.command()
@click.argument("name")
@json_option
@place_option
def delete(name: str, as_json: bool, tracking_uri: str | None) -> None:
    """Delete a group for good, with all that was granted to it."""
    with managed(tracking_uri) as (access, asking, _):
        access.groups.delete(gr.GroupName(name), asking.actor).result()
    report(f"Deleted group '{name}'", {"name": name}, as_json=as_json)
