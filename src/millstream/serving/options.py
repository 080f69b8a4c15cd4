"""What can be said when models are served; as JSON it goes to the interpreter that serves them."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from millstream.errors import InvalidParameter

LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
INVOCATIONS = "/invocations"
PROBES = ("/ping", "/health")
"""The paths that say whether all models are ready."""

_ROUTE = re.compile(r"/[A-Za-z0-9\-._~:/@]{0,999}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")


class Followed(msgspec.Struct, frozen=True):
    """The alias or stage that a model is the `version` of, in the registry of the environment.

    It is looked at every `seconds`. With `same_environment` only versions take over whose
    requirements the server's environment meets.
    """

    uri: str
    name: str
    version: str
    seconds: float = 5.0
    same_environment: bool = True


class ServedModel(msgspec.Struct, frozen=True):
    """A model directory on this machine, and the name it is asked for by.

    If it is `followed`, other versions take its place.
    """

    name: str
    path: str
    followed: Followed | None = None


class ServingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The first of `models` answers at /invocations; each at /models/{name}/invocations.

    `port` 0 takes a free one. `timeout` is in seconds, 0 for no limit. Requests are joined into
    batches of up to `max_batch` rows if that is more than 1; `max_wait_ms` is the longest that one
    waits for others. `max_queue` requests may wait for a prediction, each with a body of up to
    `max_body` bytes. `threads` predictions of a model may run at a time; more than 1 is for models
    that are thread-safe. `model_config` is what the models are loaded with. `allowed_hosts` and
    `cors_allowed_origins` are lists with commas. `environment` is what the line at the start says
    about the interpreter. `temporary` are folders that go when the server ends, since models were
    fetched into them. `as_json` prints the address as a line of JSON. The first model answers at
    `predict_route` as well, and `health_route` says, as /ping does, whether all are ready.
    """

    models: tuple[ServedModel, ...]
    host: str = "127.0.0.1"
    port: int = 5000
    workers: int = 1
    threads: int = 1
    timeout: float = 60.0
    max_batch: int = 0
    max_wait_ms: float = 5.0
    max_queue: int = 1_000
    max_body: int = 100 << 20
    log_level: str = "warning"
    model_config: dict[str, Any] | None = None
    allowed_hosts: str | None = None
    cors_allowed_origins: str | None = None
    x_frame_options: str = "SAMEORIGIN"
    disable_security_middleware: bool = False
    environment: str = "the present environment"
    temporary: tuple[str, ...] = ()
    as_json: bool = False
    predict_route: str | None = None
    health_route: str | None = None


def check(options: ServingOptions) -> ServingOptions:
    """The options, if they can be; else `InvalidParameter` says which cannot and what would."""
    if not options.models:
        raise InvalidParameter("There is no model to serve: name one with --model-uri.")
    names = [model.name for model in options.models]
    for name in names:
        if not _NAME.fullmatch(name):
            raise InvalidParameter(
                f"A model cannot be served as {name!r}: a name is made of up to 200 letters, "
                "digits, '.', '_' and '-' and begins with a letter or a digit."
            )
        if names.count(name) > 1:
            raise InvalidParameter(f"Two models are to be served as {name!r}: name one otherwise.")
    for field, least in _LEAST.items():
        value = getattr(options, field)
        if value < least:
            option = field.replace("_", "-")
            raise InvalidParameter(f"--{option} must be at least {least}, not {value}.")
    _check_words(options)
    _check_routes(options)
    return options


def to_json(options: ServingOptions) -> bytes:
    """The options as JSON."""
    return msgspec.json.encode(options)


def from_json(text: bytes | str) -> ServingOptions:
    """The options that `to_json` wrote; what cannot be read or be raises `InvalidParameter`."""
    try:
        return check(msgspec.json.decode(text, type=ServingOptions))
    except msgspec.MsgspecError as error:
        raise InvalidParameter(f"The options for serving cannot be read: {error}") from error


_LEAST = {
    "port": 0,
    "workers": 1,
    "threads": 1,
    "timeout": 0,
    "max_batch": 0,
    "max_wait_ms": 0,
    "max_queue": 1,
    "max_body": 1,
}


def _check_words(options: ServingOptions) -> None:
    if options.log_level not in LOG_LEVELS:
        known = ", ".join(LOG_LEVELS)
        raise InvalidParameter(f"--log-level must be one of {known}, not '{options.log_level}'.")
    if options.x_frame_options.upper() not in ("SAMEORIGIN", "DENY", "NONE"):
        raise InvalidParameter(
            f"--x-frame-options must be SAMEORIGIN, DENY or NONE, not '{options.x_frame_options}'."
        )


def _check_routes(options: ServingOptions) -> None:
    for field in ("predict_route", "health_route"):
        path = getattr(options, field)
        if path is not None and not _ROUTE.fullmatch(path):
            raise InvalidParameter(
                f"--{field.replace('_', '-')} must be a path such as /v1/churn:predict, of up to "
                f"1000 letters, digits and -._~:/@, not {path!r}."
            )
    if options.predict_route in PROBES:
        raise InvalidParameter(
            f"--predict-route cannot be {options.predict_route}, which says whether the model is "
            "ready; use /invocations, or any other path."
        )
    if options.predict_route is not None and options.predict_route == options.health_route:
        raise InvalidParameter(
            f"--predict-route and --health-route are both {options.predict_route}: they answer "
            "different questions, so name two paths."
        )
    if options.health_route == INVOCATIONS:
        raise InvalidParameter(
            f"--health-route cannot be {INVOCATIONS}, which predicts; use /ping, or another path."
        )
