"""Commands that show deployments: which there are, how they are doing, and what they print."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click
import msgspec

from millstream.cli.deployments_options import (
    endpoint_option,
    name_option,
    our_client,
    target_option,
)
from millstream.cli.models_options import tracking
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import as_date, print_fields, print_json, print_rows
from millstream.deploy.api import get_deploy_client


@example("millstream deployments list -t kubernetes")
@click.command("list")
@target_option
@endpoint_option
@json_option
def list_deployments(target: str, endpoint: str | None, as_json: bool) -> None:
    """List the deployments of a target."""
    found = get_deploy_client(target).list_deployments(endpoint)
    if as_json:
        print_json(found)
        return
    titles = list(dict.fromkeys(key for one in found for key in one))
    rows = [[one.get(title) for title in titles] for one in found]
    print_rows([title.capitalize() for title in titles], rows, "There are no deployments.")


@example("millstream deployments get -t kubernetes --name churn --json")
@click.command()
@target_option
@name_option
@endpoint_option
@json_option
def get(target: str, name: str, endpoint: str | None, as_json: bool) -> None:
    """Show all that is known of a deployment."""
    _show(get_deploy_client(target).get_deployment(name, endpoint), as_json=as_json)


@example("millstream deployments status -t kubernetes --name churn")
@click.command()
@target_option
@name_option
@endpoint_option
@json_option
def status(target: str, name: str, endpoint: str | None, as_json: bool) -> None:
    """Say how a deployment is doing.

    It is ready, pending or failed; ready, it says where it answers.
    """
    found = our_client(target, "status").status(name, endpoint)
    _show(msgspec.to_builtins(found), as_json=as_json)


@example("millstream deployments logs -t kubernetes --name churn --follow")
@click.command()
@target_option
@name_option
@endpoint_option
@click.option("-f", "--follow", is_flag=True, help="Go on with the lines to come.")
@json_option
def logs(target: str, name: str, endpoint: str | None, follow: bool, as_json: bool) -> None:
    """Show what a deployment prints.

    In JSON each line is a text of its own.
    """
    for line in our_client(target, "logs").logs(name, endpoint, follow=follow):
        click.echo(json.dumps(line) if as_json else line)


@example("millstream deployments history -t kubernetes --name churn")
@click.command()
@target_option
@name_option
@endpoint_option
@json_option
@tracking_uri_option
def history(
    target: str, name: str, endpoint: str | None, as_json: bool, tracking_uri: str | None
) -> None:
    """List what a deployment ran, and since when.

    The newest revision comes first.
    """
    tracking(tracking_uri)
    found = our_client(target, "history").history(name, endpoint)
    if as_json:
        print_json([one.to_dictionary() for one in found])
        return
    rows = [
        [
            one.revision,
            one.state,
            one.model_uri,
            one.image_digest or one.image,
            one.user_id,
            as_date(one.creation_time),
            as_date(one.end_time),
        ]
        for one in found
    ]
    titles = ["Revision", "State", "Model", "Image", "By", "Since", "Until"]
    print_rows(titles, rows, f"No deployment '{name}' is recorded.")


def _show(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        print_fields(found)
