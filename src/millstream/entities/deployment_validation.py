"""What a record of a deployment may say; a breach raises `InvalidParameter`."""

from __future__ import annotations

import re

import msgspec

from millstream import masking
from millstream.entities import registry_validation, validation
from millstream.entities.deployments import EndDeployment, RecordDeployment, SearchDeployments
from millstream.errors import InvalidParameter

LONGEST_TARGET = 2_048
LONGEST_NAME = 250
MOST_SETTINGS = 100
LONGEST_SETTING = 250
LONGEST_VALUE = 5_000
_LENGTHS = {
    "target": LONGEST_TARGET,
    "name": LONGEST_NAME,
    "endpoint": LONGEST_NAME,
    "model_uri": 2_048,
    "run_id": 256,
    "model_id": validation.LONGEST_MODEL_ID,
    "flavor": 100,
    "image": 1_000,
    "address": 2_048,
    "user_id": 256,
}
_UNPRINTABLE = re.compile("[\0-\x1f\x7f\ud800-\udfff]")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # settings may have several lines
# As the image specification of the Open Container Initiative writes digests.
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


def checked_record(request: RecordDeployment) -> RecordDeployment:
    """The request without secrets, if it may be recorded."""
    found = without_secrets(request)
    for field in ("target", "name", "model_uri"):
        _check_present(field, getattr(found, field))
    for field, most in _LENGTHS.items():
        _check_text(field, getattr(found, field), most)
    _check_model(found.model_name, found.model_version)
    if found.image_digest is not None and _DIGEST.fullmatch(found.image_digest) is None:
        raise InvalidParameter(
            f"Invalid image_digest {_start(found.image_digest)!r}: it must be 'sha256:' and 64 "
            "hexadecimal digits in lower case, or 'sha512:' and 128."
        )
    _check_config(found.config)
    return found


def checked_end(request: EndDeployment) -> EndDeployment:
    """The request as `checked_record` would have named the place."""
    target = masking.shown(request.target)
    for field, value in (("target", target), ("name", request.name)):
        _check_present(field, value)
        _check_text(field, value, _LENGTHS[field])
    _check_text("endpoint", request.endpoint, LONGEST_NAME)
    return msgspec.structs.replace(request, target=target, endpoint=request.endpoint or None)


def checked_search(request: SearchDeployments) -> SearchDeployments:
    """The same for a search."""
    _check_model(request.model_name, request.model_version)
    if request.target is None:
        return request
    return msgspec.structs.replace(request, target=masking.shown(request.target))


def without_secrets(request: RecordDeployment) -> RecordDeployment:
    """The request with every secret masked that can be told as one; twice is the same as once."""
    config = {key: _masked_setting(key, value) for key, value in request.config.items()}
    return msgspec.structs.replace(
        request,
        target=masking.shown(request.target),
        model_uri=masking.shown(request.model_uri),
        address=None if request.address is None else masking.shown(request.address),
        endpoint=request.endpoint or None,
        config=config,
    )


def nothing_live(target: str, name: str, endpoint: str | None) -> str:
    """What is told of a name at which nothing is live."""
    within = f" of endpoint '{endpoint}'" if endpoint else ""
    return f"No live deployment '{name}'{within} at '{target}' is recorded."


def _masked_setting(key: str, value: str) -> str:
    """By the value's shape, or by a name like `password` with a value that is no plain word."""
    start = f"{key}: "
    return masking.without_secrets(start + masking.shown(value)).removeprefix(start)


def _check_present(field: str, value: str) -> None:
    if not value.strip():
        raise InvalidParameter(f"Invalid {field} {value!r} of a deployment: it must not be blank.")


def _check_text(
    field: str, value: str | None, most: int, forbidden: re.Pattern[str] = _UNPRINTABLE
) -> None:
    validation.check_length(value, field, most)
    found = None if value is None else forbidden.search(value)
    if found is not None:
        raise InvalidParameter(
            f"Invalid {field} {_start(found.string)!r} of a deployment: it must not hold the "
            f"character {found[0]!r}."
        )


def _check_model(name: str | None, version: str | None) -> None:
    if version is not None and name is None:
        raise InvalidParameter(
            f"'model_version' {version!r} needs the 'model_name' that it is a version of."
        )
    if name is not None:
        registry_validation.check_name(name)
    if version is not None:
        registry_validation.version_number(version)


def _check_config(config: dict[str, str]) -> None:
    if len(config) > MOST_SETTINGS:
        raise InvalidParameter(
            f"'config' has {len(config)} settings, and a deployment records {MOST_SETTINGS} at "
            "most. Record those that tell how it was deployed."
        )
    for key, value in config.items():
        _check_present("config key", key)
        _check_text("config key", key, LONGEST_SETTING)
        _check_text(f"config['{key}']", value, LONGEST_VALUE, _UNSTORABLE)


def _start(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"
