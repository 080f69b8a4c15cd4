"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
AnyCommand = TypeVar("AnyCommand", bound=click.Command)

VIEWS = {"active_only": 1, "deleted_only": 2, "all": 3}


def example(*lines: str) -> Callable[[AnyCommand], AnyCommand]:
    """Show command lines at the end of a command's help, each as it stands."""

    def decorate(command: AnyCommand) -> AnyCommand:
        shown = "\n".join(f"  {line}" for line in lines)
        command.epilog = f"\b\nExample:\n{shown}"
        return command

    return decorate


def environment_names(option: str) -> list[str]:
    """The variables that give an option its default, ours before MLflow's."""
    return [f"MILLSTREAM_{option}", f"MLFLOW_{option}"]


def json_option(command: Decorated) -> Decorated:
    """`--json`: print JSON instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")(
        command
    )


def tracking_uri_option(command: Decorated) -> Decorated:
    """`--tracking-uri`: whose data are meant."""
    return click.option(
        "--tracking-uri",
        envvar=environment_names("TRACKING_URI"),
        metavar="URI",
        help="Folder, database or server to work on (default: ./mlruns).",
    )(command)


def guard_options(command: Decorated) -> Decorated:
    """`--allowed-hosts` and its like: by which names and pages a server may be called."""
    options = (
        click.option(
            "--allowed-hosts",
            envvar=environment_names("SERVER_ALLOWED_HOSTS"),
            help="Names under which the server may be called, separated by commas; * matches any "
            "part (default: this machine and private addresses).",
        ),
        click.option(
            "--cors-allowed-origins",
            envvar=environment_names("SERVER_CORS_ALLOWED_ORIGINS"),
            help="Web pages that may call the server, separated by commas "
            "(default: pages of this machine).",
        ),
        click.option(
            "--x-frame-options",
            envvar=environment_names("SERVER_X_FRAME_OPTIONS"),
            default="SAMEORIGIN",
            show_default=True,
            help="Who may show the pages in a frame: SAMEORIGIN, DENY, or NONE for everybody.",
        ),
        click.option(
            "--disable-security-middleware",
            envvar=environment_names("SERVER_DISABLE_SECURITY_MIDDLEWARE"),
            is_flag=True,
            help="Check neither hosts nor origins; only for tests.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def view_option(command: Decorated) -> Decorated:
    """`--view`: which lifecycle stages are shown."""
    return click.option(
        "-v",
        "--view",
        type=click.Choice(list(VIEWS), case_sensitive=False),
        default="active_only",
        show_default=True,
        help="Which to show: the active ones, the deleted ones or all.",
    )(command)


def experiment_id_option(command: Decorated) -> Decorated:
    """`--experiment-id`: the one experiment that is meant."""
    return click.option(
        "-x",
        "--experiment-id",
        envvar=environment_names("EXPERIMENT_ID"),
        required=True,
        help="ID of the experiment.",
    )(command)


def run_id_option(command: Decorated) -> Decorated:
    """`--run-id`: the one run that is meant."""
    return click.option("-r", "--run-id", required=True, help="ID of the run.")(command)


def exactly_one(**given: object) -> None:
    """Refuse, as a usage error, unless one of the named values is given."""
    if sum(value is not None for value in given.values()) != 1:
        names = " or ".join(f"--{name.replace('_', '-')}" for name in given)
        raise click.UsageError(f"Must specify exactly one of {names}.")
