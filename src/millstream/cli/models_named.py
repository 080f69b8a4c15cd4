"""The registered model or version that a command is about: its options, and finding it."""

from __future__ import annotations

from typing import Any

import click

from millstream.bundles.side import Side
from millstream.cli.options import Decorated
from millstream.client.context import user_name
from millstream.client.model_uris import RegistryName, version_named
from millstream.client.session import SESSION
from millstream.entities.model_versions import ModelVersion

VERSION_HELP = "a number, a stage, @ and an alias, or latest."


def name_option(command: Decorated) -> Decorated:
    """`--name`: the registered model."""
    return click.option("-n", "--name", required=True, help="Name of the registered model.")(
        command
    )


def version_option(command: Decorated) -> Decorated:
    """`--version`: the version of it."""
    return click.option(
        "-v", "--version", required=True, metavar="VERSION", help=f"Which version: {VERSION_HELP}"
    )(command)


def comment_option(command: Decorated) -> Decorated:
    """`--comment`: what the history shall say of why."""
    return click.option("--comment", help="Why, for the history.")(command)


def change(comment: str | None) -> dict[str, Any]:
    """What every request that changes the registry says: who asks, and why."""
    return {"user_id": user_name(SESSION.settings()), "comment": comment}


def find_version(side: Side, name: str, version: str) -> ModelVersion:
    """The version that a number, a stage, an alias after @, or the word latest stands for."""
    named = RegistryName(name, version, None, "")
    if version.startswith("@"):
        named = RegistryName(name, None, version[1:], "")
    return version_named(named, side.registry)
