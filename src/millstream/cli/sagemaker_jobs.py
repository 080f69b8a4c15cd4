"""Commands about batch jobs of SageMaker."""

from __future__ import annotations

from typing import Any

import click

from millstream.cli.models_options import model_uri_option, tracking
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import report
from millstream.cli.sagemaker_options import making_options, region_option, waiting_options
from millstream.deploy.sagemaker import api


@example(
    "millstream sagemaker deploy-transform-job -n churn-0301 -m models:/churn/3 \\",
    "    --input-data-type S3Prefix -u s3://rows/in/ --content-type text/csv -o s3://rows/out/",
)
@click.command("deploy-transform-job")
@click.option("-n", "--job-name", required=True, help="Name of the job.")
@model_uri_option
@click.option(
    "--input-data-type",
    "s3_input_data_type",
    required=True,
    type=click.Choice(["S3Prefix", "ManifestFile"]),
    help="What the input names.",
)
@click.option("-u", "--input-uri", "s3_input_uri", required=True, help="Where the rows are in S3.")
@click.option("--content-type", required=True, help="What the rows are, such as text/csv.")
@click.option(
    "-o", "--output-path", "s3_output_path", required=True, help="Where predictions go in S3."
)
@click.option("--compression-type", default="None", show_default=True, help="Of the input.")
@click.option("-s", "--split-type", default="Line", show_default=True, help="How files are cut.")
@click.option("-a", "--accept", default="text/csv", show_default=True, help="What is answered.")
@click.option("--assemble-with", default="Line", show_default=True, help="How that is joined.")
@click.option("--input-filter", default="$", show_default=True, help="JSONPath of what is sent.")
@click.option("--output-filter", default="$", show_default=True, help="JSONPath of what is kept.")
@click.option(
    "-j", "--join-resource", default="None", show_default=True, help="Input: rows beside answers."
)
@click.option("-t", "--instance-type", default="ml.m4.xlarge", show_default=True, help="Machines.")
@click.option("-c", "--instance-count", type=int, default=1, show_default=True, help="How many.")
@making_options
@waiting_options(1200)
@json_option
@tracking_uri_option
def deploy_transform_job(
    tracking_uri: str | None, asynchronous: bool, timeout: float, as_json: bool, **said: Any
) -> None:
    """Let a model score files in S3.

    What fails is undone.
    """
    tracking(tracking_uri)
    api.deploy_transform_job(**said, synchronous=not asynchronous, timeout_seconds=timeout)
    state = "started" if asynchronous else "over"
    made = {"job_name": said["job_name"], "state": state}
    report(f"Job {said['job_name']} is {state}.", made, as_json=as_json)


@example("millstream sagemaker terminate-transform-job -n churn-0301")
@click.command("terminate-transform-job")
@click.option("-n", "--job-name", required=True, help="Name of the job.")
@region_option
@waiting_options(300)
@json_option
def terminate_transform_job(
    job_name: str,
    region_name: str,
    archive: bool,
    asynchronous: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Stop a job, and remove its model and files."""
    api.terminate_transform_job(
        job_name,
        region_name,
        archive=archive,
        synchronous=not asynchronous,
        timeout_seconds=timeout,
    )
    report(f"Job {job_name} is stopped.", {"job_name": job_name}, as_json=as_json)
