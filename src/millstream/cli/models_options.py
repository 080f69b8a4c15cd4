"""What the commands about models share: their options, and models as directories."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from millstream.cli.options import Decorated, environment_names
from millstream.client.session import SESSION
from millstream.environments.specification import EnvManager
from millstream.errors import InvalidParameter
from millstream.integrations.model_files import local_path
from millstream.model_format.digests import MANIFEST

URI_HELP = "models:/… or runs:/…, a path, or an address in a cloud."


def model_uri_option(command: Decorated) -> Decorated:
    """`--model-uri`: the one model that is meant."""
    return click.option(
        "-m", "--model-uri", required=True, metavar="URI", help=f"The model: {URI_HELP}"
    )(command)


def env_manager_option(command: Decorated) -> Decorated:
    """`--env-manager` and its old form `--no-conda`: who makes the environment."""
    command = click.option(
        "--no-conda", is_flag=True, hidden=True, help="The same as --env-manager local."
    )(command)
    return click.option(
        "--env-manager",
        type=click.Choice([manager.value for manager in EnvManager]),
        envvar=environment_names("ENV_MANAGER"),
        default=EnvManager.AUTO.value,
        show_default=True,
        help="auto uses the present environment if it meets the model's requirements, and else "
        "one made by uv; local the present one whatever it has; the others always make one.",
    )(command)


def ignored_install_option(command: Decorated) -> Decorated:
    """`--install-mlflow`: accepted and without effect."""
    return click.option(
        "--install-mlflow",
        is_flag=True,
        expose_value=False,
        help="Accepted because MLflow has it: an environment always gets this package.",
    )(command)


def manager_of(env_manager: str, no_conda: bool) -> EnvManager:
    """Who is to make the environment."""
    return EnvManager.LOCAL if no_conda else EnvManager(env_manager)


def tracking(uri: str | None) -> None:
    """Find models in this store rather than in the usual one."""
    if uri is not None:
        SESSION.set_tracking_uri(uri)


def local_models(uris: Iterable[str]) -> list[Path]:
    """The directories of models on this machine; a URI of something else is refused."""
    return [_local_model(uri) for uri in uris]


def _local_model(uri: str) -> Path:
    path = local_path(uri)
    if not (path / MANIFEST).is_file():
        inner = sorted(one.parent for one in path.glob(f"*/{MANIFEST}")) if path.is_dir() else []
        hint = f" Did you mean {uri.rstrip('/')}/{inner[0].name}?" if inner else ""
        raise InvalidParameter(f"{uri} is no model: it has no file {MANIFEST}.{hint}")
    return path
