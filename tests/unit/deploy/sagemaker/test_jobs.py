"""Models and batch jobs of SageMaker, and images in ECR."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from tests.unit.deploy.sagemaker.amazon import ACCOUNT, BUCKET, REGION, ROLE, Amazon

from millstream.cli.main import root
from millstream.deploy.applying import DeploymentFailed
from millstream.deploy.sagemaker import api, registry
from millstream.deploy.sagemaker.aws import Aws
from millstream.deploy.sagemaker.place import Place
from millstream.errors import (
    AlreadyExists,
    InvalidParameter,
    MillstreamError,
    PermissionDenied,
    Unavailable,
)

MADE: dict[str, Any] = {
    "execution_role_arn": ROLE,
    "bucket": BUCKET,
    "image_url": "example.com/churn:1",
    "region_name": REGION,
}
JOB = {
    "s3_input_data_type": "S3Prefix",
    "s3_input_uri": "s3://rows/in/",
    "content_type": "text/csv",
    "s3_output_path": "s3://rows/out/",
}


def is_empty(aws: Amazon) -> bool:
    stored = boto3.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return (aws.things(), stored) == ({}, [])


def start(model: str, **said: Any) -> None:
    api.deploy_transform_job("churn-1", model, **{**JOB, **MADE, **said})


def test_a_model_is_made_once(aws: Amazon, model: str) -> None:
    api.push_model_to_sagemaker("churn", model, **MADE)
    assert aws.things() == {"models": ["churn"]}
    with pytest.raises(AlreadyExists, match="has a model 'churn'"):
        api.push_model_to_sagemaker("churn", model, **MADE)
    with aws.failing("create_model"), pytest.raises(DeploymentFailed, match="was undone"):
        api.push_model_to_sagemaker("other", model, **MADE)


def test_a_job_takes_its_model_along(aws: Amazon, model: str) -> None:
    start(model, join_resource="Input")
    job = boto3.client("sagemaker").describe_transform_job(TransformJobName="churn-1")
    assert job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] == "s3://rows/in/"
    assert job["TransformResources"] == {"InstanceType": "ml.m4.xlarge", "InstanceCount": 1}
    assert job["DataProcessing"]["JoinSource"] == "Input"
    assert is_empty(aws)


def test_a_job_that_fails_leaves_nothing(
    aws: Amazon, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = "Computer says no.*was removed"
    with aws.failing("create_transform_job"), pytest.raises(DeploymentFailed, match=refused):
        start(model)
    assert is_empty(aws)
    with pytest.raises(InvalidParameter, match="S3DataType"):
        start(model, s3_input_data_type=7)
    assert is_empty(aws)
    create = type(aws.backend).create_transform_job

    def failed(*said: Any, **named: Any) -> Any:
        job = create(*said, **named)
        job.transform_job_status, job.failure_reason = "Failed", "no rows"
        return job

    monkeypatch.setattr(type(aws.backend), "create_transform_job", failed)
    with pytest.raises(DeploymentFailed, match="'churn-1' failed: no rows"):
        start(model)
    assert is_empty(aws)


def test_a_job_that_takes_too_long_is_stopped(
    aws: Amazon, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(aws, monkeypatch)
    with pytest.raises(Unavailable, match="is InProgress after"):
        start(model, timeout_seconds=0.1)
    assert aws.backend.transform_jobs["churn-1"].transform_job_status == "Stopped"
    assert is_empty(aws)


def test_a_job_is_terminated(aws: Amazon, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(aws, monkeypatch)
    with pytest.raises(InvalidParameter, match="archive=True"):
        start(model, synchronous=False)
    start(model, synchronous=False, archive=True)
    assert not is_empty(aws)
    words = ["sagemaker", "terminate-transform-job", "-n", "churn-1", "--region-name", REGION]
    assert CliRunner().invoke(root, words).output.endswith("Job churn-1 is stopped.\n")
    assert is_empty(aws)


def begun(aws: Amazon, monkeypatch: pytest.MonkeyPatch) -> None:
    create = type(aws.backend).create_transform_job

    def slow(*said: Any, **named: Any) -> Any:
        job = create(*said, **named)
        job.transform_job_status = "InProgress"
        return job

    monkeypatch.setattr(type(aws.backend), "create_transform_job", slow)


def test_the_commands_take_what_mlflow_s_take(aws: Amazon, model: str, tmp_path: Path) -> None:
    vpc = tmp_path / "vpc.json"
    vpc.write_text('{"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}')
    made = ["-m", model, "-e", ROLE, "-b", BUCKET, "-i", "x:1", "--region-name", REGION]
    done = CliRunner().invoke(root, ["sagemaker", "push-model", "-n", "m", *made, "-v", str(vpc)])
    assert done.output.splitlines()[-1] == "Model m is made."
    told = ["--input-data-type", "S3Prefix", "-u", "s3://a/b", "--content-type", "text/csv"]
    words = ["deploy-transform-job", "-n", "job", *made, *told, "-o", "s3://a/c"]
    assert "Job job is over." in CliRunner().invoke(root, ["sagemaker", *words]).output
    vpc.write_text("[]")
    done = CliRunner().invoke(root, ["sagemaker", "push-model", "-n", "n", *made, "-v", str(vpc)])
    assert (done.exit_code, "no object of JSON" in done.output) == (2, True)


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that notes what it is asked and given."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "podman"
    program.write_text(
        f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\n'
        f'case "$1" in login) cat > {tmp_path}/given;; '
        'push) test -z "$BROKEN" || exit 1; echo sha256:ab > "$3";; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.setenv("MILLSTREAM_CONTAINER_ENGINE", "podman")
    return tmp_path


def repositories() -> list[str]:
    found = boto3.client("ecr").describe_repositories()["repositories"]
    return [one["repositoryName"] for one in found]


def test_an_image_goes_to_the_account_s_own_registry(aws: Amazon, docker: Path) -> None:
    host = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    name = api.push_image_to_ecr("churn:7")
    assert name == f"{host}/churn:7"
    asked = (docker / "asked").read_text().splitlines()
    assert asked[0] == f"login --username AWS --password-stdin {host}"
    assert asked[1] == f"tag churn:7 {name}"
    assert asked[2].endswith(name)
    password = (docker / "given").read_text()
    assert password
    assert password not in "".join(asked)
    assert repositories() == ["churn"]


def test_a_push_that_fails_leaves_no_repository(
    aws: Amazon, docker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKEN", "1")
    with pytest.raises(MillstreamError, match="push"):
        api.push_image_to_ecr("churn:7")
    assert repositories() == []
    with pytest.raises(InvalidParameter, match="no repository"):
        api.push_image_to_ecr("Churn Ünd:7")


def test_other_registries_are_left_alone(aws: Amazon, docker: Path) -> None:
    registry.sign_in(Aws(Place()), "example.com/churn:1")
    with registry.receiving(Aws(Place()), "example.com/churn:1"):
        assert repositories() == []
    assert not (docker / "asked").exists()


@pytest.mark.parametrize("uri", ["sagemaker:/nowhere", "sagemaker:/eu-west-1/admin"])
def test_a_target_is_a_region_and_a_role(uri: str) -> None:
    with pytest.raises(InvalidParameter):
        api.SageMakerDeploymentClient(uri)
    whole = Place.of(f"sagemaker:/eu-west-1/{ROLE}")
    assert (whole.region, whole.role) == ("eu-west-1", ROLE)
    assert Place.of("sagemaker") == Place()
    assert "canary" in api.target_help()


def test_without_credentials_it_says_so(aws: Amazon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(PermissionDenied, match="no credentials of AWS"):
        api.SageMakerDeploymentClient("sagemaker").list_deployments()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("millstream.deploy.sagemaker.aws._RETRIES", 1)
    with pytest.raises(Unavailable, match="no answer"):
        api.SageMakerDeploymentClient("sagemaker").list_deployments()
