"""How commands print: JSON when asked, tables through rich on a terminal, plain text elsewhere."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_json(value: object) -> None:
    """Print a value as indented JSON; NaN and the infinities become words, as on the wire."""
    click.echo(json.dumps(_json_safe(value), indent=2, ensure_ascii=False))


def print_rows(titles: Sequence[str], rows: Sequence[Sequence[object]], nothing: str) -> None:
    """Print rows under titles; without rows, print the sentence `nothing`."""
    if not rows:
        click.echo(nothing)
        return
    texts = [[_as_text(cell) for cell in row] for row in rows]
    if not is_terminal():
        _print_plain(titles, texts)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in texts:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def print_fields(fields: Mapping[str, object]) -> None:
    """Print names and values, one a line, the names aligned."""
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        label = click.style(name.ljust(width), bold=True) if is_terminal() else name.ljust(width)
        click.echo(f"{label}  {_as_text(value)}".rstrip())


def report(sentence: str, fields: Mapping[str, object], *, as_json: bool) -> None:
    """Say what was done: a sentence, or the fields as JSON."""
    if as_json:
        print_json(fields)
    else:
        click.echo(sentence)


def is_terminal() -> bool:
    """Whether a person reads along, and has not asked for plain text with NO_COLOR."""
    console = Console()
    return console.is_terminal and not console.no_color


def as_date(milliseconds: int | None) -> str:
    """A time in ms since 1970 as `2026-01-31 12:00:00 UTC`; nothing for None."""
    if milliseconds is None:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _print_plain(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(title), *(len(row[at]) for row in rows)) for at, title in enumerate(titles)]
    for line in (titles, ["-" * width for width in widths], *rows):
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        value = ", ".join(f"{key}={item}" for key, item in value.items())
    # A name may hold line ends or escape sequences, which would act on the terminal.
    return "".join(letter if letter.isprintable() else " " for letter in str(value))


def _json_safe(value: object) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, Mapping):
        return {str(key): _json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_safe(item) for item in value]
    return value
