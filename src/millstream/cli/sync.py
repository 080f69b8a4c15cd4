"""The command that sends what scripts logged while their store was away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click

from millstream import connect, settings
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import print_json
from millstream.client import journal
from millstream.client.session import SESSION
from millstream.entities.metrics import Metric
from millstream.entities.runs import LogBatch, UpdateRun
from millstream.errors import MillstreamError
from millstream.masking import shown
from millstream.store.interface import Store

MOST_METRICS = 1_000


@example("millstream sync", "millstream sync --tracking-uri http://127.0.0.1:5000")
@click.command()
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also journals whose process seems to run, but is another one of the same number.",
)
@json_option
@tracking_uri_option
@click.pass_context
def sync(context: click.Context, everything: bool, as_json: bool, tracking_uri: str | None) -> None:
    """Send what scripts logged while their store was away.

    A script keeps such metrics in journals and says so when it ends. Journals of scripts that are
    still running are left to them. Sending twice does no harm: a point is stored once.
    """
    uri = tracking_uri or settings.load().tracking_uri or connect.DEFAULT_FOLDER
    place = connect.canonical(uri)
    outcomes = [_send(path, place, everything=everything) for path in _journals(place)]
    if as_json:
        print_json(outcomes)
    elif not outcomes:
        click.echo("Nothing is left to send.")
    else:
        for outcome in outcomes:
            click.echo(f"{outcome['path']}: {outcome['state']}")
    context.exit(1 if any(outcome["failed"] for outcome in outcomes) else 0)


def _journals(place: str) -> Iterator[Path]:
    """The journals of a store, oldest first."""
    folder = Path(SESSION.journal_folder(place))
    if folder.is_dir():
        yield from sorted(folder.glob(f"*{journal.SUFFIX}"), key=lambda path: path.stat().st_mtime)


def _send(path: Path, place: str, *, everything: bool) -> dict[str, object]:
    """Apply one journal, and remove it once all of it has arrived."""
    contents = journal.read(path)
    header = contents.header
    if connect.local_folder(place) is None and header.tracking_uri != place:
        return _outcome(path, f"belongs to {shown(header.tracking_uri)}", failed=False)
    if not everything and _is_running(header.process_id):
        return _outcome(
            path, f"left to process {header.process_id}, which is running", failed=False
        )
    try:
        _apply(contents, SESSION.store(place))
    except MillstreamError as error:
        return _outcome(path, f"not sent: {error.message}", failed=True)
    sent = f"sent {len(contents.records)} records"
    if contents.torn:
        kept = path.replace(path.with_suffix(".torn"))
        return _outcome(path, f"{sent}; its last line is cut off and kept in {kept}", failed=False)
    path.unlink()
    return _outcome(path, sent, failed=False)


def _apply(contents: journal.Contents, store: Store) -> None:
    for is_point, records in groupby(contents.records, lambda record: isinstance(record, Metric)):
        if is_point:
            points = [record for record in records if isinstance(record, Metric)]
            for start in range(0, len(points), MOST_METRICS):
                batch = points[start : start + MOST_METRICS]
                store.runs.log_batch(LogBatch(contents.header.run_id, batch)).result()
        else:
            for end in records:
                if isinstance(end, UpdateRun):
                    store.runs.update(end).result()


def _outcome(path: Path, state: str, *, failed: bool) -> dict[str, object]:
    return {"path": str(path), "state": state, "failed": failed}


def _is_running(process_id: int) -> bool:
    if os.name == "nt":  # there, signal 0 ends a process
        return True
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
