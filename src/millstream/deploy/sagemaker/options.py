"""What a deployment to SageMaker can be told; the names are MLflow's where it has one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from millstream.deploy.sagemaker.place import checked_role
from millstream.errors import InvalidParameter, NotSupported
from millstream.masking import without_secrets

OPTIONS: Mapping[str, str] = {
    "execution_role_arn": "The role that SageMaker runs the model as (default: the role that this "
    "machine has, if it has one).",
    "bucket": "The bucket of S3 for the model's files (default: mlflow-sagemaker-REGION-ACCOUNT).",
    "image_url": "Another name of the option 'image'.",
    "region_name": "The region, instead of the target's.",
    "assume_role_arn": "The role whose permissions are used, instead of the target's.",
    "instance_type": "The kind of machine (default: ml.m4.xlarge).",
    "instance_count": "How many machines (default: 1).",
    "vpc_config": "Subnets and SecurityGroupIds of a VPC, as JSON.",
    "variant_name": "What the variant is called (default: AllTraffic).",
    "env": "Variables of the container, as JSON; no secrets, since SageMaker shows them.",
    "tags": "Tags of all that is made, as JSON.",
    "serverless_config": "MemorySizeInMB and MaxConcurrency, as JSON: no machines of your own.",
    "async_inference_config": "AsyncInferenceConfig of SageMaker, as JSON.",
    "data_capture_config": "DataCaptureConfig of SageMaker, as JSON.",
    "canary": "Of an update: how much of the machines takes traffic first, in % from 1 to 50.",
    "canary_wait_seconds": "How long that is watched before all follow (default: 300).",
    "rollback_alarms": "Alarms of CloudWatch, separated by commas, that take an update back.",
    "mode": "replace: a new revision takes over (the default, and the only one).",
}

_TAG = re.compile(r"[\w .:/=+@-]*")
_ALARM = re.compile(r"\S[^,]{0,254}")


class Options(msgspec.Struct, frozen=True):
    """What was said, read and checked; None where nothing was."""

    execution_role_arn: str | None = None
    bucket: str | None = None
    instance_type: str = "ml.m4.xlarge"
    instance_count: int = 1
    vpc_config: dict[str, Any] | None = None
    variant_name: str = "AllTraffic"
    env: dict[str, str] = {}
    tags: dict[str, str] = {}
    serverless_config: dict[str, Any] | None = None
    async_inference_config: dict[str, Any] | None = None
    data_capture_config: dict[str, Any] | None = None
    canary: int | None = None
    canary_wait_seconds: int = 300
    rollback_alarms: tuple[str, ...] = ()

    @classmethod
    def read(cls, config: Mapping[str, str]) -> Options:
        """Of what was configured; what cannot be meant raises `InvalidParameter`."""
        if config.get("mode", "replace") != "replace":
            raise NotSupported(
                f"'mode' is {config['mode']!r}; a revision replaces the one before. To let both "
                "answer for a while, use 'canary', or two deployments."
            )
        told = {name: _value(name, text) for name, text in config.items() if name in _READ}
        found = cls(**told)
        _check(found)
        return found

    def deployment_config(self) -> dict[str, Any] | None:
        """SageMaker's `DeploymentConfig` for an update: blue and green, and by a canary if said."""
        if self.canary is None and not self.rollback_alarms:
            return None
        routing: dict[str, Any] = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
        if self.canary is not None:
            size = {"Type": "CAPACITY_PERCENT", "Value": self.canary}
            wait = self.canary_wait_seconds
            routing = {"Type": "CANARY", "CanarySize": size, "WaitIntervalInSeconds": wait}
        found: dict[str, Any] = {
            "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing},
        }
        if self.rollback_alarms:
            alarms = [{"AlarmName": name} for name in self.rollback_alarms]
            found["AutoRollbackConfiguration"] = {"Alarms": alarms}
        return found


_READ = frozenset(Options.__struct_fields__)
_NUMBERS = {"instance_count": (1, 10_000), "canary": (1, 50), "canary_wait_seconds": (0, 3600)}
_OBJECTS = frozenset(
    {
        *("vpc_config", "env", "tags", "serverless_config"),
        *("async_inference_config", "data_capture_config"),
    }
)


def _value(name: str, text: str) -> Any:
    if name in _NUMBERS:
        return _number(name, text, *_NUMBERS[name])
    if name in _OBJECTS:
        return as_object(name, text)
    if name == "rollback_alarms":
        return tuple(one.strip() for one in text.split(","))
    return text


def number(config: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A number from 1 to `most`; anything else raises `InvalidParameter` that names the option."""
    text = config.get(name)
    return default if text is None else _number(name, text, 1, most)


def _number(name: str, text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise InvalidParameter(f"'{name}' is {text!r}; it is a number from {least} to {most}.")
    return int(text)


def as_object(name: str, text: str) -> dict[str, Any]:
    """An object of JSON; anything else raises `InvalidParameter` that names the option."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InvalidParameter(f"'{name}' is no JSON ({error}): {text[:80]!r}.") from error
    if not isinstance(found, dict):
        raise InvalidParameter(f"'{name}' is {text[:80]!r}; it is an object of JSON.")
    return found


def _check(found: Options) -> None:
    if found.execution_role_arn is not None:
        checked_role(found.execution_role_arn, "'execution_role_arn'")
    for name, values in (("env", found.env), ("tags", found.tags)):
        odd = [key for key, value in values.items() if not isinstance(value, str)]
        if odd:
            raise InvalidParameter(f"'{name}' has {odd[0]!r}, whose value is no text.")
    secret = [key for key, value in found.env.items() if _is_secret(f"{key}={value}")]
    if secret:
        raise InvalidParameter(
            f"'env' has {secret[0]!r}, which looks like a secret, and SageMaker shows variables to "
            "all who may describe the model. Let the execution role read it from Secrets Manager."
        )
    if found.serverless_config is not None and found.deployment_config() is not None:
        raise InvalidParameter("A serverless endpoint has no machines that 'canary' could share.")
    if not all(map(_TAG.fullmatch, [*found.tags, *found.tags.values()])):
        raise InvalidParameter("'tags' has a sign that is none of letters, digits and ' .:/=+@-_'.")
    if len(found.rollback_alarms) > 10 or not all(map(_ALARM.fullmatch, found.rollback_alarms)):
        raise InvalidParameter("'rollback_alarms' names 1 to 10 alarms, separated by commas.")


def _is_secret(text: str) -> bool:
    return without_secrets(text) != text
