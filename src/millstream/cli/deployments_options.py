"""What the commands about deployments share: their options, and the client of a target."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from millstream.cli.options import Decorated
from millstream.deploy.api import get_deploy_client
from millstream.deploy.client import DeploymentClient
from millstream.errors import NotSupported

TARGET_HELP = "Where models run, such as kubernetes or sagemaker:/eu-west-1."


def target_option(command: Decorated) -> Decorated:
    """`--target`: where models run."""
    return click.option(
        "-t",
        "--target",
        envvar=["MILLSTREAM_DEPLOYMENTS_TARGET", "MLFLOW_DEPLOYMENTS_TARGET"],
        required=True,
        metavar="TARGET",
        help=TARGET_HELP,
    )(command)


def name_option(command: Decorated) -> Decorated:
    """`--name`: the one deployment that is meant."""
    return click.option("--name", required=True, help="Name of the deployment.")(command)


def endpoint_option(command: Decorated) -> Decorated:
    """`--endpoint`: what it is behind, at targets that have endpoints of their own."""
    return click.option("--endpoint", help="Name of the endpoint that it is behind.")(command)


def endpoint_name_option(command: Decorated) -> Decorated:
    """`--endpoint`, where an endpoint itself is meant."""
    return click.option("--endpoint", required=True, help="Name of the endpoint.")(command)


def flavor_option(command: Decorated) -> Decorated:
    """`--flavor`: as what the model is run."""
    return click.option(
        "-F", "--flavor", help="Flavor of the model to run (default: python_function)."
    )(command)


def config_option(command: Decorated) -> Decorated:
    """`--config`: what the target is told; a name without a value means true."""
    return click.option(
        "-C",
        "--config",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_as_config,
        help="An option of the target, as millstream deployments help lists them; may be repeated.",
    )(command)


def one_of_ours(client: Any, command: str) -> DeploymentClient:
    """A client of one of our targets; a plug-in made for MLflow knows less."""
    if not isinstance(client, DeploymentClient):
        raise NotSupported(
            f"The target '{client.target_uri}' is a plug-in's, which has no {command}: it can "
            "create, update, delete, list, get and predict."
        )
    return client


def our_client(target: str, command: str) -> DeploymentClient:
    """The client of a target that knows a command of ours."""
    return one_of_ours(get_deploy_client(target), command)


def _as_config(
    _context: click.Context, _option: click.Parameter, said: Iterable[str]
) -> dict[str, str]:
    pairs = [one.partition("=") for one in said]
    found = {name: value if sign else "true" for name, sign, value in pairs}
    if "" in found:
        raise click.BadParameter("an option is written NAME=VALUE, or NAME for true.")
    if len(found) < len(pairs):
        raise click.BadParameter("an option was given twice.")
    return found


def changing_options(command: Decorated) -> Decorated:
    """What is said of a deployment that is made or changed."""
    options: list[Callable[[Decorated], Decorated]] = [
        target_option,
        name_option,
        endpoint_option,
        flavor_option,
        config_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command
