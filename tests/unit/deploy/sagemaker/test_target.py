"""Deployments to SageMaker, by boto3, to moto's server."""

from __future__ import annotations

import io
import tarfile
import time
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from tests.unit.deploy.sagemaker.amazon import BUCKET, ROLE, Amazon

from millstream.deploy.applying import DeploymentFailed
from millstream.deploy.client import DeploymentClient
from millstream.deploy.sagemaker.target import SageMakerTarget
from millstream.errors import (
    AlreadyExists,
    InvalidParameter,
    MillstreamError,
    NotFound,
    NotSupported,
)

IMAGE = "example.com/churn:1"
SAID = {"image_url": IMAGE, "execution_role_arn": ROLE, "bucket": BUCKET}


def keys() -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return [one["Key"] for one in found]


def test_from_nothing_to_a_prediction_and_back(
    client: DeploymentClient, aws: Amazon, model: str
) -> None:
    plan = client.plan("churn", model, config=SAID)
    assert [one.resource.kind for one in plan.changes] == [
        "ModelArchive",
        "Model",
        "EndpointConfig",
        "Endpoint",
    ]
    assert (aws.things(), keys()) == ({}, [])
    made = client.create_deployment("churn", model, config=SAID)
    assert (made["state"], made["changes"]) == ("ready", 4)
    assert made["address"].endswith("/endpoints/churn/invocations")
    assert client.list_deployments() == [{"name": "churn"}]
    assert client.apply("churn", model, config=SAID)["changes"] == 0
    with pytest.raises(AlreadyExists):
        client.create_deployment("churn", model, config=SAID)
    aws.answers('{"predictions": [1.5]}')
    assert client.predict("churn", {"inputs": [1]})["predictions"] == [1.5]
    client.delete_deployment("churn")
    assert (aws.things(), keys()) == ({}, [])
    with pytest.raises(NotFound):
        client.status("churn")


def test_what_sagemaker_is_told(aws: Amazon, client: DeploymentClient, model: str) -> None:
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    more = {"vpc_config": vpc, "env": {"OMP_NUM_THREADS": "2"}, "tags": {"team": "growth"}}
    client.apply("churn", model, config={**SAID, **more, "instance_count": 3})
    sagemaker = boto3.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName="churn")
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    (variant,) = config["ProductionVariants"]
    assert (variant["VariantName"], variant["InstanceType"]) == ("AllTraffic", "ml.m4.xlarge")
    assert variant["InitialInstanceCount"] == 3
    served = sagemaker.describe_model(ModelName=variant["ModelName"])
    container = served["PrimaryContainer"]
    assert (served["ExecutionRoleArn"], served["VpcConfig"], container["Image"]) == (
        ROLE,
        vpc,
        IMAGE,
    )
    assert container["Environment"] == {
        "MLFLOW_DEPLOYMENT_FLAVOR_NAME": "python_function",
        "OMP_NUM_THREADS": "2",
        "SERVING_ENVIRONMENT": "SageMaker",
    }
    assert container["ModelDataUrl"] == f"s3://{BUCKET}/{keys()[0]}"
    told = sagemaker.list_tags(ResourceArn=endpoint["EndpointArn"])["Tags"]
    tags = {one["Key"]: one["Value"] for one in told}
    assert (tags["team"], tags["millstream-deployment"]) == ("growth", "churn")
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key=keys()[0])["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        assert tar.getnames() == ["MLmodel"]
        assert {one.mtime for one in tar} == {0}


def test_an_update_moves_over_by_a_canary_and_can_go_back(
    client: DeploymentClient, aws: Amazon, model: str, better: str
) -> None:
    client.apply("churn", model, config=SAID)
    first = aws.things()
    canary = {**SAID, "canary": 10, "canary_wait_seconds": 60, "rollback_alarms": "errors, slow"}
    plan = client.plan("churn", better, config=canary)
    assert "CanarySize" in plan.text()
    assert client.update_deployment("churn", better, config=canary)["state"] == "ready"
    (update,) = aws.updates
    assert update["manner"] == {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
                "WaitIntervalInSeconds": 60,
            }
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}, {"AlarmName": "slow"}]},
    }
    assert len(keys()) == 1
    second = aws.things()
    assert [len(found) for found in second.values()] == [1, 1, 1]
    assert second["models"] != first["models"]
    assert client.plan("churn", better, config=canary).is_empty
    client.update_deployment("churn", model, config=SAID)
    assert aws.things() == first


def test_earlier_revisions_are_kept_and_found_again(
    client: DeploymentClient, aws: Amazon, model: str, better: str
) -> None:
    kept = {**SAID, "archive": True}
    client.apply("churn", model, config=kept)
    client.apply("churn", better, config=kept)
    assert [len(found) for found in aws.things().values()] == [2, 2, 1]
    back = client.plan("churn", model, config=kept)
    assert [(one.action, one.resource.kind) for one in back.changes if one.action != "keep"] == [
        ("update", "Endpoint")
    ]
    client.delete_deployment("churn", config={"archive": True})
    assert aws.things().keys() == {"models", "configs"}
    assert client.create_deployment("churn", model, config=kept)["changes"] == 1
    client.delete_deployment("churn")
    assert (aws.things(), keys()) == ({}, [])


@pytest.mark.parametrize("method", ["create_model", "create_endpoint_config", "create_endpoint"])
def test_a_first_step_that_fails_leaves_nothing(
    client: DeploymentClient, aws: Amazon, model: str, method: str
) -> None:
    with aws.failing(method), pytest.raises(DeploymentFailed) as failed:
        client.apply("churn", model, config=SAID)
    operation = "".join(word.title() for word in method.split("_"))
    assert f"sagemaker:{operation}: Computer says no" in str(failed.value)
    assert "was undone" in str(failed.value)
    assert (aws.things(), keys()) == ({}, [])


def test_without_a_bucket_nothing_is_made(
    client: DeploymentClient, aws: Amazon, model: str
) -> None:
    with pytest.raises(DeploymentFailed, match=r"NoSuchBucket.*Nothing had been changed"):
        client.apply("churn", model, config={**SAID, "bucket": "not-there"})
    assert aws.things() == {}


@pytest.mark.parametrize("method", ["create_model", "create_endpoint_config", "update_endpoint"])
def test_an_update_that_fails_leaves_what_was(
    client: DeploymentClient, aws: Amazon, model: str, better: str, method: str
) -> None:
    client.apply("churn", model, config=SAID)
    before, stored = aws.things(), keys()
    with aws.failing(method), pytest.raises(DeploymentFailed, match="Computer says no"):
        client.apply("churn", better, config=SAID)
    assert (aws.things(), keys()) == (before, stored)
    assert client.plan("churn", model, config=SAID).is_empty


def test_an_endpoint_that_fails_is_removed_with_its_reason_told(
    client: DeploymentClient, aws: Amazon, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = type(aws.backend).create_endpoint

    def failed(*said: Any, **named: Any) -> Any:
        made = create(*said, **named)
        made.endpoint_status, made.failure_reason = "Failed", "The container did not pass the ping"
        return made

    monkeypatch.setattr(type(aws.backend), "create_endpoint", failed)
    with pytest.raises(DeploymentFailed, match=r"did not pass the ping.*was undone"):
        client.apply("churn", model, config=SAID)
    assert (aws.things(), keys()) == ({}, [])


def test_a_canary_that_alarms_is_an_update_that_failed(
    client: DeploymentClient, aws: Amazon, model: str, better: str
) -> None:
    client.apply("churn", model, config=SAID)
    before, stored = aws.things(), keys()
    aws.goes_back = "Alarm errors went off"
    with pytest.raises(DeploymentFailed, match=r"went back to .*: Alarm errors went off.*undone"):
        client.apply("churn", better, config={**SAID, "canary": 50, "rollback_alarms": "errors"})
    assert (aws.things(), keys()) == (before, stored)


def test_what_is_being_changed_is_waited_for_before_it_is_taken_back(
    client: DeploymentClient,
    aws: Amazon,
    target: SageMakerTarget,
    model: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.apply("churn", model, config=SAID)
    endpoint = aws.backend.endpoints["churn"]
    endpoint.endpoint_status = "Updating"
    looks: list[str] = []
    find = target.endpoints.find

    def look(name: str) -> dict[str, Any] | None:
        looks.append(name)
        if len(looks) == 5:
            endpoint.endpoint_status = "InService"
        return find(name)

    monkeypatch.setattr(target.endpoints, "find", look)
    client.delete_deployment("churn")
    assert len(looks) > 5
    assert (aws.things(), keys()) == ({}, [])


@pytest.mark.parametrize(
    ("method", "left"),
    [("delete_endpoint", ["models", "configs", "endpoints"]), ("delete_model", ["models"])],
)
def test_a_deletion_that_fails_can_be_tried_again(
    client: DeploymentClient, aws: Amazon, model: str, method: str, left: list[str]
) -> None:
    client.apply("churn", model, config=SAID)
    with aws.failing(method), pytest.raises(DeploymentFailed, match="try again"):
        client.delete_deployment("churn")
    assert list(aws.things()) == left
    client.delete_deployment("churn")
    assert (aws.things(), keys()) == ({}, [])


def test_the_default_bucket_is_made_and_goes_if_nothing_comes_of_it(
    client: DeploymentClient, aws: Amazon, model: str
) -> None:
    said = {"image": IMAGE, "execution_role_arn": ROLE}
    default = "mlflow-sagemaker-eu-west-1-123456789012"

    def buckets() -> list[str]:
        return [one["Name"] for one in boto3.client("s3").list_buckets()["Buckets"]]

    with aws.failing("create_model"), pytest.raises(DeploymentFailed):
        client.apply("churn", model, config=said)
    assert buckets() == [BUCKET]
    client.apply("churn", model, config=said)
    assert sorted(buckets()) == [default, BUCKET]
    client.delete_deployment("churn")


def test_a_configuration_says_region_and_role(
    client: DeploymentClient, aws: Amazon, model: str
) -> None:
    there = {**SAID, "region_name": "eu-north-1", "assume_role_arn": ROLE}
    client.create_deployment("churn", model, config=there)
    assert aws.things() == {}
    assert ("sts", "AssumeRole") in aws.asked
    north = boto3.client("sagemaker", region_name="eu-north-1")
    assert len(north.list_endpoints()["Endpoints"]) == 1
    client.delete_deployment("churn", config={"region_name": "eu-north-1"})
    assert north.list_endpoints()["Endpoints"] == []


@pytest.mark.parametrize(
    ("said", "error", "message"),
    [
        ({"instance_count": 0}, InvalidParameter, "a number from 1 to 10000"),
        ({"canary": 60}, InvalidParameter, "a number from 1 to 50"),
        ({"execution_role_arn": "admin"}, InvalidParameter, "is an ARN such as"),
        ({"bucket": "s3://x"}, InvalidParameter, "'bucket' is 's3://x'"),
        ({"vpc_config": {"Subnet": ["a"]}}, InvalidParameter, "Missing required parameter"),
        ({"serverless_config": "{"}, InvalidParameter, "is no JSON"),
        ({"serverless_config": {"Memory": 1}}, InvalidParameter, "MemorySizeInMB"),
        ({"env": {"DB_PASSWORD": "correct horse"}}, InvalidParameter, "looks like a secret"),
        ({"env": {"N": 1}}, InvalidParameter, "whose value is no text"),
        ({"tags": {"a": "b<c"}}, InvalidParameter, "'tags' has a sign"),
        ({"rollback_alarms": "a,,b"}, InvalidParameter, "'rollback_alarms' names"),
        ({"mode": "add"}, NotSupported, "a revision replaces"),
        ({"region_name": "eu-west-1.evil.example/"}, InvalidParameter, "is no region"),
        ({"assume_role_arn": "x"}, InvalidParameter, "The role to assume is 'x'"),
        ({"image": "other"}, InvalidParameter, "the same option"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_made(
    client: DeploymentClient,
    aws: Amazon,
    model: str,
    said: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        client.apply("churn", model, config={**SAID, **said})
    assert (aws.things(), keys()) == ({}, [])


def test_without_an_image_or_a_role_it_says_what_to_do(
    client: DeploymentClient, aws: Amazon, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = {"execution_role_arn": ROLE, "bucket": BUCKET}
    with pytest.raises(InvalidParameter, match="SAGEMAKER_DEPLOY_IMG_URL"):
        client.plan("churn", model, config=role)
    monkeypatch.setenv("MLFLOW_SAGEMAKER_DEPLOY_IMG_URL", IMAGE)
    assert IMAGE in client.plan("churn", model, config=role).text()
    with pytest.raises(InvalidParameter, match="execution_role_arn: who asks is arn"):
        client.plan("churn", model, config={"image": IMAGE})
    with pytest.raises(NotSupported, match="leave the endpoint out"):
        client.plan("churn", model, config=SAID, endpoint="other")


def test_a_model_that_refuses_is_quoted(
    client: DeploymentClient, aws: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"Code": "ModelError", "Message": "received client error", "OriginalStatusCode": 422}
    response: Any = {"Error": said, "OriginalStatusCode": 422, "OriginalMessage": "no column 'a'"}

    def refused(*_: Any) -> Any:
        raise ClientError(response, "InvokeEndpoint")

    monkeypatch.setattr(BaseClient, "_make_api_call", refused)
    with pytest.raises(MillstreamError, match="The model answered with 422: no column 'a'"):
        client.predict("churn", {"inputs": [1]})


@pytest.mark.parametrize(
    ("body", "kind"), [(b"a,b\n1,2\n", "text/csv"), (b" {}", "application/json")]
)
def test_bodies_are_json_or_csv(
    client: DeploymentClient, aws: Amazon, monkeypatch: pytest.MonkeyPatch, body: bytes, kind: str
) -> None:
    told: dict[str, Any] = {}

    def answered(_: Any, operation: str, said: dict[str, Any]) -> Any:
        told.update(said)
        return {"Body": io.BytesIO(b'{"predictions": [1]}')}

    monkeypatch.setattr(BaseClient, "_make_api_call", answered)
    assert client.predict("churn", body)["predictions"] == [1]
    assert (told["ContentType"], told["EndpointName"], told["Body"]) == (kind, "churn", body)


def test_lines_come_from_cloudwatch(client: DeploymentClient, aws: Amazon, model: str) -> None:
    client.apply("churn", model, config=SAID)
    assert list(client.logs("churn")) == []
    logs = boto3.client("logs")
    group = {"logGroupName": "/aws/sagemaker/Endpoints/churn"}
    logs.create_log_group(**group)
    logs.create_log_stream(**group, logStreamName="AllTraffic/i-1")
    now = int(time.time() * 1000)
    events = [{"timestamp": now + at, "message": f"line {at}"} for at in range(2)]
    logs.put_log_events(**group, logStreamName="AllTraffic/i-1", logEvents=events)
    assert list(client.logs("churn")) == ["line 0", "line 1"]
    follow = client.logs("churn", follow=True)
    assert [next(follow), next(follow)] == ["line 0", "line 1"]
