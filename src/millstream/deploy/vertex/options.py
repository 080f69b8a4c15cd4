"""What a deployment at Vertex AI can be told, and what of it cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from millstream.errors import InvalidParameter
from millstream.masking import is_secret

OPTIONS: Mapping[str, str] = {
    "machine_type": "The machines that the model runs on (default: n1-standard-2).",
    "min_replica_count": "How many there are at least (default: 1).",
    "max_replica_count": "How many there may be (default: as many as at least).",
    "autoscaling_target_cpu": "At which load of their processors there come more, in percent.",
    "accelerator_type": "A graphics processor of each machine, such as NVIDIA_L4.",
    "accelerator_count": "How many of them each machine has (default: 1).",
    "spot": "true: machines that may be taken away, for less money (default: false).",
    "service_account": "As whom the model runs: an email address of a service account.",
    "enable_access_logging": "true: let Cloud Logging have each request (default: false).",
    "env": "Variables of the model's server, as NAME=value,NAME=value; not for secrets.",
    "traffic": "Which share of the endpoint's requests this model answers, in percent.",
    "online": "false: no endpoint, only a model for batches (default: true).",
}

_MACHINE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+){1,4}")
_ACCELERATOR = re.compile(r"[A-Z][A-Z0-9_]{1,40}")
_ACCOUNT = re.compile(r"[A-Za-z0-9-]{1,64}@[a-z0-9][a-z0-9.-]{1,190}\.gserviceaccount\.com")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
MOST_REPLICAS = 1_000
_MOST_ACCELERATORS = 16


class VertexOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options as what they are; `traffic` None: as it is said nowhere."""

    machine_type: str = "n1-standard-2"
    min_replica_count: int = 1
    max_replica_count: int = 1
    autoscaling_target_cpu: int | None = None
    accelerator_type: str | None = None
    accelerator_count: int = 1
    spot: bool = False
    service_account: str | None = None
    enable_access_logging: bool = False
    env: dict[str, str] = {}
    traffic: int | None = None
    online: bool = True


def options(config: Mapping[str, str]) -> VertexOptions:
    """The options of a configuration; what Vertex AI would refuse raises `InvalidParameter`."""
    least = number(config, "min_replica_count", 1, MOST_REPLICAS) or 1
    found = VertexOptions(
        machine_type=_text(config, "machine_type", _MACHINE) or "n1-standard-2",
        min_replica_count=least,
        max_replica_count=number(config, "max_replica_count", least, MOST_REPLICAS) or least,
        autoscaling_target_cpu=number(config, "autoscaling_target_cpu", 1, 100),
        accelerator_type=_text(config, "accelerator_type", _ACCELERATOR),
        accelerator_count=number(config, "accelerator_count", 1, _MOST_ACCELERATORS) or 1,
        spot=_flag(config, "spot"),
        service_account=_text(config, "service_account", _ACCOUNT),
        enable_access_logging=_flag(config, "enable_access_logging"),
        env=_variables(config.get("env", "")),
        traffic=number(config, "traffic", 0, 100),
        online=_flag(config, "online", usual=True),
    )
    if "accelerator_count" in config and found.accelerator_type is None:
        raise InvalidParameter("'accelerator_count' is given without 'accelerator_type'.")
    if found.traffic is not None and not found.online:
        raise InvalidParameter(
            "'traffic' is of an endpoint, and with 'online=false' there is none."
        )
    return found


def _text(config: Mapping[str, str], name: str, form: re.Pattern[str]) -> str | None:
    said = config.get(name)
    if said is not None and not form.fullmatch(said):
        raise InvalidParameter(f"'{name}' is {said!r}. {OPTIONS[name]}")
    return said


def number(config: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    """An option that is a number within limits; None if nothing is said of it."""
    said = config.get(name)
    if said is None:
        return None
    if not (said.isascii() and said.isdecimal() and least <= int(said[:9]) <= most):
        raise InvalidParameter(f"'{name}' is {said!r}; it is a number from {least} to {most}.")
    return int(said)


def _flag(config: Mapping[str, str], name: str, *, usual: bool = False) -> bool:
    said = config.get(name)
    if said not in (None, "true", "false"):
        raise InvalidParameter(f"'{name}' is {said!r}; it is true or false.")
    return usual if said is None else said == "true"


def _variables(text: str) -> dict[str, str]:
    pairs = [one.partition("=") for one in text.split(",") if one]
    for name, sign, _ in pairs:
        if not sign or not _VARIABLE.fullmatch(name):
            raise InvalidParameter(
                f"'env' has {name!r}; it is of variables as NAME=value, with commas between them."
            )
        if is_secret(name):
            raise InvalidParameter(
                f"'env' has {name}, which looks like a secret, and whoever may look at the model "
                "would see it: give the 'service_account' access to the secret instead."
            )
    return {name: value for name, _, value in pairs}
