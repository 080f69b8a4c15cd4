"""Amazon's services as moto has them, on a server of this machine that boto3 asks over HTTP.

Moto knows neither `UpdateEndpoint` nor `StopTransformJob`: what their documentation says of them is
written here. Its endpoints do not predict, they give what they are told to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse
from moto.server import ThreadedMotoServer
from tests.patience import patient_request

ACCOUNT, REGION = "123456789012", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/serves"
BUCKET = "models-of-a-test"


class Amazon:
    """The server, what it was asked, and what it is to do otherwise than it would."""

    here = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}

    def __init__(self, address: str) -> None:
        self.address = address
        self.asked: list[tuple[str, str]] = []
        self.updates: list[dict[str, Any]] = []
        self.goes_back: str | None = None

    def reset(self) -> None:
        """Forget everything."""
        assert patient_request("POST", f"{self.address}/moto-api/reset").status == 200
        self.asked, self.updates, self.goes_back = [], [], None

    @property
    def backend(self) -> Any:
        return sagemaker_backends[ACCOUNT][REGION]

    def things(self) -> dict[str, list[str]]:
        """The names of all that SageMaker has."""
        kinds = {"models": self.backend._models, "configs": self.backend.endpoint_configs}
        kinds["endpoints"] = self.backend.endpoints
        return {kind: sorted(found) for kind, found in kinds.items() if found}

    @contextmanager
    def failing(self, method: str, message: str = "Computer says no") -> Iterator[None]:
        """Let one request be refused."""

        def refused(_: object) -> ActionResult:
            raise ValidationError(message=message)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SageMakerResponse, method, refused)
            yield

    def answers(self, body: str) -> None:
        """What the next new question to an endpoint is answered with."""
        result = {"Body": body, "ContentType": "application/json"}
        told = {
            "account_id": ACCOUNT,
            "region": REGION,
            "results": [{**result, "InvokedProductionVariant": "x", "CustomAttributes": ""}],
        }
        url = f"{self.address}/moto-api/static/sagemaker/endpoint-results"
        assert patient_request("POST", url, json=told).status == 201

    def update(self, response: SageMakerResponse) -> ActionResult:
        name = response._get_param("EndpointName")
        config = response._get_param("EndpointConfigName")
        found = self.backend.endpoints.get(name)
        if found is None or found.endpoint_status != "InService":
            raise ValidationError(message=f"Cannot update the endpoint {name}.")
        self.backend.describe_endpoint_config(config)
        self.updates.append({"config": config, "manner": response._get_param("DeploymentConfig")})
        if self.goes_back is None:
            found.endpoint_config_name, found.failure_reason = config, None
        else:
            found.failure_reason = self.goes_back
        return ActionResult({"EndpointArn": found.arn})

    def stop(self, response: SageMakerResponse) -> ActionResult:
        job = self.backend.transform_jobs.get(response._get_param("TransformJobName"))
        if job is None:
            raise ValidationError(message="Could not find requested job with name.")
        if job.transform_job_status != "InProgress":
            raise ValidationError(message="The request was rejected: the job is over.")
        job.transform_job_status = "Stopped"
        return EmptyResult()


@contextmanager
def amazon(patch: pytest.MonkeyPatch) -> Iterator[Amazon]:
    """A server to which boto3 goes for all services."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        found = Amazon("http://{}:{}".format(*server.get_host_and_port()))
        environment = {
            "AWS_ENDPOINT_URL": found.address,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nowhere/config",
            "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials",
        }
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(SageMakerResponse, "update_endpoint", lambda one: found.update(one), False)
        patch.setattr(SageMakerResponse, "stop_transform_job", lambda one: found.stop(one), False)
        yield found
    finally:
        server.stop()
