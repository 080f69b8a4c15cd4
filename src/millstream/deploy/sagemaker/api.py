"""What scripts use of SageMaker beside deployments: the drop-in's `mlflow.sagemaker`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from millstream.deploy import api
from millstream.deploy.chosen_model import choose
from millstream.deploy.client import DeploymentClient
from millstream.deploy.plugin import BaseDeploymentClient
from millstream.deploy.predictions import PredictionsResponse
from millstream.deploy.sagemaker import registry, transform
from millstream.deploy.sagemaker.aws import DEFAULT_REGION, Aws
from millstream.deploy.sagemaker.place import Place, checked_region, checked_role
from millstream.deploy.sagemaker.requests import check
from millstream.deploy.sagemaker.target import SageMakerTarget, connect
from millstream.deploy.wish import Wish
from millstream.environments.preparation import say
from millstream.errors import InvalidParameter
from millstream.version import VERSION

__all__ = [
    "BaseDeploymentClient",
    "PredictionsResponse",
    "SageMakerDeploymentClient",
    "deploy_transform_job",
    "push_image_to_ecr",
    "push_model_to_sagemaker",
    "run_local",
    "target_help",
    "terminate_transform_job",
]


class SageMakerDeploymentClient(DeploymentClient):
    """Deployments to SageMaker, at `sagemaker`, `sagemaker:/REGION` or `sagemaker:/REGION/ARN`."""

    def __init__(self, target_uri: str) -> None:
        super().__init__(target_uri, connect(target_uri))


def target_help() -> str:
    """The options of a deployment, one a line."""
    options = SageMakerDeploymentClient("sagemaker").options()
    lines = [f"{name}: {text}" for name, text in options.items()]
    return "\n".join(["Amazon SageMaker. Its options:", *lines])


def run_local(
    name: str,
    model_uri: str,
    flavor: str | None = None,
    config: Mapping[str, Any] | None = None,
) -> None:
    """Serve a model on this machine as SageMaker would, until it is ended."""
    api.run_local("sagemaker", name, model_uri, flavor, dict(config or {}))


def push_image_to_ecr(image: str = "mlflow-pyfunc") -> str:
    """Push an image that is here to the account's own registry; gives its name there.

    The repository is made if there is none. Without a tag it gets the version of this package.
    """
    last = image.rpartition("/")[2]
    name = image if ":" in last else f"{image}:{VERSION}"
    return registry.push_image(Aws(Place()), image, name)


def push_model_to_sagemaker(
    model_name: str,
    model_uri: str,
    execution_role_arn: str | None = None,
    assume_role_arn: str | None = None,
    bucket: str | None = None,
    image_url: str | None = None,
    region_name: str = DEFAULT_REGION,
    vpc_config: Mapping[str, Any] | None = None,
    flavor: str | None = None,
) -> None:
    """Make a model of SageMaker, for endpoints and jobs that are set up elsewhere."""
    target = _target(region_name, assume_role_arn)
    said = _said(execution_role_arn, bucket, vpc_config)
    transform.push_model(target, _wish(model_name, model_uri, flavor, said, image_url))


def deploy_transform_job(
    job_name: str,
    model_uri: str,
    s3_input_data_type: str,
    s3_input_uri: str,
    content_type: str,
    s3_output_path: str,
    compression_type: str = "None",
    split_type: str = "Line",
    accept: str = "text/csv",
    assemble_with: str = "Line",
    input_filter: str = "$",
    output_filter: str = "$",
    join_resource: str = "None",
    execution_role_arn: str | None = None,
    assume_role_arn: str | None = None,
    bucket: str | None = None,
    image_url: str | None = None,
    region_name: str = DEFAULT_REGION,
    instance_type: str = "ml.m4.xlarge",
    instance_count: int = 1,
    vpc_config: Mapping[str, Any] | None = None,
    flavor: str | None = None,
    archive: bool = False,
    synchronous: bool = True,
    timeout_seconds: float = 1200,
) -> None:
    """Let a model score files in S3. Its model and archive go when the job is over.

    With `archive` they stay. What fails is undone, and a job that takes longer than
    `timeout_seconds` is stopped.
    """
    _check_archive(archive, synchronous)
    job = transform.request(job_name, job_name, locals())
    target = _target(region_name, assume_role_arn)
    check(target.aws, "CreateTransformJob", job)
    said = _said(execution_role_arn, bucket, vpc_config)
    made = transform.push_model(target, _wish(job_name, model_uri, flavor, said, image_url))
    transform.start(target, job, made)
    if not synchronous:
        return
    try:
        status = transform.wait(target, job_name, timeout_seconds)
    except BaseException:
        try:
            transform.stop(target, job_name)
        finally:
            say(transform.clean_up(target, made))
        raise
    say(f"The job '{job_name}' is {status}. {'' if archive else transform.clean_up(target, made)}")


def terminate_transform_job(
    job_name: str,
    region_name: str = DEFAULT_REGION,
    assume_role_arn: str | None = None,
    archive: bool = False,
    synchronous: bool = True,
    timeout_seconds: float = 300,
) -> None:
    """Stop a job, and remove its model and archive unless `archive` says to keep them."""
    _check_archive(archive, synchronous)
    target = _target(region_name, assume_role_arn)
    transform.stop(target, job_name)
    if synchronous:
        transform.wait(target, job_name, timeout_seconds)
    if not archive:
        made = transform.made_for(target, job_name)
        say(transform.clean_up(target, made))


def _check_archive(archive: bool, synchronous: bool) -> None:
    if not archive and not synchronous:
        raise InvalidParameter(
            "Without waiting nothing can be removed when the job is over: say archive=True, too."
        )


def _target(region: str, role: str | None) -> SageMakerTarget:
    place = Place(checked_region(region), checked_role(role) if role else None)
    return SageMakerTarget(Aws(place))


def _wish(
    name: str, model_uri: str, flavor: str | None, said: Mapping[str, str], image: str | None
) -> Wish:
    model = choose(model_uri, flavor)
    return Wish(name, model.uri, model.path, said, model.flavor, image=image)


def _said(role: str | None, bucket: str | None, vpc: Mapping[str, Any] | None) -> dict[str, str]:
    told = {"execution_role_arn": role, "bucket": bucket}
    told["vpc_config"] = None if vpc is None else json.dumps(vpc)
    return {key: value for key, value in told.items() if value is not None}
