"""Groups of commands that load a command's module when the command is used."""

from __future__ import annotations

import contextlib
import gc
import importlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import click


class Place(NamedTuple):
    """Where a command is found, and the line that stands for it in the list of commands."""

    module: str
    name: str
    summary: str


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    """What is imported meanwhile stays: nobody has to look for garbage in it."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class LateGroup(click.Group):
    """A group of the commands in a table; listing them loads none of them."""

    def __init__(self, *arguments: Any, places: Mapping[str, Place], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.places = places

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        """All names, sorted."""
        return sorted(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 click's signature
        """Load one command; None if there is none of that name."""
        place = self.places.get(cmd_name)
        if place is None:
            return None
        with _kept():
            module = importlib.import_module(f"millstream.cli.{place.module}")
        command: click.Command = getattr(module, place.name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 click's signature
        """List the commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.places[name].summary) for name in sorted(self.places)])
