"""Commands about runs."""

from __future__ import annotations

import sys

import click
import msgspec

from millstream import settings
from millstream.cli.following import written_lines
from millstream.cli.options import (
    VIEWS,
    environment_names,
    exactly_one,
    example,
    experiment_id_option,
    json_option,
    run_id_option,
    tracking_uri_option,
    view_option,
)
from millstream.cli.output import as_date, print_json, print_rows, report
from millstream.client.context import SOURCE_NAME, SOURCE_TYPE, USER, user_name
from millstream.client.paging import PagedList, collect
from millstream.client.tracking import MillstreamClient
from millstream.entities.runs import Run
from millstream.errors import InvalidState

PAGE = 1000


@example(
    "millstream runs list --experiment-id 0",
    "millstream runs describe --run-id 0123456789abcdef0123456789abcdef",
)
@click.group()
def runs() -> None:
    """Manage runs."""


@example('millstream runs list -x 0 --filter "metrics.mse < 3000" --order-by "metrics.mse ASC"')
@runs.command("list")
@experiment_id_option
@view_option
@click.option("--filter", "filter_string", default="", help='Which, e.g. "metrics.mse < 3000".')
@click.option("--order-by", multiple=True, help='Order, e.g. "metrics.mse ASC"; repeatable.')
@click.option(
    "--max-results", type=click.IntRange(min=1), help="Show at most so many (default: all)."
)
@json_option
@tracking_uri_option
def list_runs(
    experiment_id: str,
    view: str,
    filter_string: str,
    order_by: tuple[str, ...],
    max_results: int | None,
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """List the runs of an experiment, newest first."""
    client = MillstreamClient(tracking_uri)

    def page(size: int, token: str | None) -> PagedList[Run]:
        return client.search_runs(
            [experiment_id],
            filter_string=filter_string,
            run_view_type=VIEWS[view],
            max_results=size,
            order_by=list(order_by),
            page_token=token,
        )

    found = collect(page, max_results, PAGE)
    if as_json:
        print_json([run.to_dictionary() for run in found])
        return
    print_rows(
        ["Date", "Name", "ID", "Status"],
        [
            (as_date(run.info.start_time), run.info.run_name, run.info.run_id, run.info.status)
            for run in found
        ],
        f"Experiment {experiment_id} has no such run.",
    )


@example("millstream runs describe --run-id 0123456789abcdef0123456789abcdef")
@runs.command()
@run_id_option
@json_option
@tracking_uri_option
def describe(run_id: str, as_json: bool, tracking_uri: str | None) -> None:  # noqa: ARG001 always JSON
    """Print all that is known of a run, as JSON."""
    print_json(MillstreamClient(tracking_uri).get_run(run_id).to_dictionary())


@example("millstream runs console 0123456789abcdef0123456789abcdef --follow")
@runs.command()
@click.argument("run_id")
@click.option("-f", "--follow", is_flag=True, help="Go on until the run ends.")
@json_option
@tracking_uri_option
def console(run_id: str, follow: bool, as_json: bool, tracking_uri: str | None) -> None:
    """Print what a run wrote to its terminals; with --json each line as an object."""
    client = MillstreamClient(tracking_uri)
    for line in written_lines(client._store, run_id, follow=follow):  # its own store
        click.echo(msgspec.json.encode(line).decode() if as_json else line.text)


@example("millstream runs delete --run-id 0123456789abcdef0123456789abcdef")
@runs.command()
@run_id_option
@json_option
@tracking_uri_option
def delete(run_id: str, as_json: bool, tracking_uri: str | None) -> None:
    """Mark a run deleted; `restore` undoes it, `gc` makes it final."""
    MillstreamClient(tracking_uri).delete_run(run_id)
    report(
        f"Run with ID {run_id} has been deleted.",
        {"run_id": run_id, "lifecycle_stage": "deleted"},
        as_json=as_json,
    )


@example("millstream runs restore --run-id 0123456789abcdef0123456789abcdef")
@runs.command()
@run_id_option
@json_option
@tracking_uri_option
def restore(run_id: str, as_json: bool, tracking_uri: str | None) -> None:
    """Bring a deleted run back."""
    MillstreamClient(tracking_uri).restore_run(run_id)
    report(
        f"Run with id {run_id} has been restored.",
        {"run_id": run_id, "lifecycle_stage": "active"},
        as_json=as_json,
    )


@example("millstream runs create --experiment-name prices --run-name by-hand -t team=blue")
@runs.command()
@click.option(
    "-x",
    "--experiment-id",
    envvar=environment_names("EXPERIMENT_ID"),
    help="ID of the experiment that the run belongs to.",
)
@click.option(
    "-n",
    "--experiment-name",
    envvar=environment_names("EXPERIMENT_NAME"),
    help="Its name instead; created if absent.",
)
@click.option("--run-name", help="A name for people; made up if absent.")
@click.option("--description", help="What the run is, as Markdown.")
@click.option("-t", "--tags", multiple=True, metavar="KEY=VALUE", help="A tag; repeatable.")
@click.option(
    "--status",
    type=click.Choice(["FINISHED", "FAILED", "KILLED"], case_sensitive=False),
    default="FINISHED",
    show_default=True,
    help="How the run ends.",
)
@click.option("--parent-run-id", help="ID of the run that this one is nested in.")
@json_option
@tracking_uri_option
def create(
    experiment_id: str | None,
    experiment_name: str | None,
    run_name: str | None,
    description: str | None,
    tags: tuple[str, ...],
    status: str,
    parent_run_id: str | None,
    as_json: bool,  # noqa: ARG001 always JSON
    tracking_uri: str | None,
) -> None:
    """Create a run that is over at once, and print it as JSON."""
    exactly_one(experiment_id=experiment_id, experiment_name=experiment_name)
    given = _given_tags(tags)
    client = MillstreamClient(tracking_uri)
    if parent_run_id is not None:
        client.get_run(parent_run_id)
        given["mlflow.parentRunId"] = parent_run_id
    if description is not None:
        given["mlflow.note.content"] = description
    own = {
        USER: user_name(settings.load()),
        SOURCE_NAME: sys.argv[0],
        SOURCE_TYPE: "LOCAL",
    }
    where = experiment_id or _experiment_of_name(client, str(experiment_name))
    run = client.create_run(where, tags=own | given, run_name=run_name)
    client.set_terminated(run.info.run_id, status)
    print_json(
        {
            "run_id": run.info.run_id,
            "experiment_id": run.info.experiment_id,
            "status": status,
            "run_name": run.info.run_name,
        }
    )


@example("millstream runs fork --run-id 0123456789abcdef0123456789abcdef --step 1000")
@runs.command()
@run_id_option
@click.option(
    "--step", type=int, help="The last step whose points are taken over (default: all points)."
)
@click.option("-x", "--experiment-id", help="The experiment of the new run (default: the same).")
@click.option("--run-name", help="A name for people; that of the other run and -fork if absent.")
@click.option("-t", "--tags", multiple=True, metavar="KEY=VALUE", help="A tag; repeatable.")
@json_option
@tracking_uri_option
def fork(
    run_id: str,
    step: int | None,
    experiment_id: str | None,
    run_name: str | None,
    tags: tuple[str, ...],
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Create a run that begins with what another one logged.

    It waits, with status SCHEDULED, for a script that goes on with it: start that with its ID in
    MILLSTREAM_RUN_ID. Artifacts are not copied.
    """
    client = MillstreamClient(tracking_uri)
    own = {SOURCE_NAME: sys.argv[0], SOURCE_TYPE: "LOCAL"} | _given_tags(tags)
    forked = client.fork_run(run_id, step, experiment_id, run_name, own).info
    client.update_run(forked.run_id, "SCHEDULED")
    report(
        f"Run {forked.run_id} ({forked.run_name}) begins with what run {run_id} logged"
        + ("." if step is None else f" up to step {step}."),
        {
            "run_id": forked.run_id,
            "experiment_id": forked.experiment_id,
            "run_name": forked.run_name,
            "status": "SCHEDULED",
        },
        as_json=as_json,
    )


@example("millstream runs attempts --run-id 0123456789abcdef0123456789abcdef")
@runs.command()
@run_id_option
@json_option
@tracking_uri_option
def attempts(run_id: str, as_json: bool, tracking_uri: str | None) -> None:
    """List how often a run was resumed from a step, and which metrics have points left behind."""
    found = MillstreamClient(tracking_uri).get_attempts(run_id)
    if as_json:
        print_json([attempt.to_dictionary() for attempt in found])
        return
    print_rows(
        ["Attempt", "From step", "Began", "Ended", "Left behind"],
        [
            (
                attempt.attempt,
                attempt.from_step,
                as_date(attempt.start_time),
                as_date(attempt.end_time),
                ", ".join(attempt.metric_keys),
            )
            for attempt in found
        ],
        "",
    )


def _given_tags(tags: tuple[str, ...]) -> dict[str, str]:
    given = {}
    for tag in tags:
        key, equals, value = tag.partition("=")
        if not equals or not key:
            raise click.UsageError(
                f"Invalid tag format: '{tag}'. Tags must be in key=value format."
            )
        given[key] = value
    return given


def _experiment_of_name(client: MillstreamClient, name: str) -> str:
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        return client.create_experiment(name)
    if experiment.lifecycle_stage != "active":
        raise InvalidState(
            f"Experiment '{name}' is deleted; `experiments restore "
            f"--experiment-id {experiment.experiment_id}` brings it back."
        )
    return experiment.experiment_id
