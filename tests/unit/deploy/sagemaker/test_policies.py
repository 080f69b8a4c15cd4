"""The policies of the guide allow what is asked for, and say of nothing that all is allowed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.deploy.sagemaker.amazon import BUCKET, REGION, ROLE, Amazon

from millstream.deploy.client import DeploymentClient
from millstream.deploy.sagemaker import api

POLICIES = Path(__file__).parents[4] / "docs/guides/sagemaker"
MADE: dict[str, Any] = {
    "execution_role_arn": ROLE,
    "bucket": BUCKET,
    "image_url": "example.com/churn:1",
}
IS_ALLOWED_BY = {
    "s3:HeadObject": "s3:GetObject",
    "sagemaker-runtime:InvokeEndpoint": "sagemaker:InvokeEndpoint",
}


def actions(name: str) -> set[str]:
    policy: dict[str, Any] = json.loads((POLICIES / f"{name}.json").read_text())
    assert policy["Version"] == "2012-10-17"
    found: set[str] = set()
    for one in policy["Statement"]:
        said = one["Action"]
        found |= {said} if isinstance(said, str) else set(said)
    return found


def asked(aws: Amazon) -> set[str]:
    found = {":".join(one) for one in aws.asked}
    return {IS_ALLOWED_BY.get(one, one) for one in found}


def test_deploying_asks_for_no_more_than_the_policy_allows(
    client: DeploymentClient, aws: Amazon, model: str, better: str
) -> None:
    client.create_deployment("churn", model, config=MADE)
    client.update_deployment("churn", better, config={**MADE, "canary": 10})
    client.list_deployments()
    assert list(client.logs("churn")) == []
    client.delete_deployment("churn")
    used = asked(aws)
    allowed = actions("deploy")
    assert used <= allowed
    not_calls = {"iam:PassRole", "sts:GetCallerIdentity", "s3:ListBucket"}
    assert allowed - used == not_calls
    aws.answers('{"predictions": []}')
    aws.asked = []
    client.predict("churn", {"inputs": [1]})
    assert asked(aws) == actions("predict")


def test_a_job_asks_for_no_more_than_the_policy_allows(aws: Amazon, model: str) -> None:
    where: dict[str, Any] = {"s3_input_data_type": "S3Prefix", "s3_input_uri": "s3://a/b"}
    what: dict[str, Any] = {"content_type": "text/csv", "s3_output_path": "s3://a/c"}
    api.deploy_transform_job("churn", model, **where, **what, **MADE, region_name=REGION)
    unused = {"iam:PassRole", "s3:ListBucket", "s3:GetObject", "sagemaker:StopTransformJob"}
    assert asked(aws) == actions("jobs") - unused


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.json")), ids=lambda path: path.stem)
def test_no_policy_allows_all(path: Path) -> None:
    assert not [one for one in actions(path.stem) if "*" in one]
