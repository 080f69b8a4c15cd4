"""Clients of Amazon's services, made by boto3, and its errors in our terms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from millstream.client.extras import load
from millstream.deploy.sagemaker.place import Place
from millstream.errors import (
    AlreadyExists,
    InvalidParameter,
    MillstreamError,
    NotFound,
    PermissionDenied,
    Unavailable,
)

PURPOSE = "Deploying to SageMaker"
DEFAULT_REGION = "us-west-2"
"""Where MLflow deploys if nobody says where."""
_SESSION = "millstream"
_RETRIES = 4
_DENIED = (
    "AccessDenied",
    "UnrecognizedClient",
    "InvalidClientTokenId",
    "ExpiredToken",
    "Signature",
)
_BUSY = ("Throttl", "RequestLimit", "TooManyRequests", "ServiceUnavailable", "InternalFailure")


class Aws:
    """The services of one region, with the permissions that the environment or a role gives.

    Credentials are found by boto3 as it documents: variables, profiles, the machine's own role.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The client of a service, such as "s3"."""
        if service not in self._clients:
            with told():
                made = self._session.client(service, region_name=self.region, config=_config())
                self._clients[service] = made
        return self._clients[service]

    def ask(self, service: str, method: str, **said: Any) -> Any:
        """What a service answers to one call, such as ("sagemaker", "describe_endpoint")."""
        client = self.client(service)
        with told(f"{service}:{client.meta.method_to_api_mapping[method]}"):
            return getattr(client, method)(**said)

    def pages(self, service: str, method: str, **said: Any) -> Iterator[Any]:
        """All pages of an answer that comes in pages."""
        client = self.client(service)
        with told(f"{service}:{client.meta.method_to_api_mapping[method]}"):
            yield from client.get_paginator(method).paginate(**said)

    @cached_property
    def region(self) -> str:
        """The region: the place's, that of the environment or profile, or MLflow's default."""
        return self.place.region or self._base.region_name or DEFAULT_REGION

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Who asks: `Account`, `Arn` and `UserId`."""
        found: dict[str, Any] = self.ask("sts", "get_caller_identity")
        return found

    def own_role(self) -> str:
        """The ARN of the role that this machine has; without one raises `InvalidParameter`."""
        arn = str(self.identity["Arn"])
        kind, _, rest = arn.rpartition(":")[2].partition("/")
        if kind != "assumed-role":
            raise InvalidParameter(
                f"Say which role SageMaker runs the model as, as the option execution_role_arn: "
                f"who asks is {arn}, which is no role."
            )
        found = self.ask("iam", "get_role", RoleName=rest.partition("/")[0])
        return str(found["Role"]["Arn"])

    @cached_property
    def _base(self) -> Any:
        with told():
            return load("boto3", PURPOSE).session.Session()

    @cached_property
    def _session(self) -> Any:
        if self.place.role is None:
            return self._base
        sts = self._base.client("sts", region_name=self.region, config=_config())
        with told(f"sts:AssumeRole of {self.place.role}"):
            given = sts.assume_role(RoleArn=self.place.role, RoleSessionName=_SESSION)
        keys = given["Credentials"]
        return load("boto3", PURPOSE).session.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            region_name=self.region,
        )


def _config() -> Any:
    config = load("botocore.config", PURPOSE).Config
    retries = {"mode": "standard", "total_max_attempts": _RETRIES}
    return config(connect_timeout=10, read_timeout=70, retries=retries, user_agent_extra=_SESSION)


@contextmanager
def told(action: str = "AWS") -> Iterator[None]:
    """Let what goes wrong inside be told in our terms; `action` is what was asked for."""
    errors = load("botocore.exceptions", PURPOSE)
    try:
        yield
    except errors.ClientError as error:
        raise _translated(error, action) from error
    except (errors.NoCredentialsError, errors.CredentialRetrievalError) as error:
        raise PermissionDenied(
            f"{action}: there are no credentials of AWS ({error}). Set AWS_PROFILE, or sign in."
        ) from error
    except (errors.ParamValidationError, errors.ProfileNotFound) as error:
        raise InvalidParameter(f"{action}: {_line(error)}") from error
    except (errors.HTTPClientError, errors.ConnectionError) as error:
        raise Unavailable(f"{action}: no answer ({_line(error)}).") from error
    except errors.BotoCoreError as error:
        raise MillstreamError(f"{action}: {_line(error)}") from error


def _translated(error: Any, action: str) -> MillstreamError:
    """SageMaker says of things that are not there that they could not be found, with one code."""
    said = error.response.get("Error", {})
    code, message = str(said.get("Code", "")), _line(said.get("Message") or error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    text = f"{action}: {message} ({code})"
    if code.startswith(_DENIED) or status in (401, 403):
        return PermissionDenied(f"{text}. The permissions that are needed are in the guide.")
    if _says_absent(code, status, message):
        return NotFound(text)
    if code.startswith(_BUSY) or status >= 500:
        return Unavailable(text)
    if "AlreadyExists" in code or "already exist" in message:
        return AlreadyExists(text)
    if "ResourceLimitExceeded" in code:
        return MillstreamError(f"{text}. Ask for a higher quota, or choose another instance_type.")
    return InvalidParameter(text)


def _says_absent(code: str, status: int, message: str) -> bool:
    found = ("could not find", "does not exist", "not found")
    return status == 404 or "NotFound" in code or any(one in message.lower() for one in found)


def _line(error: object) -> str:
    return " ".join(str(error).split())[:1000]
