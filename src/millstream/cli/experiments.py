"""Commands about experiments."""

from __future__ import annotations

import csv as comma_separated
import math
import sys
from datetime import UTC, datetime
from typing import IO

import click

from millstream.cli.options import (
    VIEWS,
    exactly_one,
    example,
    experiment_id_option,
    json_option,
    tracking_uri_option,
    view_option,
)
from millstream.cli.output import as_date, print_fields, print_json, print_rows, report
from millstream.client.paging import PagedList, collect
from millstream.client.tracking import MillstreamClient
from millstream.entities.experiments import Experiment
from millstream.entities.runs import Run
from millstream.errors import NotFound

PAGE = 1000


@example(
    "millstream experiments create --experiment-name prices",
    "millstream experiments search",
)
@click.group()
def experiments() -> None:
    """Manage experiments."""


@example("millstream experiments create -n prices -l s3://bucket/prices")
@experiments.command()
@click.option("-n", "--experiment-name", required=True, help="Name of the new experiment.")
@click.option(
    "-l",
    "--artifact-location",
    metavar="URI",
    help="Where its runs keep their files (default: below the store's artifact root).",
)
@json_option
@tracking_uri_option
def create(
    experiment_name: str, artifact_location: str | None, as_json: bool, tracking_uri: str | None
) -> None:
    """Create an experiment."""
    experiment_id = MillstreamClient(tracking_uri).create_experiment(
        experiment_name, artifact_location
    )
    report(
        f"Created experiment '{experiment_name}' with id {experiment_id}",
        {"experiment_id": experiment_id, "name": experiment_name},
        as_json=as_json,
    )


@example("millstream experiments search --view all")
@experiments.command()
@view_option
@click.option(
    "--max-results", type=click.IntRange(min=1), help="Show at most so many (default: all)."
)
@click.option("--filter", "filter_string", help="Which to show, e.g. \"name LIKE 'prices%'\".")
@json_option
@tracking_uri_option
def search(
    view: str,
    max_results: int | None,
    filter_string: str | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """List experiments, newest first."""
    client = MillstreamClient(tracking_uri)

    def page(size: int, token: str | None) -> PagedList[Experiment]:
        return client.search_experiments(VIEWS[view], size, filter_string, page_token=token)

    found = collect(page, max_results, PAGE)
    if as_json:
        print_json([_described(experiment) for experiment in found])
        return
    print_rows(
        ["Experiment Id", "Name", "Artifact Location"],
        [(item.experiment_id, item.name, item.artifact_location) for item in found],
        "There is no such experiment.",
    )


@example("millstream experiments get -n Default --json")
@experiments.command()
@click.option("-x", "--experiment-id", help="ID of the experiment.")
@click.option("-n", "--experiment-name", help="Name of the experiment.")
@click.option(
    "--output",
    type=click.Choice(["json", "table"]),
    default="table",
    show_default=True,
    help="Form of the answer; json is the same as --json.",
)
@json_option
@tracking_uri_option
def get(
    experiment_id: str | None,
    experiment_name: str | None,
    output: str,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Show one experiment, by ID or by name."""
    exactly_one(experiment_id=experiment_id, experiment_name=experiment_name)
    client = MillstreamClient(tracking_uri)
    if experiment_id is not None:
        experiment = client.get_experiment(experiment_id)
    else:
        named = client.get_experiment_by_name(str(experiment_name))
        if named is None:
            raise NotFound(f"Experiment with name '{experiment_name}' does not exist.")
        experiment = named
    if as_json or output == "json":
        print_json(_described(experiment))
        return
    print_fields(
        {
            "Experiment Id": experiment.experiment_id,
            "Name": experiment.name,
            "Artifact Location": experiment.artifact_location,
            "Lifecycle Stage": experiment.lifecycle_stage,
            "Creation Time": as_date(experiment.creation_time),
            "Last Update Time": as_date(experiment.last_update_time),
            "Tags": experiment.tags,
        }
    )


@example("millstream experiments delete -x 3")
@experiments.command()
@experiment_id_option
@json_option
@tracking_uri_option
def delete(experiment_id: str, as_json: bool, tracking_uri: str | None) -> None:
    """Mark an experiment and its runs deleted; `restore` undoes it, `gc` makes it final."""
    MillstreamClient(tracking_uri).delete_experiment(experiment_id)
    report(
        f"Experiment with ID {experiment_id} has been deleted.",
        {"experiment_id": experiment_id, "lifecycle_stage": "deleted"},
        as_json=as_json,
    )


@example("millstream experiments restore -x 3")
@experiments.command()
@experiment_id_option
@json_option
@tracking_uri_option
def restore(experiment_id: str, as_json: bool, tracking_uri: str | None) -> None:
    """Bring a deleted experiment back, with its runs."""
    MillstreamClient(tracking_uri).restore_experiment(experiment_id)
    report(
        f"Experiment with id {experiment_id} has been restored.",
        {"experiment_id": experiment_id, "lifecycle_stage": "active"},
        as_json=as_json,
    )


@example("millstream experiments rename -x 3 --new-name prices-2026")
@experiments.command()
@experiment_id_option
@click.option("--new-name", required=True, help="The name it gets.")
@json_option
@tracking_uri_option
def rename(experiment_id: str, new_name: str, as_json: bool, tracking_uri: str | None) -> None:
    """Give an active experiment another name."""
    MillstreamClient(tracking_uri).rename_experiment(experiment_id, new_name)
    report(
        f"Experiment with id {experiment_id} has been renamed to '{new_name}'.",
        {"experiment_id": experiment_id, "name": new_name},
        as_json=as_json,
    )


@example("millstream experiments csv -x 0 -o runs.csv")
@experiments.command()
@experiment_id_option
@click.option(
    "-o",
    "--filename",
    type=click.Path(dir_okay=False, writable=True),
    help="The file to write (default: print).",
)
@tracking_uri_option
def csv(experiment_id: str, filename: str | None, tracking_uri: str | None) -> None:
    """Write the active runs of an experiment as CSV, a column for each metric, param and tag."""
    client = MillstreamClient(tracking_uri)
    client.get_experiment(experiment_id)

    def page(size: int, token: str | None) -> PagedList[Run]:
        return client.search_runs([experiment_id], max_results=size, page_token=token)

    runs = collect(page, None, PAGE)
    if filename is None:
        _write_csv(runs, sys.stdout)
        return
    with click.open_file(filename, "w", encoding="utf-8", atomic=True) as file:
        _write_csv(runs, file)
    click.echo(
        f"Experiment with ID {experiment_id} has been exported as a CSV to file: {filename}."
    )


def _described(experiment: Experiment) -> dict[str, object]:
    return {**experiment.to_dictionary(), "tags": experiment.tags}


def _write_csv(runs: list[Run], file: IO[str]) -> None:
    fixed = ["run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time"]
    found = [_cells(run) for run in runs]
    more = sorted(
        {name for cells in found for name in cells if name not in fixed},
        key=lambda name: (["metrics", "params", "tags"].index(name.split(".")[0]), name),
    )
    writer = comma_separated.DictWriter(file, [*fixed, *more], lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)


def _cells(run: Run) -> dict[str, object]:
    cells: dict[str, object] = {
        "run_id": run.info.run_id,
        "experiment_id": run.info.experiment_id,
        "status": run.info.status,
        "artifact_uri": run.info.artifact_uri,
        "start_time": _exact_date(run.info.start_time),
        "end_time": _exact_date(run.info.end_time),
    }
    for name, value in run.data.metrics.items():
        cells[f"metrics.{name}"] = "NaN" if math.isnan(value) else value
    cells.update({f"params.{name}": value for name, value in run.data.params.items()})
    cells.update({f"tags.{name}": value for name, value in run.data.tags.items()})
    return cells


def _exact_date(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(sep=" ", timespec="milliseconds")
