"""Commands that make, change and remove deployments, and say beforehand what that takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from millstream.cli.deployments_options import (
    changing_options,
    config_option,
    endpoint_option,
    flavor_option,
    name_option,
    our_client,
    target_option,
)
from millstream.cli.models_options import URI_HELP, model_uri_option, tracking
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import print_json, report
from millstream.deploy.api import get_deploy_client


@example("millstream deployments plan -t kubernetes --name churn -m models:/churn/3 -C image=…")
@click.command()
@changing_options
@model_uri_option
@json_option
@tracking_uri_option
def plan(target: str, as_json: bool, tracking_uri: str | None, **said: Any) -> None:
    """Show what apply would change, and change nothing."""
    tracking(tracking_uri)
    found = our_client(target, "plan").plan(**said)
    if as_json:
        print_json(msgspec.to_builtins(found))
    else:
        click.echo(found.text())


@example("millstream deployments apply -t kubernetes --name churn -m models:/churn/3 -C image=…")
@click.command()
@changing_options
@model_uri_option
@json_option
@tracking_uri_option
def apply(target: str, as_json: bool, tracking_uri: str | None, **said: Any) -> None:
    """Let a deployment be as is said, whether there is one.

    What fails is undone.
    """
    tracking(tracking_uri)
    done = our_client(target, "apply").apply(**said)
    made = f"{done['changes']} changes" if done["changes"] else "nothing to change"
    report(f"Deployment '{done['name']}': {made}.{_where(done)}", done, as_json=as_json)


@example("millstream deployments create -t kubernetes --name churn -m models:/churn/3 -C image=…")
@click.command()
@changing_options
@model_uri_option
@json_option
@tracking_uri_option
def create(target: str, as_json: bool, tracking_uri: str | None, **said: Any) -> None:
    """Deploy a model under a new name.

    What fails is undone.
    """
    tracking(tracking_uri)
    made = get_deploy_client(target).create_deployment(**said)
    sentence = f"{made.get('flavor')} deployment {made.get('name', said['name'])} is created."
    report(sentence + _where(made), made, as_json=as_json)


@example("millstream deployments update -t kubernetes --name churn -m models:/churn/4")
@click.command()
@changing_options
@click.option("-m", "--model-uri", metavar="URI", help=f"The model to run now: {URI_HELP}")
@json_option
@tracking_uri_option
def update(target: str, as_json: bool, tracking_uri: str | None, **said: Any) -> None:
    """Change what a deployment runs, or how.

    What fails is undone.
    """
    tracking(tracking_uri)
    made = get_deploy_client(target).update_deployment(**said)
    sentence = f"Deployment {said['name']} is updated (with flavor {made.get('flavor')})."
    report(sentence + _where(made), made, as_json=as_json)


@example("millstream deployments delete -t kubernetes --name churn")
@click.command()
@target_option
@name_option
@endpoint_option
@config_option
@json_option
@tracking_uri_option
def delete(target: str, as_json: bool, tracking_uri: str | None, **said: Any) -> None:
    """Remove a deployment, and all that it is made of."""
    tracking(tracking_uri)
    get_deploy_client(target).delete_deployment(**said)
    report(f"Deployment {said['name']} is deleted.", {"name": said["name"]}, as_json=as_json)


@example("millstream deployments rollback -t kubernetes --name churn")
@click.command()
@target_option
@name_option
@endpoint_option
@click.option(
    "--revision",
    type=click.IntRange(min=1),
    help="The one to return to, as history lists them (default: the one before the latest).",
)
@json_option
@tracking_uri_option
def rollback(target: str, as_json: bool, tracking_uri: str | None, **said: Any) -> None:
    """Let a deployment run what it ran before.

    It runs the model, the image and the options of then. What fails is undone.
    """
    tracking(tracking_uri)
    done = our_client(target, "rollback").rollback(**said)
    sentence = f"Deployment '{done['name']}' runs {done['model_uri']} as in revision "
    report(f"{sentence}{done['revision']}.{_where(done)}", done, as_json=as_json)


@example(
    "millstream deployments write -t kubernetes --format helm --name churn -m models:/churn/3 \\",
    "    -C image=… -d chart",
)
@click.command()
@target_option
@name_option
@flavor_option
@config_option
@model_uri_option
@click.option("--format", "file_format", help="What to write, such as yaml, kustomize or helm.")
@click.option(
    "-d",
    "--output-directory",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write; it has to be empty or absent.",
)
@json_option
@tracking_uri_option
def write(target: str, as_json: bool, tracking_uri: str | None, **said: Any) -> None:
    """Write what apply would make as files, and make nothing."""
    tracking(tracking_uri)
    found = [str(path) for path in our_client(target, "write").write(**said)]
    report("\n".join(["Wrote", *found]), {"files": found}, as_json=as_json)


def _where(made: dict[str, Any]) -> str:
    address = made.get("address")
    return f" It answers at {address}." if address else ""
