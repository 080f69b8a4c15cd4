"""The command that shows the whole way, and with `--runs` how it looks with very many runs."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from millstream import connect, settings
from millstream.cli.demo_filling import LONG_METRICS, create_experiment, fill, fill_long_run
from millstream.cli.demo_pages import check_run, serving
from millstream.cli.demo_runs import Recipe
from millstream.cli.options import example, json_option
from millstream.cli.output import print_json
from millstream.cli.training import EXPERIMENT, load_libraries, train
from millstream.entities.runs import RunId
from millstream.errors import InvalidState
from millstream.masking import shown

MANY = "model search"
_ONLY_WITH_RUNS = ("params", "metrics", "points", "seed", "experiment")


@example(
    "millstream demo",
    "millstream demo --folder somewhere --port 8080 --exit",
    "millstream demo --runs 100000",
    "millstream demo --runs 1000 --points 1000000 --tracking-uri sqlite:///demo.db",
)
@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("mlruns"),
    show_default=True,
    help="Where the data are kept.",
)
@click.option(
    "--tracking-uri",
    metavar="URI",
    help="Folder, database or server to fill, in the place of --folder.",
)
@click.option(
    "-p",
    "--port",
    type=click.IntRange(1, 65535),
    default=5000,
    show_default=True,
    help="Port of the pages.",
)
@click.option(
    "--runs",
    type=click.IntRange(1, 10_000_000),
    help="Train nothing, but make up so many runs in an experiment of their own.",
)
@click.option(
    "--params",
    type=click.IntRange(0, 1_000),
    default=50,
    show_default=True,
    help="Params of each of --runs.",
)
@click.option(
    "--metrics",
    type=click.IntRange(0, 1_000),
    default=50,
    show_default=True,
    help="Metrics of each of --runs.",
)
@click.option(
    "--points",
    type=click.IntRange(0, 10_000_000),
    default=0,
    show_default=True,
    help=f"Add one run with {LONG_METRICS} metrics of so many points each.",
)
@click.option(
    "--seed", type=int, default=7, show_default=True, help="The same seed makes the same runs."
)
@click.option(
    "--experiment",
    default=MANY,
    show_default=True,
    help="Name of the new experiment that gets the --runs.",
)
@click.option("--exit", "leave", is_flag=True, help="Stop after checking that the pages answer.")
@json_option
@click.pass_context
def demo(
    context: click.Context,
    /,
    folder: Path,
    tracking_uri: str | None,
    port: int,
    leave: bool,
    as_json: bool,
    runs: int | None,
    experiment: str,
    points: int,
    **sizes: int,
) -> None:
    """Train a small model, log it, load it back and show it.

    A linear regression learns to predict the progression of diabetes from data that come with
    scikit-learn; nothing is downloaded. With --runs no model is trained: sweeps over a few
    families of models are made up, to see how the pages feel with many runs.
    """
    uri = tracking_uri or str(folder)
    if runs is None:
        _refuse_sizes(context)
        shown = _train(uri, quiet=as_json)
    else:
        recipe = Recipe(runs=runs, until=time.time_ns() // 1_000_000, **sizes)
        shown = _fill(uri, recipe, experiment, points)
    with _pages(uri, port) as (address, wait):
        page = f"{address}/#{shown.pop('path')}"
        check_run(address, shown["run_id"], shown.pop("logged"))
        if as_json:
            print_json({**shown, "page": page})
        else:
            click.echo(f"{'The run is' if runs is None else 'The runs are'} at {page}")
        if wait is not None and not leave:
            with suppress(KeyboardInterrupt):
                click.echo("Press Ctrl+C to stop.", err=as_json)
                wait()


def _refuse_sizes(context: click.Context) -> None:
    for name in _ONLY_WITH_RUNS:
        if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            raise click.UsageError(f"--{name} has a meaning only together with --runs.")


def _train(uri: str, *, quiet: bool) -> dict[str, Any]:
    trained = train(uri, load_libraries())
    if not trained.same_predictions:
        raise InvalidState(
            f"The model of run {trained.run_id} came back with other predictions than it had."
        )
    if not quiet:
        click.echo(f"Logged run {trained.run_id} in experiment '{EXPERIMENT}' of {shown(uri)}.")
        click.echo(f"Mean squared error on the test data: {trained.mse:.2f}.")
        click.echo("Loaded the model back: it predicts the same.")
    return {
        "run_id": trained.run_id,
        "mse": trained.mse,
        "logged": {"mse": trained.mse},
        "path": f"/experiments/{trained.experiment_id}/runs/{trained.run_id}",
    }


def _fill(uri: str, recipe: Recipe, experiment: str, points: int) -> dict[str, Any]:
    store = connect.open_store(uri, settings.load())
    try:
        experiment_id = create_experiment(store, experiment)
        shown: dict[str, Any] = {"experiment_id": experiment_id}
        with _progress("Runs", recipe.runs) as progress:
            run_id = fill(store, experiment_id, recipe, progress)
        if points:
            with _progress("Points", points * LONG_METRICS) as progress:
                shown["long_run_id"] = fill_long_run(store, experiment_id, recipe, points, progress)
        metrics = store.runs.get(RunId(run_id)).data.metrics
    finally:
        store.close()
    # NaN would be unlike itself.
    logged = {key: value for key, value in metrics.items() if not math.isnan(value)}
    return {**shown, "run_id": run_id, "logged": logged, "path": f"/experiments/{experiment_id}"}


@contextmanager
def _progress(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, which stays silent where that is no terminal."""
    with click.progressbar(length=length, label=label, file=sys.stderr, show_pos=True) as bar:
        yield bar.update


@contextmanager
def _pages(uri: str, port: int) -> Iterator[tuple[str, Callable[[], int] | None]]:
    """The address of the pages, and how to wait until their server ends if it is our own."""
    if connect.is_remote(uri):
        yield connect.canonical(uri), None
        return
    with serving(uri, port) as (process, address):
        yield address, process.wait
