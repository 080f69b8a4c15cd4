"""The command that serves models."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from millstream.cli.models_options import (
    URI_HELP,
    env_manager_option,
    ignored_install_option,
    local_models,
    manager_of,
    tracking,
)
from millstream.cli.options import environment_names, example, guard_options, tracking_uri_option
from millstream.client.model_uris import Where, registry_name, version_named
from millstream.client.session import SESSION
from millstream.environments import programs
from millstream.environments.preparation import Prepared
from millstream.environments.specification import EnvManager
from millstream.integrations.model_environment import needed_to_serve, prepare
from millstream.integrations.model_files import temporary_folder
from millstream.serving.options import (
    LOG_LEVELS,
    Followed,
    ServedModel,
    ServingOptions,
    check,
    to_json,
)
from millstream.settings import process_variables

_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]*)=(.+)", re.DOTALL)


@example(
    "millstream models serve -m runs:/0123456789abcdef0123456789abcdef/model -p 5001",
    "millstream models serve -m ./model --workers 2 --max-batch 64",
    "millstream models serve -m churn=models:/churn@champion -m price=./price",
)
@click.command(context_settings={"help_option_names": ["--help"]})
@click.option(
    "-m",
    "--model-uri",
    "model_uris",
    envvar=environment_names("MODEL_URI"),
    required=True,
    multiple=True,
    metavar="[NAME=]URI",
    help=f"A model: {URI_HELP} May be repeated; the first answers at /invocations, "
    "and each at /models/NAME/invocations.",
)
@click.option(
    "-p",
    "--port",
    envvar=["SAGEMAKER_BIND_TO_PORT", "AIP_HTTP_PORT", *environment_names("PORT")],
    type=click.IntRange(0, 65535),
    default=5000,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "-h",
    "--host",
    envvar=environment_names("HOST"),
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on.",
)
@click.option(
    "-t",
    "--timeout",
    envvar=environment_names("SCORING_SERVER_REQUEST_TIMEOUT"),
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="Seconds after which a request is answered with 504; 0 for no limit.",
)
@click.option(
    "-w",
    "--workers",
    envvar=environment_names("MODELS_WORKERS"),
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Number of processes, each with the models loaded.",
)
@env_manager_option
@ignored_install_option
@click.option(
    "--max-batch",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="ROWS",
    help="Join requests into predictions of up to so many rows; 0 for one request each.",
)
@click.option(
    "--max-wait-ms",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    metavar="MS",
    help="The longest that a request waits for others to join.",
)
@click.option(
    "--max-queue",
    type=click.IntRange(min=1),
    default=1_000,
    show_default=True,
    metavar="REQUESTS",
    help="How many requests may wait; more are answered with 503.",
)
@click.option(
    "--max-body",
    type=click.IntRange(min=1),
    default=100 << 20,
    show_default=True,
    metavar="BYTES",
    help="The largest body of a request.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How many predictions of a model run at a time; above 1 only for thread-safe models.",
)
@click.option(
    "--model-config",
    envvar="SERVING_MODEL_CONFIG",
    metavar="JSON",
    help="What the models are loaded with: a JSON object, or a file of one.",
)
@click.option(
    "--follow",
    is_flag=True,
    help="Serve whatever version models:/NAME@ALIAS, /STAGE or /latest names, also once it names "
    "another one: that takes over, without dropping a request, when it has answered its own "
    "input example.",
)
@click.option(
    "--follow-seconds",
    type=click.FloatRange(min=0.1),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="How often --follow looks at the registry.",
)
@click.option(
    "--predict-route",
    envvar=["AIP_PREDICT_ROUTE", *environment_names("PREDICT_ROUTE")],
    metavar="PATH",
    help="Another path at which the first model answers, beside /invocations.",
)
@click.option(
    "--health-route",
    envvar=["AIP_HEALTH_ROUTE", *environment_names("HEALTH_ROUTE")],
    metavar="PATH",
    help="Another path that says whether all are ready, beside /ping and /health.",
)
@guard_options
@click.option(
    "--log-level",
    type=click.Choice(LOG_LEVELS, case_sensitive=False),
    default="warning",
    show_default=True,
    help="What is worth a line.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the address as a line of JSON.")
@tracking_uri_option
def serve(
    model_uris: tuple[str, ...],
    env_manager: str,
    no_conda: bool,
    model_config: str | None,
    follow: bool,
    follow_seconds: float,
    tracking_uri: str | None,
    **given: Any,
) -> None:
    """Serve models over HTTP, as MLflow does and by the Open Inference Protocol.

    GET /ping says when all are ready, and /docs has a form to try them. Ctrl-C ends the server
    once it has answered what it accepted.
    """
    tracking(tracking_uri)
    named = [split_name(one) for one in model_uris]
    manager = manager_of(env_manager, no_conda)
    strict = manager is not EnvManager.LOCAL and not SESSION.settings().disable_env_creation
    followed = [_followed(uri, follow_seconds, strict) if follow else None for _, uri in named]
    directories = local_models(
        uri if one is None else f"models:/{one.name}/{one.version}"
        for (_, uri), one in zip(named, followed, strict=True)
    )
    models = tuple(
        ServedModel(name, str(directory), one)
        for (name, _), directory, one in zip(named, directories, followed, strict=True)
    )
    options = check(ServingOptions(models=models, model_config=_config(model_config), **given))
    also = sorted({name for directory in directories for name in needed_to_serve(directory)})
    prepared = prepare(directories, manager, also=also)
    _serve(options, prepared, directories)


def _serve(options: ServingOptions, prepared: Prepared, directories: Sequence[Path]) -> None:
    """Become the server: what the command itself loaded to get here, it has no use for."""
    fetched = tuple(
        sorted({str(folder) for folder in map(temporary_folder, directories) if folder})
    )
    options = msgspec.structs.replace(options, temporary=fetched)
    if not prepared.is_present:
        options = msgspec.structs.replace(options, environment=str(prepared.python.parent.parent))
    text = to_json(options)
    secret = options.model_config is not None and os.name != "nt"
    argument = programs.handed(text) if secret else text.decode()
    command = [str(prepared.python), "-P", "-m", "millstream.serving", argument]
    programs.become(command, prepared.variables(process_variables()))


def _followed(uri: str, seconds: float, same_environment: bool) -> Followed:
    named = registry_name(uri)
    if named is None or named.path or (named.suffix is not None and named.suffix.isdecimal()):
        raise click.UsageError(
            f"--follow is for models:/NAME@ALIAS, models:/NAME/STAGE and models:/NAME/latest; "
            f"{uri!r} always names the same model."
        )
    version = version_named(named, SESSION.stores.patient(Where.now().registry)).version
    return Followed(uri, named.name, version, seconds, same_environment)


def split_name(text: str) -> tuple[str, str]:
    """The name and the URI of a model; without `NAME=`, the name is made from the URI."""
    match = _NAMED.fullmatch(text)
    if match and not Path(text).exists():
        return match[1], match[2]
    return _name_of(text), text


def _name_of(uri: str) -> str:
    """The last part of a URI; of `models:/name/version` and `models:/name@alias` the name."""
    scheme, _, rest = uri.partition(":/")
    parts = [part for part in re.split(r"[/\\]", rest or scheme) if part not in ("", ".", "..")]
    if not parts:
        parts = [Path(uri).resolve().name]
    last = parts[0] if scheme == "models" and len(parts) <= 2 else parts[-1]
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", last.partition("@")[0]).lstrip("-_.")
    return name[:200] or "model"


def _config(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    content = text if text.lstrip().startswith("{") else _file_text(text)
    try:
        found = json.loads(content)
    except ValueError as error:
        raise click.UsageError(f"--model-config is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise click.UsageError(f"--model-config must be a JSON object, not {content[:60]!r}.")
    return found


def _file_text(path: str) -> str:
    if not Path(path).is_file():
        raise click.UsageError(f"--model-config must be a JSON object or a file, not {path!r}.")
    return Path(path).read_text(encoding="utf-8")
