"""Commands that bring images and models to SageMaker."""

from __future__ import annotations

from typing import Any

import click

from millstream.cli.models_images import built_for, image_model_option, image_options
from millstream.cli.models_options import model_uri_option, tracking
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import report
from millstream.cli.sagemaker_options import making_options
from millstream.deploy.container.context import ImageOptions
from millstream.deploy.sagemaker import api


@example("millstream sagemaker build-and-push-container -m models:/churn/3 -c churn")
@click.command("build-and-push-container")
@click.option("--build/--no-build", default=True, show_default=True, help="Build the image.")
@click.option("--push/--no-push", default=True, show_default=True, help="Push it to ECR.")
@click.option(
    "-c",
    "--container",
    default="mlflow-pyfunc",
    show_default=True,
    metavar="IMAGE",
    help="What the image is called here, and its repository in ECR.",
)
@image_model_option
@image_options
@json_option
@tracking_uri_option
def build_and_push(
    build: bool,
    push: bool,
    container: str,
    model_uri: str | None,
    as_json: bool,
    tracking_uri: str | None,
    **chosen: Any,
) -> None:
    """Build the image of a model, or of any, and push it to the account's own registry (ECR)."""
    tracking(tracking_uri)
    if not build and not push:
        raise click.UsageError("--no-build and --no-push leave nothing to do.")
    done: dict[str, str] = {}
    if build:
        built = built_for(model_uri, container, ImageOptions(**chosen))
        done |= {"name": built.name, "image_id": built.image_id}
    if push:
        done["pushed"] = api.push_image_to_ecr(container)
    said = {"image_id": "Built {name} ({image_id}).", "pushed": "Pushed {pushed}."}
    report(
        "\n".join(text.format(**done) for key, text in said.items() if key in done),
        done,
        as_json=as_json,
    )


@example("millstream sagemaker push-model -n churn-3 -m models:/churn/3 -i IMAGE -e ROLE")
@click.command("push-model")
@click.option("-n", "--model-name", required=True, help="What SageMaker calls the model.")
@model_uri_option
@making_options
@json_option
@tracking_uri_option
def push_model(tracking_uri: str | None, as_json: bool, **said: Any) -> None:
    """Make a model of SageMaker.

    What fails is undone.
    """
    tracking(tracking_uri)
    api.push_model_to_sagemaker(**said)
    name = said["model_name"]
    report(f"Model {name} is made.", {"model_name": name}, as_json=as_json)
