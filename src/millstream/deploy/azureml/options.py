"""What can be said of a deployment at Azure ML, and what it means there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from millstream.deploy.azureml import names
from millstream.deploy.azureml.traffic import WHOLE
from millstream.errors import InvalidParameter
from millstream.masking import is_secret

INSTANCE_TYPE = "Standard_DS3_v2"
LONGEST_REQUEST = 180_000

_ACCESS = {
    "auth_mode": ("key", "aad_token", "aml_token"),
    "public_network_access": ("enabled", "disabled"),
}
"""What can be said of who reaches an endpoint, the default first."""

OPTIONS: Mapping[str, str] = {
    "traffic": "What of the endpoint's requests it answers, in percent (default: as it is; a new "
    "one has 100 if it is alone behind its endpoint, else 0).",
    "instance_type": f"The machine that it runs on (default: {INSTANCE_TYPE}).",
    "instance_count": "How many machines (default: as many as there are, at first 1).",
    "auth_mode": "How callers sign in to an endpoint made with it: key, aad_token or aml_token "
    "(default: key).",
    "public_network_access": "Whether an endpoint made with it answers to the internet: enabled, "
    "or disabled (default: enabled).",
    "env": "Variables of its environment, as NAME=VALUE,NAME=VALUE.",
    "secret_env": "Variables whose values are secrets: NAME=CONNECTION/KEY of a connection of the "
    "workspace, or NAME=https://VAULT.vault.azure.net/secrets/SECRET.",
    "request_timeout_ms": "How long a request may take, in ms (default: 5000).",
    "max_concurrent_requests": "How many requests an instance answers at once (default: 32 if an "
    "image serves the model, which queues and batches them itself; else 1).",
}

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_INSTANCE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_CONNECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}/[A-Za-z0-9_.-]{1,128}")
_VAULT = re.compile(
    r"https://[A-Za-z0-9-]{3,24}\.vault\.(?:azure\.net|azure\.cn|usgovcloudapi\.net)"
    r"/secrets/[A-Za-z0-9-]{1,127}(?:/[0-9a-f]{32})?"
)


def instance_type(config: Mapping[str, str]) -> str:
    """The kind of machine; what is no name of one raises."""
    found = config.get("instance_type", INSTANCE_TYPE)
    if not _INSTANCE.fullmatch(found):
        raise InvalidParameter(f"'instance_type' is {found!r}; it is one as '{INSTANCE_TYPE}'.")
    return found


def number(config: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    """A whole number in a range; None if nothing is said."""
    said = config.get(name)
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and least <= int(said) <= most):
        raise InvalidParameter(f"{name!r} is {said!r}; it is a whole number of {least} to {most}.")
    return int(said)


def access(config: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
    """How callers sign in to an endpoint, and from where: what is said, else what there is."""
    found = {}
    for name, allowed in _ACCESS.items():
        found[name] = config.get(name, present.get(name, allowed[0]))
        if found[name] not in allowed:
            raise InvalidParameter(
                f"{name!r} is {found[name]!r}; it is one of {', '.join(allowed)}."
            )
    return found


def shares(config: Mapping[str, str]) -> dict[str, int] | None:
    """How an endpoint's traffic is split, by deployment; None if nothing is said."""
    if "traffic" not in config:
        return None
    found = {}
    for part in filter(None, config["traffic"].split(",")):
        name, _, share = part.partition("=")
        found[names.checked(name)] = number({"traffic": share}, "traffic", 0, WHOLE) or 0
    if sum(found.values()) not in (0, WHOLE):
        raise InvalidParameter(
            f"'traffic' is {config['traffic']!r}: the shares add up to {sum(found.values())}, and "
            f"have to add up to {WHOLE}, or to 0."
        )
    return found


def variables(config: Mapping[str, str]) -> dict[str, str]:
    """The environment of a deployment. Secrets are in it as references that Azure resolves."""
    plain = plain_variables(config)
    secret = {name: _reference(name, where) for name, where in _pairs(config, "secret_env").items()}
    twice = sorted(plain.keys() & secret.keys())
    if twice:
        raise InvalidParameter(f"{twice[0]} is in 'env' and in 'secret_env'; say it once.")
    return {**plain, **secret}


def plain_variables(config: Mapping[str, str]) -> dict[str, str]:
    """Variables whose values all may see; a name that sounds like a secret raises."""
    plain = _pairs(config, "env")
    for name in plain:
        if is_secret(name):
            raise InvalidParameter(
                f"'env' has {name}, which sounds like a secret and would be shown to all: name "
                "where it is kept, by 'secret_env' of a deployment."
            )
    return plain


def _pairs(config: Mapping[str, str], option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    said = [part for part in config.get(option, "").split(",") if part]
    for number, part in enumerate(said, 1):
        name, mark, value = part.partition("=")
        if not mark or not _VARIABLE.fullmatch(name) or name in found:
            # What stands there may be the end of a secret that has a comma: it is not shown.
            raise InvalidParameter(
                f"Part {number} of {option!r} is not NAME=VALUE, or has a name again."
            )
        found[name] = value
    return found


def _reference(name: str, where: str) -> str:
    if _VAULT.fullmatch(where):
        return f"${{{{keyvault:{where}}}}}"
    if _CONNECTION.fullmatch(where):
        connection, key = where.split("/")
        return f"${{{{azureml://connections/{connection}/credentials/{key}}}}}"
    raise InvalidParameter(
        f"'secret_env' says of {name} neither CONNECTION/KEY nor "
        "https://VAULT.vault.azure.net/secrets/SECRET."
    )
