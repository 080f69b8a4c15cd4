"""Commands about SageMaker beside those of deployments; names and options are MLflow's."""

from __future__ import annotations

import click

from millstream.cli.late import LateGroup, Place
from millstream.cli.options import example

COMMANDS: dict[str, Place] = {
    "build-and-push-container": Place(
        "sagemaker_models", "build_and_push", "Build the image of a model, and push it to ECR."
    ),
    "deploy-transform-job": Place(
        "sagemaker_jobs", "deploy_transform_job", "Let a model score files in S3."
    ),
    "push-model": Place("sagemaker_models", "push_model", "Make a model of SageMaker."),
    "terminate-transform-job": Place(
        "sagemaker_jobs", "terminate_transform_job", "Stop a job, and remove what it had."
    ),
}


@example(
    "millstream sagemaker build-and-push-container -m models:/churn/3 -c churn",
    "millstream sagemaker deploy-transform-job -n churn-0301 -m models:/churn/3 \\",
    "    --input-data-type S3Prefix -u s3://rows/in/ --content-type text/csv -o s3://rows/out/",
)
@click.group(cls=LateGroup, places=COMMANDS)
def sagemaker() -> None:
    """Images, models and batch jobs of SageMaker.

    Endpoints are deployments: millstream deployments create -t sagemaker.
    """
