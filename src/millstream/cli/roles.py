"""Commands about roles: permissions under a name, for users and groups."""

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
from millstream.cli.options import exactly_one, example, json_option
from millstream.cli.output import print_json, print_rows, report
from millstream.entities import roles as ro
from millstream.entities.permissions import Resource
from millstream.entities.workspaces import DEFAULT_WORKSPACE
from millstream.errors import NotFound
from millstream.store.access import Access


@example(
    "millstream roles create forecasters",
    "millstream roles grant editor forecasters --experiment 12",
    "millstream roles assign forecasters --user ada",
)
@click.group()
def roles() -> None:
    """Manage roles: permissions under a name, for many users and groups."""


@example("millstream roles create forecasters")
@roles.command()
@click.argument("name")
@click.option("--description", help="What it is for.")
@click.option(
    "--in-workspace", default=DEFAULT_WORKSPACE, show_default=True, help="Where it permits."
)
@json_option
@place_option
def create(
    name: str, description: str | None, in_workspace: str, as_json: bool, tracking_uri: str | None
) -> None:
    """Create a role without permissions."""
    request = ro.CreateRole(name, in_workspace, description)
    with managed(tracking_uri) as (access, asking, _):
        made = access.roles.create(request, asking.actor).result()
    report(f"Created role '{name}' with id {made.id}", made.to_dictionary(), as_json=as_json)


@example("millstream roles list")
@roles.command("list")
@click.option("--user", "username", help="Only those that this user has.")
@json_option
@place_option
def list_roles(username: str | None, as_json: bool, tracking_uri: str | None) -> None:
    """List roles by name."""
    with managed(tracking_uri) as (access, _, _):
        if username is None:
            found = access.roles.list(ro.ListRoles()).roles
        else:
            found = access.roles.list_of_user(ro.ListUserRoles(username)).roles
    if as_json:
        print_json([role.to_dictionary() for role in found])
        return
    print_rows(
        ["Id", "Name", "Workspace", "Permissions", "Description"],
        [
            (role.id, role.name, role.workspace, len(role.permissions), role.description)
            for role in found
        ],
        "There is no role.",
    )


@example("millstream roles show forecasters")
@roles.command()
@click.argument("role")
@json_option
@place_option
def show(role: str, as_json: bool, tracking_uri: str | None) -> None:
    """Show what a role permits and who has it; ROLE is its name or id."""
    with managed(tracking_uri) as (access, _, _):
        found = _role(access, role)
        assigned = access.roles.list_assignments(ro.RoleId(found.id)).assignments
    if as_json:
        print_json({**found.to_dictionary(), "assignments": [a.to_dictionary() for a in assigned]})
        return
    permits = [
        (word(one.permission), shown_resource(one.resource_type, one.resource_pattern))
        for one in found.permissions
    ]
    print_rows(["Level", "On"], permits, "It permits nothing.")
    click.echo()
    who = [("user", a.username) if a.username else ("group", a.group) for a in assigned]
    print_rows(["Kind", "Name"], who, "Nobody has it.")


@example("millstream roles grant editor forecasters --experiment 12")
@roles.command()
@level_argument
@click.argument("role")
@resource_options
@json_option
@place_option
def grant(
    level: str,
    role: str,
    on: Resource,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Permit something to a role, in place of what it was permitted there."""
    permission = WORDS[level]
    with managed(tracking_uri) as (access, asking, _):
        found = _role(access, role)
        present = _permission_on(found, on.resource_type, on.resource_id)
        if present is not None:
            update = ro.UpdateRolePermission(present.id, permission)
            made = access.roles.update_permission(update, asking.actor).result()
        else:
            add = ro.AddRolePermission(found.id, on.resource_type, on.resource_id, permission)
            made = access.roles.add_permission(add, asking.actor).result()
    report(
        f"The role '{found.name}' is {level} of "
        f"{shown_resource(on.resource_type, on.resource_id)} now",
        made.to_dictionary(),
        as_json=as_json,
    )


@example("millstream roles revoke forecasters --experiment 12")
@roles.command()
@click.argument("role")
@resource_options
@json_option
@place_option
def revoke(
    role: str,
    on: Resource,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Take a permission away from a role."""
    named = shown_resource(on.resource_type, on.resource_id)
    with managed(tracking_uri) as (access, asking, _):
        found = _role(access, role)
        present = _permission_on(found, on.resource_type, on.resource_id)
        if present is None:
            raise NotFound(f"The role '{found.name}' has no permission on {named}.")
        access.roles.remove_permission(ro.RolePermissionId(present.id), asking.actor).result()
    report(
        f"The role '{found.name}' has no permission on {named} now",
        {"role_id": found.id, **on.to_dictionary()},
        as_json=as_json,
    )


@example("millstream roles assign forecasters --group vision")
@roles.command()
@click.argument("role")
@click.option("--user", "username", metavar="NAME", help="The user who gets it.")
@click.option("--group", metavar="NAME", help="The group that gets it.")
@json_option
@place_option
def assign(
    role: str, username: str | None, group: str | None, as_json: bool, tracking_uri: str | None
) -> None:
    """Give a role to a user or a group."""
    exactly_one(user=username, group=group)
    with managed(tracking_uri) as (access, asking, _):
        found = _role(access, role)
        if username is not None:
            access.roles.assign(ro.AssignRole(found.id, username), asking.actor).result()
        if group is not None:
            to_group = ro.AssignGroupRole(found.id, group)
            access.roles.assign_to_group(to_group, asking.actor).result()
    fields = {"role_id": found.id, "username": username, "group": group}
    report(f"'{username or group}' has the role '{found.name}' now", fields, as_json=as_json)


@example("millstream roles unassign forecasters --user ada")
@roles.command()
@click.argument("role")
@click.option("--user", "username", metavar="NAME", help="The user who loses it.")
@click.option("--group", metavar="NAME", help="The group that loses it.")
@json_option
@place_option
def unassign(
    role: str, username: str | None, group: str | None, as_json: bool, tracking_uri: str | None
) -> None:
    """Take a role from a user or a group."""
    exactly_one(user=username, group=group)
    with managed(tracking_uri) as (access, asking, _):
        found = _role(access, role)
        if username is not None:
            access.roles.unassign(ro.AssignRole(found.id, username), asking.actor).result()
        if group is not None:
            of_group = ro.AssignGroupRole(found.id, group)
            access.roles.unassign_from_group(of_group, asking.actor).result()
    fields = {"role_id": found.id, "username": username, "group": group}
    report(f"'{username or group}' has the role '{found.name}' no longer", fields, as_json=as_json)


@example("millstream roles delete forecasters")
@roles.command()
@click.argument("role")
@json_option
@place_option
def delete(role: str, as_json: bool, tracking_uri: str | None) -> None:
    """Delete a role; whoever had it loses what it permitted."""
    with managed(tracking_uri) as (access, asking, _):
        found = _role(access, role)
        access.roles.delete(ro.RoleId(found.id), asking.actor).result()
    report(f"Deleted role '{found.name}'", {"role_id": found.id}, as_json=as_json)


def _role(access: Access, named: str) -> ro.Role:
    """The role of a name, else of an id."""
    found = access.roles.list(ro.ListRoles()).roles
    by_name = [role for role in found if role.name == named]
    by_id = [role for role in found if str(role.id) == named]
    if len(by_name) > 1:
        ids = ", ".join(f"{role.id} in {role.workspace}" for role in by_name)
        raise click.UsageError(f"Several workspaces have a role '{named}'; give its id: {ids}.")
    if by_name or by_id:
        return (by_name or by_id)[0]
    known = ", ".join(f"'{role.name}'" for role in found) or "none"
    raise NotFound(f"No role has the name or id '{named}'. There are: {known}.")


def _permission_on(role: ro.Role, resource_type: str, pattern: str) -> ro.RolePermission | None:
    wanted = (resource_type, pattern)
    found = [one for one in role.permissions if (one.resource_type, one.resource_pattern) == wanted]
    return found[0] if found else None
