"""Commands about jobs that let a model score files at a target."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from millstream.cli.deployments_options import (
    config_option,
    flavor_option,
    our_client,
    target_option,
)
from millstream.cli.models_options import model_uri_option, tracking
from millstream.cli.options import Decorated, example, json_option, tracking_uri_option
from millstream.cli.output import print_fields, print_json, report


def job_name_option(command: Decorated) -> Decorated:
    """`--name`: the one job that is meant."""
    return click.option("--name", required=True, help="Name of the job.")(command)


@example(
    "millstream deployments start-batch -t azureml:/… --name nightly -m models:/churn@champion \\",
    "    --input azureml://datastores/workspaceblobstore/paths/rows \\",
    "    --output azureml://datastores/workspaceblobstore/paths/scores.csv -C compute=cpu-cluster",
)
@click.command()
@target_option
@job_name_option
@flavor_option
@config_option
@model_uri_option
@click.option("--input", "input_uri", required=True, metavar="URI", help="The files to score.")
@click.option("--output", "output_uri", required=True, metavar="URI", help="Where scores go.")
@json_option
@tracking_uri_option
def start_batch(target: str, as_json: bool, tracking_uri: str | None, **said: Any) -> None:
    """Let a model score files at a target.

    It waits until the job is finished, unless it is told -C synchronous=false.
    """
    tracking(tracking_uri)
    done = our_client(target, "start-batch").start_batch(**said)
    state = "is finished" if done["state"] == "ready" else f"is {done['state']}"
    report(f"Job {done['name']} {state}.", done, as_json=as_json)


@example("millstream deployments batch-status -t azureml:/… --name nightly")
@click.command()
@target_option
@job_name_option
@json_option
def batch_status(target: str, name: str, as_json: bool) -> None:
    """Say how a job that scores files is doing."""
    found = msgspec.to_builtins(our_client(target, "batch-status").batch_status(name))
    if as_json:
        print_json(found)
    else:
        print_fields(found)


@example("millstream deployments stop-batch -t azureml:/… --name nightly")
@click.command()
@target_option
@job_name_option
@json_option
def stop_batch(target: str, name: str, as_json: bool) -> None:
    """Stop a job that scores files, and remove what was made for it."""
    our_client(target, "stop-batch").stop_batch(name)
    report(f"Job {name} is stopped, and nothing of it is left.", {"name": name}, as_json=as_json)
