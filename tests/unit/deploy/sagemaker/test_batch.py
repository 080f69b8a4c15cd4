"""The frame's batch jobs at SageMaker: started, told of, ended, and nothing of them is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from tests.unit.deploy.sagemaker.amazon import BUCKET, REGION, ROLE, Amazon
from tests.unit.deploy.sagemaker.test_policies import actions, asked

from millstream.cli.main import root
from millstream.deploy.applying import DeploymentFailed
from millstream.deploy.client import DeploymentClient
from millstream.deploy.image_step import ImageStep
from millstream.deploy.sagemaker import api
from millstream.deploy.sagemaker.batch_options import BATCH_OPTIONS
from millstream.deploy.sagemaker.target import SageMakerTarget
from millstream.deploy.target import BatchTarget, ChangeFailed
from millstream.errors import AlreadyExists, InvalidParameter, MillstreamError, NotFound

FILES = ("s3://rows/today/", "s3://scores/today/")
IMAGE = "example.com/churn:1"
SAID: dict[str, Any] = {"image": IMAGE, "execution_role_arn": ROLE, "bucket": BUCKET}
LATER = {**SAID, "synchronous": False}
GUIDE = Path(__file__).parents[4] / "docs" / "guides" / "sagemaker.md"


def is_empty(aws: Amazon) -> bool:
    stored = boto3.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return (aws.things(), stored) == ({}, [])


def job(name: str = "nightly") -> dict[str, Any]:
    found: dict[str, Any] = boto3.client("sagemaker").describe_transform_job(TransformJobName=name)
    return found


@pytest.fixture
def ends(aws: Amazon, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """How jobs are once they have been started."""
    state = {"status": "Completed", "reason": ""}
    create = type(aws.backend).create_transform_job

    def made(*said: Any, **named: Any) -> Any:
        found = create(*said, **named)
        found.transform_job_status, found.failure_reason = state["status"], state["reason"]
        return found

    monkeypatch.setattr(type(aws.backend), "create_transform_job", made)
    return state


def test_a_job_scores_files_and_takes_its_model_along(
    client: DeploymentClient, target: SageMakerTarget, aws: Amazon, model: str
) -> None:
    assert isinstance(target, BatchTarget)
    aws.asked = []
    done = client.start_batch("nightly", model, *FILES, config=SAID)
    assert (done["name"], done["state"]) == ("nightly", "ready")
    assert done["details"]["output"] == "s3://scores/today/"
    never = {"iam:PassRole", "s3:ListBucket", "sagemaker:StopTransformJob"}
    assert asked(aws) == actions("jobs") - never
    assert is_empty(aws)
    found = job()
    assert found["TransformInput"]["DataSource"]["S3DataSource"] == {
        "S3DataType": "S3Prefix",
        "S3Uri": "s3://rows/today/",
    }
    assert (found["TransformInput"]["ContentType"], found["TransformOutput"]["Accept"]) == (
        "text/csv",
        "text/csv",
    )
    assert (found["MaxPayloadInMB"], found["TransformInput"]["SplitType"]) == (6, "None")


def test_a_job_is_told_all_that_was_said_of_it(
    client: DeploymentClient, aws: Amazon, model: str, ends: dict[str, str]
) -> None:
    ends["status"] = "InProgress"
    said = {"content_type": "application/json", "accept": "application/json", "split_type": "Line"}
    said |= {"batch_strategy": "MultiRecord", "max_payload_mb": "20", "assemble_with": "Line"}
    said |= {"instance_type": "ml.c5.xlarge", "instance_count": "3", "join_resource": "Input"}
    said |= {"input_filter": "$[1:]", "env": '{"LEVEL": "info"}'}
    started = client.start_batch("nightly", model, *FILES, config={**LATER, **said})
    assert (started["state"], started["message"]) == (
        "pending",
        "SageMaker says that it is InProgress",
    )
    found = job()
    assert (found["BatchStrategy"], found["MaxPayloadInMB"]) == ("MultiRecord", 20)
    assert found["TransformResources"] == {"InstanceType": "ml.c5.xlarge", "InstanceCount": 3}
    assert found["DataProcessing"]["InputFilter"] == "$[1:]"
    assert found["TransformOutput"]["AssembleWith"] == "Line"
    described = boto3.client("sagemaker").describe_model(ModelName="nightly")
    assert described["PrimaryContainer"]["Environment"]["LEVEL"] == "info"
    assert described["PrimaryContainer"]["Image"] == SAID["image"]
    client.stop_batch("nightly")
    assert job()["TransformJobStatus"] == "Stopped"
    assert is_empty(aws)
    assert client.batch_status("nightly").state == "failed"


def test_a_name_is_good_for_one_job(client: DeploymentClient, aws: Amazon, model: str) -> None:
    client.start_batch("nightly", model, *FILES, config=SAID)
    with pytest.raises(AlreadyExists, match="'nightly-2'"):
        client.start_batch("nightly", model, *FILES, config=SAID)
    client.stop_batch("nightly")
    client.stop_batch("never")
    with pytest.raises(NotFound):
        client.batch_status("never")
    assert is_empty(aws)


def test_what_fails_leaves_nothing(
    client: DeploymentClient, aws: Amazon, model: str, ends: dict[str, str]
) -> None:
    with aws.failing("create_transform_job"), pytest.raises(DeploymentFailed, match="was removed"):
        client.start_batch("refused", model, *FILES, config=SAID)
    assert is_empty(aws)
    with aws.failing("create_model"), pytest.raises(DeploymentFailed, match="was undone"):
        client.start_batch("refused", model, *FILES, config=SAID)
    assert is_empty(aws)
    ends.update(status="Failed", reason="no rows")
    with pytest.raises(DeploymentFailed, match=r"Failed: no rows.*was removed"):
        client.start_batch("failed", model, *FILES, config=SAID)
    assert is_empty(aws)


def test_what_cannot_be_removed_is_told_of(
    client: DeploymentClient, aws: Amazon, model: str, ends: dict[str, str]
) -> None:
    client.start_batch("nightly", model, *FILES, config=LATER)
    with aws.failing("delete_model"), pytest.raises(ChangeFailed, match="Computer says no"):
        client.stop_batch("nightly")
    assert not is_empty(aws)
    client.stop_batch("nightly")
    assert is_empty(aws)


@pytest.mark.parametrize(
    ("source", "result", "said", "problem"),
    [
        ("gs://rows/today", FILES[1], {}, "The input is 'gs://rows/today'"),
        (FILES[0], "/scores?key=secret", {}, "The output is '/scores'"),
        (*FILES, {"instance_count": "0"}, "'instance_count' is '0'"),
        (*FILES, {"max_payload_mb": "101"}, "from 1 to 100"),
        (*FILES, {"batch_strategy": "MultiRecord"}, "say split_type"),
        (*FILES, {"split_type": "Line", "batch_strategy": "x"}, "SingleRecord or MultiRecord"),
        (*FILES, {"compression_type": "Gzip", "mode": "add"}, "no option 'mode'"),
    ],
)
def test_what_sagemaker_does_not_take_is_refused_before_anything_is_made(
    client: DeploymentClient,
    aws: Amazon,
    model: str,
    source: str,
    result: str,
    said: dict[str, str],
    problem: str,
) -> None:
    with pytest.raises(InvalidParameter, match=problem) as caught:
        client.start_batch("nightly", model, source, result, config={**SAID, **said})
    assert "secret" not in str(caught.value)
    assert is_empty(aws)


def test_an_image_is_built_and_pushed_once(
    client: DeploymentClient, aws: Amazon, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed: list[str] = []

    def make(step: ImageStep) -> None:
        pushed.append(step.name)

    monkeypatch.setattr(ImageStep, "make", make)
    monkeypatch.setattr(ImageStep, "is_pushed", lambda step: step.name in pushed)
    said = {**LATER, "repository": "example.com/churn"}
    del said["image"]
    for name in ("one", "two"):
        client.start_batch(name, model, *FILES, config=said)
        described = boto3.client("sagemaker").describe_model(ModelName=name)
        assert described["PrimaryContainer"]["Image"] == pushed[0]
        client.stop_batch(name)
    assert len(pushed) == 1
    assert is_empty(aws)


def test_the_commands_start_tell_of_and_stop_jobs(
    aws: Amazon, model: str, ends: dict[str, str]
) -> None:
    ends["status"] = "InProgress"
    here = ["-t", f"sagemaker:/{REGION}", "--name", "nightly"]
    told = [word for name, value in SAID.items() for word in ("-C", f"{name}={value}")]
    files = ["--input", FILES[0], "--output", FILES[1], "-C", "synchronous=false"]
    words = ["deployments", "start-batch", *here, "-m", model, *files, *told]
    done = CliRunner().invoke(root, words)
    assert (done.exit_code, done.stdout) == (0, "Job nightly is pending.\n")
    done = CliRunner().invoke(root, ["deployments", "batch-status", *here, "--json"])
    assert '"state": "pending"' in done.output
    done = CliRunner().invoke(root, ["deployments", "stop-batch", *here])
    assert done.output == "Job nightly is stopped, and nothing of it is left.\n"
    assert is_empty(aws)


def test_a_job_of_mlflows_functions_is_one_of_the_frame(
    client: DeploymentClient, aws: Amazon, model: str, ends: dict[str, str]
) -> None:
    ends["status"] = "InProgress"
    api.deploy_transform_job(
        "churn-1",
        model,
        s3_input_data_type="S3Prefix",
        content_type="text/csv",
        s3_input_uri=FILES[0],
        s3_output_path=FILES[1],
        execution_role_arn=ROLE,
        bucket=BUCKET,
        image_url=IMAGE,
        region_name=REGION,
        archive=True,
        synchronous=False,
    )
    assert client.batch_status("churn-1").state == "pending"
    client.stop_batch("churn-1")
    assert is_empty(aws)


def test_without_an_image_it_says_what_would_do(client: DeploymentClient, model: str) -> None:
    said = {"execution_role_arn": ROLE, "bucket": BUCKET}
    with pytest.raises(MillstreamError, match="'repository'"):
        client.start_batch("nightly", model, *FILES, config=said)


def test_the_guide_names_every_option() -> None:
    text = GUIDE.read_text()
    assert [name for name in BATCH_OPTIONS if f"`{name}`" not in text] == []
