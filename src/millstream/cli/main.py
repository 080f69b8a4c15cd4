"""The root command: one table of all commands, each loaded when it is asked for."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from millstream.cli.late import LateGroup, Place
from millstream.cli.options import example
from millstream.version import MLFLOW_VERSION, VERSION

_WEBHOOKS = "Tell other services of what happens in the model registry."
_SERVER = "Run the tracking server: web UI, REST API and artifact proxy."

COMMANDS: dict[str, Place] = {
    "artifacts": Place("artifacts", "artifacts", "Upload, list and download files of runs."),
    "audit": Place("audit", "audit", "Read the audit log: who did what from where."),
    "db": Place("db", "db", "Look after the database of a store."),
    "demo": Place("demo", "demo", "Train a small model, log it, load it back and show it."),
    "deployments": Place(
        "deployments",
        "deployments",
        "Deploy models to clusters and clouds, and look after them there.",
    ),
    "diff": Place("diff", "diff", "Show what two runs differ in, the likeliest cause first."),
    "doctor": Place("doctor", "doctor", "Print what is needed to find out why something fails."),
    "experiments": Place("experiments", "experiments", "Manage experiments."),
    "export": Place(
        "bundles",
        "export_bundle",
        "Write a model version with all that belongs to it into one file.",
    ),
    "gc": Place("gc", "gc", "Remove for good what was deleted, files included."),
    "groups": Place("groups", "groups", "Manage groups of users."),
    "import": Place(
        "bundles",
        "import_bundle",
        "Register a model version from a file that `millstream export` wrote.",
    ),
    "login": Place(
        "login",
        "login",
        "Sign in to a server; scripts and commands of this user are then signed in there.",
    ),
    "logout": Place(
        "login", "logout", "Forget the token of a server, and revoke it there if it can be reached."
    ),
    "models": Place("models", "models", "Keep, serve, compare and move models."),
    "permissions": Place(
        "permissions", "permissions", "Say who may do what with experiments and models."
    ),
    "reproduce": Place(
        "reproduce", "reproduce", "Run a run again from what it recorded, and compare the two."
    ),
    "roles": Place(
        "roles", "roles", "Manage roles: permissions under a name, for many users and groups."
    ),
    "run": Place("run", "run", "Run an entry point of a project, or a sweep of many runs of it."),
    "runs": Place("runs", "runs", "Manage runs."),
    "sagemaker": Place("sagemaker", "sagemaker", "Images, models and batch jobs of SageMaker."),
    "server": Place("server", "server", _SERVER),
    "server-files": Place(
        "server_files",
        "server_files",
        "Write what runs the server elsewhere: a Dockerfile, a Compose file, a Helm chart.",
    ),
    "server-image": Place(
        "server_files",
        "server_image",
        "Build an image of the tracking server, with docker, podman or buildah.",
    ),
    "sync": Place("sync", "sync", "Send what scripts logged while their store was away."),
    "tokens": Place(
        "tokens", "tokens", "Manage tokens, which programs show instead of a password."
    ),
    "ui": Place("server", "server", _SERVER),
    "users": Place("users", "users", "Manage users and service accounts."),
    "webhooks": Place("webhooks", "webhooks", _WEBHOOKS),
    "whoami": Place(
        "login", "whoami", "Say who you are to a server, or on a database of your own."
    ),
    "workspaces": Place("workspaces", "workspaces", "Keep teams on one server apart."),
}


class Commands(LateGroup):
    """The group of all commands, which reports in one line whatever goes wrong."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run; whatever goes wrong becomes one line, unless a traceback was asked for."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:  # the border where errors become lines
            broken_pipe = isinstance(error, OSError) and error.errno == errno.EPIPE
            if broken_pipe or ctx.params["debug"]:
                raise
            raise click.ClickException(_as_line(error)) from error

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run and exit: 0 done, 1 failed, 2 wrongly called, 130 interrupted."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        try:
            code = super().main(args, prog_name, complete_var, False, **extra)
        except click.ClickException as error:
            click.echo(f"Error: {_with_advice(error)}", err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            click.echo("Interrupted.", err=True)
            sys.exit(130)
        sys.exit(code if isinstance(code, int) else 0)


def _as_line(error: Exception) -> str:
    known = isinstance(error, OSError) or hasattr(error, "error_code")
    text = " ".join(str(error).split())
    if known and text:
        return text
    return (
        f"unexpected {type(error).__name__}: {text or 'no message'} "
        "(set MILLSTREAM_DEBUG=1 to see where)"
    )


def _with_advice(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split())
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return message
    return f"{message} Try '{context.command_path} --help'."


def _read_environment_file(
    context: click.Context, parameter: click.Parameter, path: Path | None
) -> None:
    """Set the variables of a file of KEY=VALUE lines that are not set yet."""
    if path is None:
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        entry = line.strip().removeprefix("export ")
        if not entry or entry.startswith("#"):
            continue
        name, equals, value = entry.partition("=")
        if not equals:
            raise click.BadParameter(
                f"line {number} of {path} is {line!r}; expected NAME=VALUE.", context, parameter
            )
        os.environ.setdefault(name.strip(), value.strip().strip("'\""))


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    if context.info_name == "mlflow":
        click.echo(f"mlflow, version {MLFLOW_VERSION} (Millstream {VERSION})")
    else:
        click.echo(f"millstream, version {VERSION}")
    context.exit()


@example(
    "millstream demo",
    "millstream ui",
    "millstream runs list --experiment-id 0",
)
@click.group(
    cls=Commands,
    places=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and exit.",
)
@click.option(
    "--env-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=_read_environment_file,
    help="Set environment variables from a file of NAME=VALUE lines; those set already stay.",
)
@click.option(
    "--debug",
    is_flag=True,
    envvar="MILLSTREAM_DEBUG",
    help="Show where an error comes from, as MILLSTREAM_DEBUG=1 does.",
)
def root(debug: bool) -> None:
    """Track experiments, keep their files and models, and look at them.

    The data are those of the current tracking URI: ./mlruns, or what MILLSTREAM_TRACKING_URI or
    MLFLOW_TRACKING_URI says (a folder, a database URI or the address of a server).
    """


def main() -> NoReturn:
    """The entry point of the programs `millstream` and, with the drop-in, `mlflow`."""
    name = Path(sys.argv[0]).name
    root.main(prog_name="mlflow" if name.startswith("mlflow") else "millstream")
    raise AssertionError("click's main exits")


if __name__ == "__main__":
    main()
