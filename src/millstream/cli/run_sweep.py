"""The options of `millstream run` that make it a sweep, and what they do."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import click
import msgspec

from millstream.cli.options import Decorated
from millstream.cli.output import print_fields, print_json
from millstream.environments.preparation import say
from millstream.errors import InvalidParameter
from millstream.projects.launch.backend import LOCAL, launcher
from millstream.projects.proposals import Goal
from millstream.projects.running import config_of, env_manager_of, experiment_of, fetch_entry_point
from millstream.projects.search_space import read_space
from millstream.projects.submission import EntryPointOfProject, Target
from millstream.projects.sweep import Strategy, Sweep, SweepOutcome, begin, perform, recall

NAMES = ("grid", "random_count", "optuna_count", "space", "metric", "goal", "seed", "parallel")


def sweep_options(command: Decorated) -> Decorated:
    """All options that only sweeps have."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--grid",
        multiple=True,
        metavar="NAME=A,B,…",
        help="Sweep: run all combinations of these values; repeatable.",
    ),
    click.option(
        "--random", "random_count", type=click.IntRange(1), help="Sweep: run so many at random."
    ),
    click.option(
        "--optuna",
        "optuna_count",
        type=click.IntRange(1),
        help="Sweep: run so many, each where Optuna expects the most.",
    ),
    click.option(
        "--space",
        multiple=True,
        metavar="NAME=LOW..HIGH[:log]",
        help="What may be sampled, or NAME=A,B,…; what the project says otherwise. Repeatable.",
    ),
    click.option("--metric", help="The metric by which runs of a sweep are compared."),
    click.option(
        "--goal",
        type=click.Choice(["minimize", "maximize"]),
        default="minimize",
        show_default=True,
        help="What is good of it.",
    ),
    click.option("--seed", type=int, default=0, show_default=True, help="Of what is sampled."),
    click.option(
        "--parallel",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        help="How many runs of a sweep are under way at once.",
    ),
    click.option(
        "--resume",
        metavar="RUN_ID",
        help="Go on with the sweep that has this parent run; what is finished is not run again.",
    ),
)


class SweepOptions:
    """What was said about a sweep."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.grid: Sequence[str] = said["grid"]
        self.random: int | None = said["random_count"]
        self.optuna: int | None = said["optuna_count"]
        self.space: Sequence[str] = said["space"]
        self.metric: str | None = said["metric"]
        self.goal: Goal = said["goal"]
        self.seed: int = said["seed"]
        self.parallel: int = said["parallel"]

    @property
    def strategy(self) -> Strategy | None:
        """How points are chosen; None if it is no sweep."""
        asked: list[tuple[Strategy, object]] = [
            ("grid", self.grid),
            ("random", self.random),
            ("optuna", self.optuna),
        ]
        found = [name for name, given in asked if given]
        if len(found) > 1:
            raise click.UsageError(
                f"--{found[0]} and --{found[1]} are two kinds of sweep: use one."
            )
        if not found and (self.space or self.parallel > 1):
            raise click.UsageError("--space and --parallel are for sweeps: add --random N or such.")
        return found[0] if found else None

    @property
    def dimensions(self) -> dict[str, str]:
        """What is written of each parameter that varies."""
        found: dict[str, str] = {}
        for word in (*self.grid, *self.space):
            name, equals, text = word.partition("=")
            if not equals or name in found:
                raise click.UsageError(
                    f"'{word}' says nothing, or a second thing, of a parameter: write NAME=VALUES."
                )
            found[name] = text
        return found


def sweep(
    options: SweepOptions,
    uri: str,
    parameters: Mapping[str, str],
    place: Mapping[str, Any],
    *,
    as_json: bool,
) -> None:
    """Begin a sweep, and perform it where, and in what containers, `place` says."""
    entry_point = place["entry_point"]
    strategy = options.strategy
    if strategy is None:
        raise InvalidParameter("It is not said what kind of sweep it is to be.")
    project = fetch_entry_point(uri, entry_point, place["version"], place["storage_dir"])
    try:
        known = project.entry_point.parameters
        dimensions = read_space(options.dimensions, known, parameters, only=strategy == "grid")
        found = project.source
        planned = Sweep(
            uri=uri if found.temporary is not None else os.path.abspath(uri),  # noqa: PTH100  # with #folder
            entry_point=entry_point,
            version=found.commit if found.temporary is not None else None,
            fixed=dict(parameters),
            dimensions=dimensions,
            strategy=strategy,
            count=options.random or options.optuna or 0,
            seed=options.seed,
            metric=options.metric,
            goal=options.goal,
        )
        target = _target(place, experiment_of(place["experiment_name"], place["experiment_id"]))
        run_id = begin(planned, project, target, place["run_name"])
        say(f"=== Sweep of {planned.size} runs below run '{run_id}' ===")
        _perform(planned, run_id, project, target, options.parallel, as_json=as_json)
    finally:
        project.remove()


def resume(
    run_id: str,
    experiment_id: str,
    parallel: int,
    place: Mapping[str, Any],
    *,
    as_json: bool,
) -> None:
    """Go on with a sweep."""
    planned = recall(run_id)
    project = fetch_entry_point(
        planned.uri, planned.entry_point, planned.version, place["storage_dir"]
    )
    try:
        target = _target(place, experiment_id)
        _perform(planned, run_id, project, target, parallel, as_json=as_json)
    finally:
        project.remove()


def _target(place: Mapping[str, Any], experiment_id: str) -> Target:
    backend = place["backend"] or LOCAL
    launch = launcher(backend)
    if launch is None:
        raise InvalidParameter(
            f"Sweeps are carried out by backends of our own, such as {LOCAL}, not by {backend!r}."
        )
    manager = env_manager_of(place["env_manager"])
    config, container = config_of(place["config"]), place["container"]
    return Target(backend, launch, experiment_id, manager, config, False, container)


def _perform(
    planned: Sweep,
    run_id: str,
    project: EntryPointOfProject,
    target: Target,
    parallel: int,
    *,
    as_json: bool,
) -> None:
    try:
        outcome = perform(planned, run_id, project, target, parallel, say)
    except KeyboardInterrupt:
        say(f"Go on with it: millstream run --resume {run_id}")
        raise
    if as_json:
        print_json(msgspec.to_builtins(outcome))
    else:
        _report(planned, outcome)
    if outcome.finished < outcome.points:
        raise click.ClickException(
            f"{outcome.points - outcome.finished} of {outcome.points} runs have not finished. "
            f"Try them again: millstream run --resume {run_id}"
        )


def _report(planned: Sweep, outcome: SweepOutcome) -> None:
    click.echo(f"=== {outcome.finished} of {outcome.points} runs have finished ===")
    if outcome.best_run_id is None:
        return
    best = " ".join(f"{name}={value}" for name, value in outcome.best_point.items())
    fields = {"best run": outcome.best_run_id, str(planned.metric): outcome.best_value}
    shares = {f"{name} explains": f"{share:.0%}" for name, share in outcome.importance.items()}
    print_fields({**fields, "with": best, **shares})
