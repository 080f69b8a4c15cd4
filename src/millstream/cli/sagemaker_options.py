"""What the commands about SageMaker share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from millstream.cli.options import Decorated
from millstream.deploy.sagemaker.aws import DEFAULT_REGION


def region_option(command: Decorated) -> Decorated:
    """`--region-name`: where in Amazon's cloud."""
    return click.option(
        "--region-name", default=DEFAULT_REGION, show_default=True, help="Region of AWS."
    )(command)


def _as_json(
    _context: click.Context, _option: click.Parameter, path: Path | None
) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise click.BadParameter(f"the file {path} is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise click.BadParameter(f"the file {path} holds no object of JSON.")
    return found


def making_options(command: Decorated) -> Decorated:
    """How a model of SageMaker is made."""
    options: list[Callable[[Decorated], Decorated]] = [
        click.option(
            "-e", "--execution-role-arn", help="The role that SageMaker runs the model as."
        ),
        click.option("-b", "--bucket", help="The bucket of S3 for the model's files."),
        click.option("-i", "--image-url", help="The image that serves the model."),
        region_option,
        click.option(
            "-v",
            "--vpc-config",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            callback=_as_json,
            help="A file of JSON with the SecurityGroupIds and Subnets of a VPC.",
        ),
        click.option("-f", "--flavor", help="Flavor of the model to run."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def waiting_options(seconds: int) -> Callable[[Decorated], Decorated]:
    """Whether a job is waited for, and what stays of it."""

    def decorate(command: Decorated) -> Decorated:
        for option in (
            click.option(
                "--timeout",
                type=click.FloatRange(min=0, min_open=True),
                default=seconds,
                show_default=True,
                help="Seconds to wait for the job.",
            ),
            click.option("--async", "asynchronous", is_flag=True, help="Do not wait for the job."),
            click.option("--archive", is_flag=True, help="Keep the model and its files."),
        ):
            command = option(command)
        return command

    return decorate
