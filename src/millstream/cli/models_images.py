"""Commands that turn models into images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from millstream.cli.images import base_image_option, platform_option, push_option, report_built
from millstream.cli.models_options import (
    URI_HELP,
    ignored_install_option,
    local_models,
    tracking,
)
from millstream.cli.options import Decorated, example, json_option, tracking_uri_option
from millstream.cli.output import report
from millstream.deploy.container.context import ImageOptions, write_context
from millstream.deploy.container.generic import write_generic_context
from millstream.deploy.container.image import Built, build_generic_image, build_image


def image_model_option(command: Decorated) -> Decorated:
    """`--model-uri`: the model that is put into an image; without it the image is for any."""
    return click.option(
        "-m",
        "--model-uri",
        metavar="URI",
        help=f"The model to put into the image: {URI_HELP} Without one the image serves whichever "
        "is mounted at /opt/ml/model, and installs what that needs when it starts.",
    )(command)


def image_options(command: Decorated) -> Decorated:
    """The options that say what is in an image, and MLflow's that have no effect here."""
    options: list[Callable[[Decorated], Decorated]] = [
        base_image_option,
        platform_option,
        click.option(
            "--install-java",
            type=bool,
            is_flag=False,
            flag_value=True,
            show_default="without --model-uri",
            help="Put a Java runtime into the image, as for Spark.",
        ),
        click.option(
            "--env-manager",
            expose_value=False,
            help="Accepted because MLflow has it: environments of images are made by uv.",
        ),
        click.option(
            "--mlflow-home",
            expose_value=False,
            help="Accepted because MLflow has it: an image gets the package that runs this.",
        ),
        ignored_install_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@example("millstream models generate-dockerfile -m models:/churn@champion -d churn-image")
@click.command("generate-dockerfile")
@image_model_option
@click.option(
    "-d",
    "--output-directory",
    type=click.Path(file_okay=False, path_type=Path),
    default="mlflow-dockerfile",
    show_default=True,
    help="The folder to write; it has to be empty or absent.",
)
@image_options
@json_option
@tracking_uri_option
def generate_dockerfile(
    model_uri: str | None,
    output_directory: Path,
    as_json: bool,
    tracking_uri: str | None,
    **chosen: Any,
) -> None:
    """Write a Dockerfile that serves a model, or any model, with all that it copies.

    The image answers /ping and /invocations on port 8080. What the build installs is locked, with
    hashes.
    """
    tracking(tracking_uri)
    options = ImageOptions(**chosen)
    if model_uri is None:
        write_generic_context(output_directory, options)
    else:
        (model,) = local_models([model_uri])
        write_context(model, output_directory, options, model_uri)
    report(
        f"Wrote {output_directory}. Build the image: `docker build -t NAME {output_directory}`.",
        {"folder": str(output_directory)},
        as_json=as_json,
    )


@example("millstream models build-docker -m models:/churn@champion -n example.com/churn:7 --push")
@click.command("build-docker")
@image_model_option
@click.option(
    "-n",
    "--name",
    default="mlflow-pyfunc-servable",
    show_default=True,
    metavar="IMAGE",
    help="What the image is called, with its registry and a tag if it is to have them.",
)
@push_option
@image_options
@json_option
@tracking_uri_option
def build_docker(
    model_uri: str | None,
    name: str,
    push: bool,
    as_json: bool,
    tracking_uri: str | None,
    **chosen: Any,
) -> None:
    """Build an image that serves a model, or any model, with docker, podman or buildah.

    The image answers /ping and /invocations on port 8080. What the build installs is locked, with
    hashes.
    """
    tracking(tracking_uri)
    report_built(built_for(model_uri, name, ImageOptions(**chosen), push=push), as_json=as_json)


def built_for(
    model_uri: str | None, name: str, options: ImageOptions, *, push: bool = False
) -> Built:
    """The image of the model at a URI, or without one of any model, as it was just built."""
    if model_uri is None:
        return build_generic_image(name, options, push=push)
    (model,) = local_models([model_uri])
    return build_image(model, name, options, model_uri, push=push)
