"""The command that shows what two runs differ in."""

from __future__ import annotations

import click

from millstream.cli.findings import as_fields, metric_option, print_findings, tolerance_option
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import print_json
from millstream.client.session import SESSION
from millstream.projects.reproduction import repetition


@example("millstream diff 4f5c9e… 87ab02…", "millstream diff 4f5c9e… 87ab02… --metric mse --json")
@click.command()
@click.argument("run_id")
@click.argument("other_run_id")
@click.option(
    "--source",
    metavar="FOLDER",
    help="A git repository that has the commits of both; by default those that the runs came from, "
    "if they are on this machine.",
)
@tolerance_option
@metric_option
@json_option
@tracking_uri_option
def diff(
    run_id: str,
    other_run_id: str,
    source: str | None,
    tolerance: float,
    metrics: tuple[str, ...],
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Show what two runs differ in, the likeliest cause first.

    Compared are code, environment, data, seeds and other params, hardware, and last values of
    metrics.
    """
    if tracking_uri is not None:
        SESSION.set_tracking_uri(tracking_uri)
    found = repetition.diff(
        run_id, other_run_id, tolerance=tolerance, metrics=metrics or None, source=source
    )
    if as_json:
        print_json({"run_ids": [run_id, other_run_id], **as_fields(found)})
        return
    print_findings(found, run_id[:8], other_run_id[:8], "The runs do not differ.")
