"""What runs differ in, as a table and as JSON, and the options about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from millstream.cli.output import print_rows
from millstream.projects.reproduction.findings import TOLERANCE, Comparison, as_json

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def tolerance_option(command: Decorated) -> Decorated:
    """`--tolerance`: how far apart metrics may be."""
    return click.option(
        "--tolerance",
        type=click.FloatRange(min=0),
        default=TOLERANCE,
        show_default=True,
        help="How far apart two values of a metric may be, relative to the larger one.",
    )(command)


def metric_option(command: Decorated) -> Decorated:
    """`--metric`: which metrics are compared."""
    return click.option(
        "--metric",
        "metrics",
        multiple=True,
        metavar="NAME",
        help="Compare this metric only; repeatable. By default all but system/….",
    )(command)


def as_fields(found: Comparison) -> dict[str, Any]:
    """A comparison for JSON."""
    return {
        "findings": [as_json(finding) for finding in found.findings],
        "unknown": list(found.unknown),
    }


def print_findings(found: Comparison, expected: str, got: str, nothing: str) -> None:
    """Print a comparison under two titles, and what could not be compared."""
    rows = [(one.cause, one.name, one.expected, one.got) for one in found.findings]
    print_rows(["Cause", "Name", expected, got], rows, nothing)
    for phrase in found.unknown:
        click.echo(f"Not recorded, so not compared: {phrase}.", err=True)
