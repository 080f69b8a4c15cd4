"""Commands about a target itself: what it can be told, and a model served here as it would."""

from __future__ import annotations

import click

from millstream.cli.deployments_options import (
    config_option,
    flavor_option,
    name_option,
    target_option,
)
from millstream.cli.models_options import model_uri_option, tracking
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import print_fields, print_json, report
from millstream.deploy import api, targets
from millstream.deploy.client import DeploymentClient


@example("millstream deployments help -t kubernetes")
@click.command("help")
@target_option
@click.option("--batch", is_flag=True, help="Show what a job that scores files can be told.")
@json_option
def target_help(target: str, batch: bool, as_json: bool) -> None:
    """Show what a target can be told.

    It is told by --config NAME=VALUE.
    """
    found = targets.built_in(target)
    if found is None:
        text = str(targets.plugin_module(target).target_help())
        report(text, {"help": text}, as_json=as_json)
        return
    client = DeploymentClient(target, found)
    options = client.batch_options() if batch else client.options()
    if as_json:
        print_json(options)
    else:
        print_fields(options)


@example("millstream deployments run-local -t sagemaker --name churn -m models:/churn/3")
@click.command("run-local")
@target_option
@name_option
@model_uri_option
@flavor_option
@config_option
@tracking_uri_option
def run_local(
    target: str,
    name: str,
    model_uri: str,
    flavor: str | None,
    config: dict[str, str],
    tracking_uri: str | None,
) -> None:
    """Serve a model on this machine as a target would.

    It goes on until it is ended.
    """
    tracking(tracking_uri)
    api.run_local(target, name, model_uri, flavor, config)
