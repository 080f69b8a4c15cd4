"""Commands about endpoints, behind which deployments are at some targets."""

from __future__ import annotations

import click

from millstream.cli.deployments_options import (
    config_option,
    endpoint_name_option,
    target_option,
)
from millstream.cli.options import example, json_option
from millstream.cli.output import print_fields, print_json, print_rows, report
from millstream.deploy.api import get_deploy_client


@example("millstream deployments create-endpoint -t azureml --endpoint churn")
@click.command()
@target_option
@endpoint_name_option
@config_option
@json_option
def create_endpoint(target: str, endpoint: str, config: dict[str, str], as_json: bool) -> None:
    """Make an endpoint."""
    made = get_deploy_client(target).create_endpoint(endpoint, config)
    report(f"Endpoint {made.get('name', endpoint)} is created.", made, as_json=as_json)


@example(
    "millstream deployments update-endpoint -t azureml --endpoint churn -C traffic=blue=90,green=10"
)
@click.command()
@target_option
@endpoint_name_option
@config_option
@json_option
def update_endpoint(target: str, endpoint: str, config: dict[str, str], as_json: bool) -> None:
    """Change an endpoint.

    What can be changed is the target's, such as how traffic is split.
    """
    made = get_deploy_client(target).update_endpoint(endpoint, config) or {}
    report(f"Endpoint {endpoint} is updated.", made, as_json=as_json)


@example("millstream deployments delete-endpoint -t azureml --endpoint churn")
@click.command()
@target_option
@endpoint_name_option
@json_option
def delete_endpoint(target: str, endpoint: str, as_json: bool) -> None:
    """Remove an endpoint."""
    get_deploy_client(target).delete_endpoint(endpoint)
    report(f"Endpoint {endpoint} is deleted.", {"name": endpoint}, as_json=as_json)


@example("millstream deployments list-endpoints -t azureml")
@click.command()
@target_option
@json_option
def list_endpoints(target: str, as_json: bool) -> None:
    """List the endpoints of a target."""
    found = get_deploy_client(target).list_endpoints()
    if as_json:
        print_json(found)
    else:
        print_rows(["Name"], [[one.get("name")] for one in found], "There are no endpoints.")


@example("millstream deployments get-endpoint -t azureml --endpoint churn")
@click.command()
@target_option
@endpoint_name_option
@json_option
def get_endpoint(target: str, endpoint: str, as_json: bool) -> None:
    """Show an endpoint."""
    found = get_deploy_client(target).get_endpoint(endpoint)
    if as_json:
        print_json(found)
    else:
        print_fields(found)
