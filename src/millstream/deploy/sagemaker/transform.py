"""Batch jobs of SageMaker: a model scores files in S3, and is gone when it has."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

from millstream.deploy.applying import DeploymentFailed, carry_out
from millstream.deploy.resources import Resource, changes
from millstream.deploy.sagemaker.archive import Archives
from millstream.deploy.sagemaker.aws import Aws
from millstream.deploy.sagemaker.options import Options
from millstream.deploy.sagemaker.requests import check, default_image, model_body
from millstream.deploy.sagemaker.revisions import MODEL, Revisions
from millstream.deploy.target import Target
from millstream.deploy.wish import Wish, checked_name
from millstream.environments.preparation import say
from millstream.errors import (
    AlreadyExists,
    InvalidParameter,
    MillstreamError,
    NotFound,
    Unavailable,
)

_OVER = ("Completed", "Failed", "Stopped")


class AwsTarget(Target, Protocol):
    """A target that makes models in one region of AWS, from archives in S3."""

    aws: Aws
    archives: Archives
    revisions: Revisions


def push_model(target: AwsTarget, wish: Wish) -> list[Resource]:
    """Make a model of SageMaker of the wish's name; what fails is undone. Gives what was made.

    A name that is taken raises `AlreadyExists`.
    """
    name = checked_name(wish.name, "model")
    with suppress(NotFound):
        target.revisions.get(MODEL, name)
        raise AlreadyExists(f"SageMaker has a model '{name}': choose another name.")
    image = wish.image or default_image(target.aws)
    options = Options.read(wish.config)
    role = options.execution_role_arn or target.aws.own_role()
    stored = target.archives.wanted(_folder(name), wish.model, options.bucket)
    body = model_body(options, role, image, stored.name, wish.flavor)
    wanted = [stored, Resource(MODEL, name, body)]
    check(target.aws, "CreateModel", {"ModelName": name, **body})
    carry_out(target, changes((), wanted), say)
    return wanted


def start(target: AwsTarget, job: Mapping[str, Any], made: list[Resource]) -> None:
    """Start a job with a model that was made for it; what fails takes that along."""
    try:
        target.aws.ask("sagemaker", "create_transform_job", **job)
    except MillstreamError as error:
        raise DeploymentFailed(f"{error} {clean_up(target, made)}") from error


def wait(target: AwsTarget, name: str, patience: float) -> str:
    """Wait until a job is over, at most `patience` s: then `Unavailable` says how far it is.

    Gives `Completed` or `Stopped`; a job that failed raises `DeploymentFailed` with its reason.
    """
    found = until_over(target, name, patience)
    status = str(found["TransformJobStatus"])
    if status == "Failed":
        raise DeploymentFailed(f"The job '{name}' failed: {found.get('FailureReason')}")
    return status


def until_over(target: AwsTarget, name: str, patience: float) -> dict[str, Any]:
    """Wait until a job is over however it ends, at most `patience` s; gives what is known of it."""
    until, pause = time.monotonic() + patience, 0.2
    while True:
        found = describe(target, name)
        status = str(found["TransformJobStatus"])
        if status in _OVER:
            return found
        if time.monotonic() > until:
            raise Unavailable(f"The job '{name}' is {status} after {patience:g} s.")
        time.sleep(pause)
        pause = min(pause * 1.5, 10.0)


def stop(target: AwsTarget, name: str) -> None:
    """Let a job stop, if it is not over."""
    if describe(target, name)["TransformJobStatus"] not in (*_OVER, "Stopping"):
        target.aws.ask("sagemaker", "stop_transform_job", TransformJobName=name)


def describe(target: AwsTarget, name: str) -> dict[str, Any]:
    """What SageMaker knows of a job; raises `NotFound` if there is none."""
    job = {"TransformJobName": name}
    found: dict[str, Any] = target.aws.ask("sagemaker", "describe_transform_job", **job)
    return found


def made_for(target: AwsTarget, name: str) -> list[Resource]:
    """The model of a job and its archive, as far as they are there and bear the job's name."""
    model = str(describe(target, name)["ModelName"])
    if model != name:
        return []
    with suppress(NotFound):
        found = target.revisions.get(MODEL, model)
        url = found.body["PrimaryContainer"].get("ModelDataUrl", "")
        return [found, *target.archives.present([url], _folder(name))]
    return []


def _folder(model: str) -> str:
    """Where the archive of a model is that belongs to no deployment."""
    return f"pushed/{model}"


def clean_up(target: AwsTarget, made: list[Resource]) -> str:
    """Remove what was made for a job; says what became of it."""
    left = remove(target, made)
    if left:
        return f"Left behind, and to be removed by hand: {'; '.join(left)}."
    return "What had been made for it was removed."


def remove(target: AwsTarget, made: list[Resource]) -> list[str]:
    """Remove what was made for a job; tells of each thing that could not be removed."""
    left = []
    for one in reversed(made):
        try:
            target.remove(one)
        except MillstreamError as error:
            left.append(f"{one.kind} {one.name} ({error})")
    return left


def request(name: str, model: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """A job as SageMaker takes it; the names in `said` are those of MLflow's arguments."""
    if not isinstance(said["instance_count"], int) or said["instance_count"] < 1:
        raise InvalidParameter(f"instance_count is {said['instance_count']!r}; it is 1 or more.")
    source = {"S3DataType": said["s3_input_data_type"], "S3Uri": said["s3_input_uri"]}
    return {
        "TransformJobName": checked_name(name, "job"),
        "ModelName": model,
        "TransformInput": {
            "DataSource": {"S3DataSource": source},
            "ContentType": said["content_type"],
            "CompressionType": said["compression_type"],
            "SplitType": said["split_type"],
        },
        "TransformOutput": {
            "S3OutputPath": said["s3_output_path"],
            "Accept": said["accept"],
            "AssembleWith": said["assemble_with"],
        },
        "TransformResources": {
            "InstanceType": said["instance_type"],
            "InstanceCount": said["instance_count"],
        },
        "DataProcessing": {
            "InputFilter": said["input_filter"],
            "OutputFilter": said["output_filter"],
            "JoinSource": said["join_resource"],
        },
    }
