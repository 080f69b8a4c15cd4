"""Commands that write applications around models."""

from __future__ import annotations

from pathlib import Path

import click

from millstream.cli.images import base_image_option, platform_option
from millstream.cli.models_options import local_models, model_uri_option, tracking
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import report
from millstream.deploy.container.context import ImageOptions
from millstream.deploy.flask.scaffold import AppOptions, write_app


@example("millstream models scaffold flask -m models:/churn@champion -d churn-app")
@click.group()
def scaffold() -> None:
    """Write an application around a model, which is yours to change."""


@example("millstream models scaffold flask -m models:/churn@champion -d churn-app --port 8000")
@scaffold.command()
@model_uri_option
@click.option(
    "-d",
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder to write; it has to be empty or absent.",
)
@click.option(
    "--name",
    help="What the application is called, in lower-case letters, digits and '-' (default: as the "
    "model is).",
)
@click.option(
    "--port", type=int, default=AppOptions().port, show_default=True, help="What it listens on."
)
@base_image_option
@platform_option
@json_option
@tracking_uri_option
def flask(
    model_uri: str,
    directory: Path,
    name: str | None,
    port: int,
    base_image: str | None,
    platform: str,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Write a Flask application with its tests, its Dockerfile and all that it needs.

    It answers POST /predict with predictions for `{"data": [[...], ...]}`, and says at /health
    whether it can. What it needs is locked, with hashes; gunicorn runs it.
    """
    tracking(tracking_uri)
    (model,) = local_models([model_uri])
    image = ImageOptions(base_image=base_image, platform=platform)
    called = write_app(model, directory, model_uri, AppOptions(name=name, port=port, image=image))
    report(
        f"Wrote {directory}, which {directory / 'README.md'} explains. "
        f"As a container: `docker build -t {called} {directory}`.",
        {"folder": str(directory), "name": called},
        as_json=as_json,
    )
