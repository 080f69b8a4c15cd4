"""Options whose values are names with values: parameters, and arguments for docker."""

from __future__ import annotations

from collections.abc import Sequence

import click

from millstream.cli.options import Decorated


def docker_option(command: Decorated) -> Decorated:
    """`-A`: what the program that runs containers is told besides."""
    return click.option(
        "-A",
        "--docker-args",
        multiple=True,
        metavar="NAME[=VALUE]",
        help="An argument for docker or what takes its place; repeatable.",
    )(command)


def pairs(words: Sequence[str], option: str) -> dict[str, str]:
    """Names and values that were given with an option; what is neither is a usage error."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise click.UsageError(
                f"Invalid format for {option} parameter: '{word}'. Use {option} name=value."
            )
        if name in found:
            raise click.UsageError(f"Repeated parameter: '{name}'")
        found[name] = value
    return found


def docker_arguments(words: Sequence[str]) -> dict[str, str | bool]:
    """Names and values; of a name alone, true."""
    found: dict[str, str | bool] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if name in found:
            raise click.UsageError(f"Repeated parameter: '{name}'")
        found[name] = value if equals else True
    return found
