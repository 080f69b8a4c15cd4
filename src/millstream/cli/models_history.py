"""The commands that read the history of the registry, and turn it back."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import get_args

import click

from millstream.bundles.side import Side, open_side
from millstream.cli.models_named import change, comment_option, name_option
from millstream.cli.options import exactly_one, example, json_option, tracking_uri_option
from millstream.cli.output import as_date, print_json, print_rows
from millstream.client.paging import PagedList, collect
from millstream.entities.registry_events import (
    EventKind,
    GetRegistryState,
    RegistryEvent,
    RollBack,
    SearchRegistryEvents,
)
from millstream.errors import EndpointNotFound, NotSupported
from millstream.masking import shown
from millstream.store.registry import RegistryEvents

PAGE = 1_000
_TO_ITS_END = timedelta(days=1, milliseconds=-1)
# Python also reads 2026-01-31+02:00, as two o'clock.
_DAY = re.compile(r"\d{4}-?\d\d-?\d\d")
_TIME = re.compile(rf"{_DAY.pattern}[Tt ]\d\d")


def _moment(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """In ms since 1970: of a date its last one, in UTC where nothing else is said."""
    if text is None:
        return None
    text = text.strip()
    try:
        if _DAY.fullmatch(text):
            found = datetime.fromisoformat(text) + _TO_ITS_END
        elif _TIME.match(text):
            found = datetime.fromisoformat(text)
        else:
            raise ValueError("neither a date nor a date and time")
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no date; write 2026-01-31, 2026-01-31T12:00 or 2026-01-31T12:00+01:00.",
            context,
            parameter,
        ) from error
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return int(found.timestamp() * 1000)


@example(
    "millstream models history --name churn",
    "millstream models history --name churn --at 2026-01-31 --stage Production",
    "millstream models history --name churn --version 3 --kind STAGE_CHANGED",
)
@click.command()
@name_option
@click.option(
    "--at",
    callback=_moment,
    metavar="DATE",
    help="Show the stages and aliases at that time instead: a date (its end, UTC) or date and "
    "time such as 2026-01-31T12:00.",
)
@click.option("--stage", help="With --at: only what was in this stage.")
@click.option("-v", "--version", metavar="NUMBER", help="Only the events of this version.")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(get_args(EventKind), case_sensitive=False),
    multiple=True,
    metavar="KIND",
    help="Only events of this kind, such as STAGE_CHANGED or ALIAS_SET; repeatable.",
)
@click.option("--user", help="Only what this user did.")
@click.option(
    "--max-results", type=click.IntRange(min=1), help="Show at most so many (default: all)."
)
@json_option
@tracking_uri_option
def history(
    name: str,
    at: int | None,
    stage: str | None,
    version: str | None,
    kinds: tuple[EventKind, ...],
    user: str | None,
    max_results: int | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Show who changed what, when and why; or what was where at a date.

    Newest first. The history stays when a version or the model is deleted.
    """
    side = open_side(tracking_uri)
    if at is not None:
        if version or kinds or user or max_results:
            raise click.UsageError("--at goes with --stage only.")
        _show_state(side, GetRegistryState(name, at, stage), as_json=as_json)
        return
    if stage is not None:
        raise click.UsageError("--stage goes with --at; without it, use --kind STAGE_CHANGED.")

    def page(size: int, token: str | None) -> PagedList[RegistryEvent]:
        request = SearchRegistryEvents(
            name=name,
            version=version,
            kinds=list(kinds),
            user_id=user,
            max_results=size,
            page_token=token,
        )
        with _history_of(side) as events:
            found = events.search(request)
        return PagedList(found.events, found.next_page_token)

    found = collect(page, max_results, PAGE)
    if as_json:
        print_json([event.to_dictionary() for event in found])
        return
    print_rows(
        ["When", "What", "Who", "Why"],
        [(as_date(event.timestamp), told(event), event.user_id, event.comment) for event in found],
        f"The history has no such event of {name}.",
    )


@example(
    "millstream models rollback --name churn --stage Production",
    'millstream models rollback --name churn --alias champion --comment "worse on the weekend"',
)
@click.command()
@name_option
@click.option("--stage", help="Undo the last change of what is in this stage.")
@click.option("-a", "--alias", help="Undo the last change of where this alias points.")
@comment_option
@json_option
@tracking_uri_option
def rollback(
    name: str,
    stage: str | None,
    alias: str | None,
    comment: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Undo the last move of a stage or alias.

    All that moved together goes back together; the history says so and keeps both.
    """
    exactly_one(stage=stage, alias=alias)
    wish = RollBack(name=name, stage=stage, alias=alias, **change(comment))
    with _history_of(open_side(tracking_uri)) as kept:
        events = kept.roll_back(wish).result().events
    if as_json:
        print_json([event.to_dictionary() for event in events])
        return
    for event in events:
        click.echo(f"{told(event)}.")


def told(event: RegistryEvent) -> str:
    """An event in words."""
    about = event.name if event.version is None else f"version {event.version}"
    words = event.kind.replace("_", " ").lower()
    if event.kind == "STAGE_CHANGED":
        return f"{about}: {event.from_value} to {event.to_value}"
    if event.kind == "ALIAS_SET":
        was = "" if event.from_value is None else f", before to version {event.from_value}"
        return f"alias {event.subject} to {about}{was}"
    if event.kind == "VERSION_CREATED":
        return f"{about} registered"
    subject = "" if event.subject is None else f" {event.subject}"
    return f"{about}: {words}{subject}"


@contextmanager
def _history_of(side: Side) -> Iterator[RegistryEvents]:
    """The history of a registry; a server that keeps none, such as MLflow's, is named."""
    try:
        yield side.registry.registry_events
    except EndpointNotFound as error:
        raise NotSupported(
            f"{shown(side.registry_uri)} keeps no history of its registry; servers, "
            "folders and databases of Millstream do."
        ) from error


def _show_state(side: Side, request: GetRegistryState, *, as_json: bool) -> None:
    now = time.time_ns() // 1_000_000
    with _history_of(side) as events:
        state = events.get_state(request)
    if as_json:
        print_json(state.to_dictionary())
        return
    when = as_date(min(state.timestamp, now))
    click.echo(f"{request.name} at {when}")
    where = f"in {request.stage}" if request.stage else "of this model"
    print_rows(
        ["Version", "Stage", "Since", "Aliases", "Who", "Why"],
        [
            (
                one.version,
                one.current_stage,
                as_date(one.since),
                ", ".join(one.aliases),
                one.user_id,
                one.comment,
            )
            for one in state.versions
        ],
        f"There was no version {where}.",
    )
