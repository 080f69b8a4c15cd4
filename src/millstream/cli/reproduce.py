"""The command that runs a run again and compares the two."""

from __future__ import annotations

import click

from millstream.cli.findings import as_fields, metric_option, print_findings, tolerance_option
from millstream.cli.named_values import docker_arguments, docker_option
from millstream.cli.options import example, json_option, tracking_uri_option
from millstream.cli.output import print_json
from millstream.client.session import SESSION
from millstream.environments.specification import EnvManager
from millstream.projects.reproduction import repetition
from millstream.projects.reproduction.repetition import Reproduction


@example(
    "millstream reproduce 4f5c9e…",
    "millstream reproduce 4f5c9e… --source ~/code/project --env-manager local --tolerance 1e-6",
)
@click.command()
@click.argument("run_id")
@click.option(
    "--source",
    metavar="URI",
    help="A git repository that has the commit; by default the one that the run came from.",
)
@click.option(
    "--env-manager",
    type=click.Choice([manager.value for manager in EnvManager]),
    help="Who makes the environment; auto, the default, uses the present one if it has the very "
    "packages of the run, and else makes one with uv.",
)
@click.option("--storage-dir", help="The folder for what has to be fetched.")
@docker_option
@tolerance_option
@metric_option
@json_option
@tracking_uri_option
def reproduce(
    run_id: str,
    source: str | None,
    env_manager: str | None,
    storage_dir: str | None,
    docker_args: tuple[str, ...],
    tolerance: float,
    metrics: tuple[str, ...],
    as_json: bool,
    tracking_uri: str | None,
) -> None:
    """Run a run again from what it recorded, and compare the two.

    Its code is fetched and put back as it was, its environment made from its lock, and its entry
    point or script run with the same values, as a child of the run. If datasets and metrics come
    out the same, the run is stamped; else what differs is shown, the likeliest cause first, and the
    exit code is 1.
    """
    if tracking_uri is not None:
        SESSION.set_tracking_uri(tracking_uri)
    found = repetition.reproduce(
        run_id,
        source=source,
        env_manager=env_manager,
        tolerance=tolerance,
        metrics=metrics or None,
        storage_dir=storage_dir,
        docker_args=docker_arguments(docker_args),
        attached=not as_json,
    )
    if as_json:
        print_json(_fields(found))
    else:
        _print(found)
    if not found.reproduced:
        raise click.exceptions.Exit(1)


def _fields(found: Reproduction) -> dict[str, object]:
    return {
        "run_id": found.run_id,
        "child_run_id": found.child_run_id,
        "status": found.status,
        "reproduced": found.reproduced,
        "tolerance": found.tolerance,
        **as_fields(found.comparison),
    }


def _print(found: Reproduction) -> None:
    if found.reproduced:
        click.echo(f"=== Run '{found.run_id}' is reproduced by run '{found.child_run_id}' ===")
        if found.comparison.findings:
            click.echo("What differs and did not matter:")
            print_findings(found.comparison, "run", "child", "")
        return
    ended = "" if found.status == "FINISHED" else f", which {found.status}"
    click.echo(
        f"=== Run '{found.run_id}' is not reproduced by run '{found.child_run_id}'{ended} ==="
    )
    print_findings(found.comparison, "run", "child", "Nothing that was recorded differs.")
    if found.status == "FINISHED" and not found.comparison.causes:
        click.echo(
            "Nothing recorded explains it: a seed that is not set, data that are not logged as an "
            "input, or threads that add up in another order may."
        )
