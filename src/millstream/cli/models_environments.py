"""Commands about the environments that models need."""

from __future__ import annotations

import time

import click
import msgspec

from millstream.cli.durations import duration
from millstream.cli.models_options import (
    env_manager_option,
    ignored_install_option,
    local_models,
    manager_of,
    model_uri_option,
    tracking,
)
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import print_json, report
from millstream.environments.folder import environments_folder
from millstream.environments.removal import remove, unused
from millstream.integrations.model_environment import prepare
from millstream.integrations.models import update_model_requirements


@example("millstream models prepare-env -m runs:/0123456789abcdef0123456789abcdef/model")
@click.command("prepare-env")
@model_uri_option
@env_manager_option
@ignored_install_option
@json_option
@tracking_uri_option
def prepare_env(
    model_uri: str, env_manager: str, no_conda: bool, as_json: bool, tracking_uri: str | None
) -> None:
    """Make the environment of a model, and print its interpreter.

    An environment is made once: whatever asks for the same packages and Python later uses it.
    """
    tracking(tracking_uri)
    prepared = prepare(local_models([model_uri]), manager_of(env_manager, no_conda))
    report(
        str(prepared.python),
        {
            "python": str(prepared.python),
            "env_manager": prepared.manager.value,
            "built": prepared.built,
            "why": prepared.why,
        },
        as_json=as_json,
    )


@example("millstream models remove-envs --unused-for 30d --dry-run")
@click.command("remove-envs")
@click.option(
    "--unused-for",
    default="30d",
    show_default=True,
    metavar="DURATION",
    help="Only those that nobody has used for so long, e.g. 30d or 1d12h.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@json_option
def remove_envs(unused_for: str, dry_run: bool, as_json: bool) -> None:
    """Remove environments of models that nobody has used for a while.

    They are made again when needed. One in which a server runs is in use.
    """
    before = time.time_ns() // 1_000_000 - duration(unused_for)
    found = unused(environments_folder(), before)
    gone = found if dry_run else [one for one in found if remove(one)]
    if as_json:
        environments = [msgspec.to_builtins(one) for one in gone]
        print_json({"environments": environments, "dry_run": dry_run})
        return
    outcome = "would be removed" if dry_run else "has been removed"
    for one in gone:
        click.echo(f"The environment {one.folder} ({one.size / 1e6:,.0f} MB) {outcome}.")
    if not gone:
        click.echo(f"No environment has been unused for {unused_for}.")


@example("millstream models update-pip-requirements -m ./model add 'scikit-learn>=1.4' pandas")
@click.command("update-pip-requirements")
@model_uri_option
@click.argument("operation", type=click.Choice(["add", "remove"]))
@click.argument("requirement_strings", metavar="REQUIREMENT...", nargs=-1, required=True)
@json_option
@tracking_uri_option
def update_pip_requirements(
    model_uri: str,
    operation: str,
    requirement_strings: tuple[str, ...],
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Add requirements to a model, in place of those of the same packages, or remove them."""
    tracking(tracking_uri)
    update_model_requirements(model_uri, operation, list(requirement_strings))
    done = "Added to" if operation == "add" else "Removed from"
    report(
        f"{done} the requirements of {model_uri}: {', '.join(requirement_strings)}",
        {"model_uri": model_uri, operation: requirement_strings},
        as_json=as_json,
    )
