"""Commands that ask a deployment for predictions, and for the reasons of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from millstream.cli.deployments_options import endpoint_option, target_option
from millstream.cli.options import Decorated, example
from millstream.cli.output import print_json
from millstream.deploy.api import get_deploy_client
from millstream.errors import InvalidParameter


def _asking(command: Decorated) -> Decorated:
    for option in (
        click.option(
            "-O",
            "--output-path",
            type=click.Path(dir_okay=False, path_type=Path),
            help="File for the answer (default: the standard output).",
        ),
        click.option(
            "-I",
            "--input-path",
            required=True,
            type=click.File("rb"),
            help="File with a body of JSON, as POST /invocations takes it; - is standard input.",
        ),
        target_option,
        endpoint_option,
        click.option("--name", help="Name of the deployment."),
    ):
        command = option(command)
    return command


@example("millstream deployments predict -t kubernetes --name churn -I rows.json")
@click.command()
@_asking
def predict(
    name: str | None, endpoint: str | None, target: str, input_path: Any, output_path: Path | None
) -> None:
    """Ask a deployment for predictions."""
    _needs_one(name, endpoint)
    _write(
        get_deploy_client(target).predict(name, _body(input_path), endpoint=endpoint), output_path
    )


@example("millstream deployments explain -t plugin --name churn -I rows.json")
@click.command()
@_asking
def explain(
    name: str | None, endpoint: str | None, target: str, input_path: Any, output_path: Path | None
) -> None:
    """Ask a deployment why it predicts what it does.

    Few targets can say.
    """
    _needs_one(name, endpoint)
    _write(
        get_deploy_client(target).explain(name, _body(input_path), endpoint=endpoint), output_path
    )


def _needs_one(name: str | None, endpoint: str | None) -> None:
    if not name and not endpoint:
        raise click.UsageError("Must specify --name or --endpoint, or both.")


def _body(file: Any) -> Any:
    try:
        return msgspec.json.decode(file.read())
    except msgspec.DecodeError as error:
        raise InvalidParameter(f"The input is not JSON: {error}.") from error


def _write(answer: Any, path: Path | None) -> None:
    if path is None:
        print_json(answer)
    else:
        path.write_bytes(msgspec.json.encode(answer))
