"""The command that points an alias to a version."""

from __future__ import annotations

import click

from millstream.bundles.side import open_side
from millstream.cli.models_named import (
    VERSION_HELP,
    change,
    comment_option,
    find_version,
    name_option,
)
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import report
from millstream.entities.registered_models import (
    DeleteRegisteredModelAlias,
    GetRegisteredModel,
    SetRegisteredModelAlias,
)
from millstream.errors import NotFound


@example(
    "millstream models alias --name churn --alias champion --version 3",
    "millstream models alias --name churn --alias champion --version @challenger",
    "millstream models alias --name churn --alias challenger --delete",
)
@click.command()
@name_option
@click.option("-a", "--alias", "alias_name", required=True, help="The alias.")
@click.option("-v", "--version", metavar="VERSION", help=f"What it points to: {VERSION_HELP}")
@click.option("--delete", is_flag=True, help="Remove the alias instead.")
@comment_option
@json_option
@tracking_uri_option
def alias(
    name: str,
    alias_name: str,
    version: str | None,
    delete: bool,
    comment: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Let an alias point to a version, or remove it."""
    if (version is None) != delete:
        raise click.UsageError("Must specify exactly one of --version or --delete.")
    side = open_side(tracking_uri)
    models = side.registry.registered_models
    before = models.get(GetRegisteredModel(name)).aliases.get(alias_name)
    if version is None:
        if before is None:
            raise NotFound(f"The model '{name}' has no alias '{alias_name}'.")
        gone = DeleteRegisteredModelAlias(name=name, alias=alias_name, **change(comment))
        models.delete_alias(gone).result()
        number, told = None, "is removed"
    else:
        number = find_version(side, name, version).version
        wish = SetRegisteredModelAlias(
            name=name, alias=alias_name, version=number, **change(comment)
        )
        models.set_alias(wish).result()
        told = f"points to version {number}"
    was = f"; it pointed to version {before}" if before not in (None, number) else ""
    report(
        f"The alias {alias_name} of {name} {told}{was}.",
        {"name": name, "alias": alias_name, "version": number, "before": before},
        as_json=as_json,
    )
