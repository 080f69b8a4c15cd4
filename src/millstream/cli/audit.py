"""Commands about the audit log."""

from __future__ import annotations

import sys
from typing import IO

import click
import msgspec

from millstream.cli.access import managed, place_option
from millstream.cli.options import example, json_option
from millstream.cli.output import as_date, print_fields, print_json, print_rows
from millstream.entities import audit_events as ae
from millstream.store.access import Access

PAGE = 1_000


@example("millstream audit list", "millstream audit verify")
@click.group()
def audit() -> None:
    """Read the audit log: who did what from where."""


@example("millstream audit list --actor ada", "millstream audit list --action user.create")
@audit.command("list")
@click.option("--actor", help="Only what this user did.")
@click.option("--action", help="Only this, as in token.create.")
@click.option(
    "--max-results",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Show at most so many.",
)
@json_option
@place_option
def list_events(
    actor: str | None,
    action: str | None,
    max_results: int,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """List entries, newest first."""
    found: list[ae.AuditEvent] = []
    with managed(tracking_uri) as (access, _, _):
        token: str | None = None
        while len(found) < max_results:
            size = min(PAGE, max_results - len(found))
            page = access.audit.search(ae.SearchAuditEvents(actor, action, size, token))
            found += page.events
            token = page.next_page_token
            if token is None:
                break
    if as_json:
        print_json([event.to_dictionary() for event in found])
        return
    print_rows(
        ["Sequence", "Time", "Actor", "Address", "Action", "On", "Result", "Details"],
        [
            (
                event.sequence,
                as_date(event.timestamp),
                event.actor,
                event.address,
                event.action,
                " ".join(filter(None, (event.resource_type, event.resource_id))),
                event.result,
                event.details,
            )
            for event in found
        ],
        "There is no such entry.",
    )


@example("millstream audit export -o audit.jsonl")
@audit.command()
@click.option(
    "-o",
    "--filename",
    type=click.Path(dir_okay=False, writable=True),
    help="The file to write (default: print).",
)
@click.option(
    "--first-sequence",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="The entry to begin with.",
)
@place_option
def export(filename: str | None, first_sequence: int, tracking_uri: str | None) -> None:
    """Write all entries as lines of JSON, oldest first, each with all that its hash is over."""
    request = ae.ExportAudit(first_sequence)
    with managed(tracking_uri) as (access, _, _):
        if filename is None:
            _write(access, request, sys.stdout.buffer)
            return
        with click.open_file(filename, "wb", atomic=True) as file:
            count = _write(access, request, file)
    click.echo(f"Wrote {count} entries to {filename}")


@example(
    "millstream audit verify",
    "millstream audit verify --sequence 120 --hash 9f2c…",
)
@audit.command()
@click.option("--sequence", type=click.IntRange(min=1), help="An entry that was kept elsewhere.")
@click.option("--hash", "digest", help="Its hash.")
@json_option
@place_option
@click.pass_context
def verify(
    context: click.Context,
    sequence: int | None,
    digest: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Hold every entry against its hash and the one before; the exit code is 1 if one is broken."""
    with managed(tracking_uri) as (access, _, _):
        found = access.audit.verify(ae.VerifyAudit(sequence, digest))
    if as_json:
        print_json(found.to_dictionary())
    else:
        print_fields(
            {
                "Intact": "yes" if found.intact else "no",
                "Entries": found.events,
                "Hash": found.hash,
                "Broken": found.broken_sequence,
                "Problem": found.problem,
            }
        )
    context.exit(0 if found.intact else 1)


def _write(access: Access, request: ae.ExportAudit, file: IO[bytes]) -> int:
    count = 0
    for events in access.audit.export(request):
        for event in events:
            file.write(msgspec.json.encode(event) + b"\n")
        count += len(events)
    return count
