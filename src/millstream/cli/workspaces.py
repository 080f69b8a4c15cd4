"""Commands about workspaces."""

from __future__ import annotations

import click

from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import print_fields, print_json, print_rows, report
from millstream.client.tracking import MillstreamClient
from millstream.entities.workspaces import DELETION_MODES

_ROOT_HELP = "URI below which new experiments keep their files; an empty text clears it."


@example("millstream workspaces create red-team --description 'Churn and pricing'")
@click.group()
def workspaces() -> None:
    """Keep teams on one server apart."""


@example("millstream workspaces create red-team --default-artifact-root s3://red/mlflow")
@workspaces.command()
@click.argument("name")
@click.option("--description", help="What it is for.")
@click.option("--default-artifact-root", metavar="URI", help=_ROOT_HELP)
@json_option
@tracking_uri_option
def create(
    name: str,
    description: str | None,
    default_artifact_root: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Create a workspace."""
    client = MillstreamClient(tracking_uri)
    made = client.create_workspace(name, description, default_artifact_root)
    report(f"Created workspace '{name}'", made.to_dictionary(), as_json=as_json)


@example("millstream workspaces list --json")
@workspaces.command("list")
@json_option
@tracking_uri_option
def list_workspaces(as_json: bool, tracking_uri: str | None) -> None:
    """List the workspaces where you may read anything."""
    found = MillstreamClient(tracking_uri).list_workspaces()
    if as_json:
        print_json([workspace.to_dictionary() for workspace in found])
        return
    print_rows(
        ["Name", "Description", "Artifacts"],
        [[one.name, one.description or "", one.default_artifact_root or ""] for one in found],
        "There is no workspace that you may read.",
    )


@example("millstream workspaces get red-team")
@workspaces.command()
@click.argument("name")
@json_option
@tracking_uri_option
def get(name: str, as_json: bool, tracking_uri: str | None) -> None:
    """Show a workspace."""
    found = MillstreamClient(tracking_uri).get_workspace(name).to_dictionary()
    if as_json:
        print_json(found)
    else:
        print_fields({key: value for key, value in found.items() if value is not None})


@example("millstream workspaces update red-team --description ''")
@workspaces.command()
@click.argument("name")
@click.option("--description", help="What it is for; an empty text clears it.")
@click.option("--default-artifact-root", metavar="URI", help=_ROOT_HELP)
@json_option
@tracking_uri_option
def update(
    name: str,
    description: str | None,
    default_artifact_root: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Change what a workspace is for, or where its files are."""
    client = MillstreamClient(tracking_uri)
    changed = client.update_workspace(name, description, default_artifact_root)
    report(f"Updated workspace '{name}'", changed.to_dictionary(), as_json=as_json)


@example("millstream workspaces delete red-team --mode SET_DEFAULT")
@workspaces.command()
@click.argument("name")
@click.option(
    "--mode",
    type=click.Choice(list(DELETION_MODES), case_sensitive=False),
    default="RESTRICT",
    show_default=True,
    help="RESTRICT refuses while anything is in it, SET_DEFAULT moves that to 'default', CASCADE "
    "deletes it for good, but for the files.",
)
@json_option
@tracking_uri_option
def delete(name: str, mode: str, as_json: bool, tracking_uri: str | None) -> None:
    """Delete a workspace, and the roles in it."""
    MillstreamClient(tracking_uri).delete_workspace(name, mode)
    report(f"Deleted workspace '{name}'", {"name": name, "mode": mode}, as_json=as_json)
