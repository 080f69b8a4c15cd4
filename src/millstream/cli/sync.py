"""The command that sends what scripts logged while their store was away."""

from __future__ import annotations

import time
from pathlib import Path

import click

from millstream import connect, settings
from millstream.artifacts.progress import Progress
from millstream.cli.options import environment_names, example, json_option
from millstream.cli.output import print_json
from millstream.client import journal
from millstream.client.sending import Sender
from millstream.client.session import SESSION

WATCH_PAUSE = 2.0


@example(
    "millstream sync",
    "millstream sync --tracking-uri http://127.0.0.1:5000",
    "millstream sync copied-from-cluster --to http://127.0.0.1:5000 --watch",
)
@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--to",
    "target",
    metavar="URI",
    help="Where to send all of it, instead of where it belongs. The journals stay as they are.",
)
@click.option("--watch", is_flag=True, help="Go on sending what is logged, until interrupted.")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also journals whose process seems to run, but is another one of the same number.",
)
@json_option
@click.option(
    "--tracking-uri",
    envvar=environment_names("TRACKING_URI"),
    metavar="URI",
    help="The folder, database or server that the journals belong to (default: ./mlruns).",
)
@click.pass_context
def sync(
    context: click.Context,
    path: Path | None,
    target: str | None,
    watch: bool,
    everything: bool,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Send what scripts logged while their store was away.

    A script keeps what it logs in journals and says so when it ends. PATH is one of them or a
    folder of them, of this machine or copied from another with the folders beside them; without it
    those of the tracking URI are meant. Sending twice does no harm. What a running script has is
    sent and left to it; what is damaged is sent up to the damage and kept.
    """
    uri = tracking_uri or settings.load().tracking_uri or connect.DEFAULT_FOLDER
    place = connect.canonical(uri)
    sender = Sender(
        home=None if path is not None else place,
        target=None if target is None else connect.canonical(target),
        everything=everything,
    )
    source = path if path is not None else SESSION.journal_folder(place)
    failed = False
    try:
        while True:
            failed = _round(sender, source, as_json=as_json, quiet=watch) or failed
            if not watch:
                break
            time.sleep(WATCH_PAUSE)
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
    context.exit(1 if failed else 0)


def _round(sender: Sender, source: Path, *, as_json: bool, quiet: bool) -> bool:
    """Send what there is; says whether something failed."""
    found = journal.found_in(source)
    size = sum(path.stat().st_size for path in found if path.exists())
    outcomes = []
    with Progress("Sending", size, quiet=as_json) as progress:
        for path in found:
            outcome = sender.send(path, progress.advance)
            if outcome is not None:
                outcomes.append(outcome)
    if as_json:
        if outcomes or not quiet:
            print_json([outcome.to_dictionary() for outcome in outcomes])
    elif not outcomes and not quiet:
        click.echo("Nothing is left to send.")
    else:
        for outcome in outcomes:
            click.echo(f"{outcome.path}: {outcome.state}")
    return any(outcome.failed for outcome in outcomes)
