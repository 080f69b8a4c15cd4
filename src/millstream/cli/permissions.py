"""Commands about permissions on single resources."""

from __future__ import annotations

import click

from millstream.cli.access import (
    WORDS,
    level_argument,
    managed,
    place_option,
    resource_options,
    shown_resource,
    word,
)
from millstream.cli.options import Decorated, exactly_one, example, json_option
from millstream.cli.output import print_json, print_rows, report
from millstream.entities import groups as gr
from millstream.entities import permissions as p
from millstream.entities import users as u


def _subject_options(command: Decorated) -> Decorated:
    group = click.option("--group", metavar="NAME", help="The group that is meant.")
    user = click.option("--username", "--user", metavar="NAME", help="The user that is meant.")
    return user(group(command))


@example(
    "millstream permissions grant editor --user ada --experiment 12",
    "millstream permissions members --experiment 12",
)
@click.group()
def permissions() -> None:
    """Say who may do what with experiments and models."""


@example(
    "millstream permissions grant editor --user ada --experiment 12",
    "millstream permissions grant reader --group vision --model '*'",
    "millstream permissions grant denied --user eve --workspace",
)
@permissions.command()
@level_argument
@_subject_options
@resource_options
@json_option
@place_option
def grant(
    level: str,
    username: str | None,
    group: str | None,
    on: p.Resource,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Let a user or a group be reader, user, editor or manager, in place of what it was there."""
    exactly_one(user=username, group=group)
    permission = WORDS[level]
    with managed(tracking_uri) as (access, asking, _):
        if username is not None:
            to_user = p.GrantPermission(on.resource_type, on.resource_id, permission, username)
            access.permissions.grant(to_user, asking.actor).result()
        if group is not None:
            to_group = p.GrantGroupPermission(on.resource_type, on.resource_id, permission, group)
            access.permissions.grant_to_group(to_group, asking.actor).result()
    who = username if username is not None else group
    report(
        f"'{who}' is {level} of {shown_resource(on.resource_type, on.resource_id)} now",
        {"username": username, "group": group, **on.to_dictionary(), "permission": permission},
        as_json=as_json,
    )


@example("millstream permissions revoke --user ada --experiment 12")
@permissions.command()
@_subject_options
@resource_options
@json_option
@place_option
def revoke(
    username: str | None,
    group: str | None,
    on: p.Resource,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Take back what a user or a group was granted on a resource."""
    exactly_one(user=username, group=group)
    with managed(tracking_uri) as (access, asking, _):
        if username is not None:
            of_user = p.RevokePermission(on.resource_type, on.resource_id, username)
            access.permissions.revoke(of_user, asking.actor).result()
        if group is not None:
            of_group = p.RevokeGroupPermission(on.resource_type, on.resource_id, group)
            access.permissions.revoke_from_group(of_group, asking.actor).result()
    who = username if username is not None else group
    report(
        f"'{who}' has no grant on {shown_resource(on.resource_type, on.resource_id)} now",
        {"username": username, "group": group, **on.to_dictionary()},
        as_json=as_json,
    )


@example("millstream permissions list --user ada")
@permissions.command("list")
@_subject_options
@json_option
@place_option
def list_permissions(
    username: str | None, group: str | None, as_json: bool, tracking_uri: str | None
) -> None:
    """List the grants that count for a user or a group, those of its roles included."""
    exactly_one(user=username, group=group)
    with managed(tracking_uri) as (access, _, _):
        if username is not None:
            found = access.permissions.list(u.UserName(username)).permissions
        else:
            found = access.permissions.list_of_group(gr.GroupName(group or "")).permissions
    if as_json:
        print_json([one.to_dictionary() for one in found])
        return
    print_rows(
        ["Level", "On", "By Role", "Workspace"],
        [
            (
                word(one.permission),
                shown_resource(one.resource_type, one.resource_pattern),
                one.role_name,
                one.workspace,
            )
            for one in found
        ],
        "Nothing was granted.",
    )


@example("millstream permissions members --model forecast")
@permissions.command()
@resource_options
@json_option
@place_option
def members(
    on: p.Resource,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """List who was granted something on a resource, on all of its kind or on its workspace."""
    with managed(tracking_uri) as (access, _, _):
        found = access.permissions.list_members(on).members
    if as_json:
        print_json([member.to_dictionary() for member in found])
        return
    print_rows(
        ["Kind", "Name", "Level", "On"],
        [
            (
                *_named(member),
                word(member.permission),
                shown_resource(member.resource_type, member.resource_pattern),
            )
            for member in found
        ],
        "Nobody was granted anything.",
    )


def _named(member: p.Member) -> tuple[str, str | None]:
    if member.username is not None:
        return "user", member.username
    return ("group", member.group) if member.group is not None else ("role", member.role)
