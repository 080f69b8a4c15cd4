"""What the commands about access share: where it is kept, who asks, and words for permissions."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import click

from millstream import connect, settings
from millstream.address import local_user
from millstream.cli.options import Decorated, environment_names
from millstream.entities.asking import Asking
from millstream.entities.permissions import EVERY_RESOURCE, PermissionName, Resource
from millstream.entities.users import Actor
from millstream.store.access import Access

# What people say, and what the wire says for it.
WORDS: dict[str, PermissionName] = {
    "reader": "READ",
    "user": "USE",
    "editor": "EDIT",
    "manager": "MANAGE",
    "nothing": "NO_PERMISSIONS",
    "denied": "DENY",
}
_NAMES = {name: word for word, name in WORDS.items()}


class Managed(NamedTuple):
    """Access as it is managed by a command, and who asks, for where no server finds that out."""

    access: Access
    asking: Asking
    is_remote: bool

    @property
    def by(self) -> Actor:
        """Who asks, for the audit log."""
        return self.asking.actor


@contextlib.contextmanager
def managed(uri: str | None) -> Iterator[Managed]:
    """The access of a server, or of the database where it is kept, until the command ends."""
    place = uri or connect.DEFAULT_FOLDER
    store = connect.open_store(place, settings.load())
    try:
        asking = Asking(local_user())
        yield Managed(connect.access_of(store), asking, connect.is_remote(place))
    finally:
        store.close()


def place_option(command: Decorated) -> Decorated:
    """`--tracking-uri`: the server or the database whose access is meant."""
    return click.option(
        "--tracking-uri",
        "--backend-store-uri",
        "tracking_uri",
        envvar=environment_names("TRACKING_URI"),
        metavar="URI",
        help="Server, database or folder whose access is meant (default: ./mlruns).",
    )(command)


def resource_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--experiment`, `--model` and `--workspace`: what a permission is about, given as `on`."""

    @functools.wraps(command)
    def named(experiment: str | None, model: str | None, workspace: bool, **others: object) -> Any:
        return command(on=_named_resource(experiment, model, workspace), **others)

    options = (
        click.option("--experiment", metavar="ID", help="The experiment; '*' is every one."),
        click.option("--model", metavar="NAME", help="The registered model; '*' is every one."),
        click.option("--workspace", is_flag=True, help="All that is in the workspace."),
    )
    found: Callable[..., Any] = named
    for option in reversed(options):
        found = option(found)
    return found


def _named_resource(experiment: str | None, model: str | None, workspace: bool) -> Resource:
    """The one resource that the options name."""
    if (experiment is not None) + (model is not None) + workspace != 1:
        raise click.UsageError("Must specify exactly one of --experiment, --model and --workspace.")
    if experiment is not None:
        return Resource("experiment", experiment)
    if model is not None:
        return Resource("registered_model", model)
    return Resource("workspace", EVERY_RESOURCE)


def shown_resource(resource_type: str, pattern: str) -> str:
    """A resource as people say it."""
    kind = resource_type.replace("_", " ")
    if resource_type == "workspace":
        return "the workspace"
    return f"every {kind}" if pattern == EVERY_RESOURCE else f"{kind} '{pattern}'"


def level_argument(command: Decorated) -> Decorated:
    """LEVEL: how much is permitted."""
    return click.argument("level", type=click.Choice(list(WORDS), case_sensitive=False))(command)


def word(permission: PermissionName) -> str:
    """A permission as people say it."""
    return _NAMES[permission]


def read_secret(prompt: str, from_stdin: bool, *, confirm: bool) -> str:
    """A secret: the first line of standard input, or asked for on the terminal, unseen."""
    if from_stdin:
        secret = sys.stdin.readline().rstrip("\r\n")
        if not secret:
            raise click.UsageError(f"Standard input holds no {prompt.lower()}.")
        return secret
    secret = click.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True)
    return str(secret)
