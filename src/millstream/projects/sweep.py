"""Many runs of one entry point with different values, below a run that sums them up.

A sweep keeps what it is in an artifact of its parent run, and each child says which point it is. So
one that was ended can be gone on with from the id of its parent alone, wherever that happens: what
is finished is not run again.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from millstream.client.artifacts import load_text
from millstream.client.away import warn
from millstream.client.tracking import MillstreamClient
from millstream.entities.runs import Run
from millstream.errors import InvalidParameter, MillstreamError
from millstream.projects.importance import importances
from millstream.projects.proposals import (
    Goal,
    ListedProposals,
    OptunaProposals,
    Proposals,
    check_optuna,
)
from millstream.projects.search_space import Dimension, Point, grid, random_points
from millstream.projects.submission import EntryPointOfProject, Target
from millstream.projects.submitted_run import SubmittedRun

SWEEP = "sweep/sweep.json"
SUMMARY = "sweep/summary.json"
KIND = "millstream.sweep"
POINT = "millstream.sweep.point"
BEST = "millstream.sweep.best"
MOST_PARALLEL = 256
_LONGEST_NAME = 250

Strategy = Literal["grid", "random", "optuna"]


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """All that a sweep is made of.

    `fixed` are the values that do not vary. `count` and `seed` are those of a random one. With a
    `metric` the best run is told, and what each parameter matters.
    """

    uri: str
    entry_point: str
    version: str | None = None
    fixed: dict[str, str] = {}
    dimensions: list[Dimension]
    strategy: Strategy
    count: int = 0
    seed: int = 0
    metric: str | None = None
    goal: Goal = "minimize"

    @property
    def size(self) -> int:
        """How many points are tried."""
        return len(grid(self.dimensions)) if self.strategy == "grid" else self.count

    def points(self) -> list[Point]:
        """What is tried, as far as it is known from the start; the same each time."""
        if self.strategy == "grid":
            return grid(self.dimensions)
        if self.strategy == "random":
            return random_points(self.dimensions, self.count, self.seed)
        return []

    def proposals(self, done: dict[int, tuple[Point, float]]) -> Proposals:
        """What is left to try."""
        if self.strategy == "optuna":
            return OptunaProposals(self.dimensions, self.goal, self.count, self.seed, done)
        return ListedProposals(self.points(), done)


class SweepOutcome(msgspec.Struct, frozen=True):
    """How a sweep went: its parent run, how many points there are and how many of them finished.

    `best_run_id` is the run with the best last value of the metric, `importance` the share of the
    metric's variance that each parameter explains.
    """

    run_id: str
    points: int
    finished: int
    best_run_id: str | None
    best_value: float | None
    best_point: Point
    importance: dict[str, float]


def begin(sweep: Sweep, project: EntryPointOfProject, target: Target, name: str | None) -> str:
    """Make the parent run of a sweep, which knows all of it; its id.

    Every point that is known is held against the types of the parameters before there is a run.
    """
    if sweep.strategy == "optuna":
        check_optuna(sweep.metric)
    for point in sweep.points():
        project.call({**sweep.fixed, **point})
    run_id = project.create_run(target, name, tags={KIND: sweep.strategy})
    text = msgspec.json.format(msgspec.json.encode(sweep)).decode()
    MillstreamClient().log_text(run_id, text, SWEEP)
    return run_id


def recall(run_id: str) -> Sweep:
    """The sweep that a run is the parent of; `InvalidParameter` if it is none."""
    if KIND not in MillstreamClient().get_run(run_id).data.tags:
        raise InvalidParameter(f"The run '{run_id}' is not the parent of a sweep.")
    try:
        return msgspec.json.decode(load_text(f"runs:/{run_id}/{SWEEP}"), type=Sweep)
    except msgspec.DecodeError as error:
        raise InvalidParameter(f"{SWEEP} of the run '{run_id}' is damaged: {error}") from error


def perform(
    sweep: Sweep,
    run_id: str,
    project: EntryPointOfProject,
    target: Target,
    parallel: int,
    tell: Callable[[str], None],
) -> SweepOutcome:
    """Run all points that have no finished run yet, so many at a time, and sum up.

    A point that fails does not end the sweep. What interrupts it cancels the runs under way, and
    leaves the parent KILLED.
    """
    if not 1 <= parallel <= MOST_PARALLEL:
        raise InvalidParameter(
            f"1 to {MOST_PARALLEL} runs can be under way at once, not {parallel}."
        )
    client = MillstreamClient()
    client.update_run(run_id, "RUNNING")
    proposals = sweep.proposals(_done(sweep, run_id))
    workers = _Workers(sweep, run_id, project, target, proposals, tell)
    try:
        workers.run(parallel)
    except BaseException:
        workers.cancel()
        client.set_terminated(run_id, "KILLED")
        raise
    outcome = _summed_up(sweep, run_id)
    all_finished = outcome.finished == outcome.points
    client.set_terminated(run_id, "FINISHED" if all_finished else "FAILED")
    return outcome


class _Workers:
    """Threads, each of which runs one point after the other."""

    def __init__(
        self,
        sweep: Sweep,
        parent: str,
        project: EntryPointOfProject,
        target: Target,
        proposals: Proposals,
        tell: Callable[[str], None],
    ) -> None:
        self._sweep = sweep
        self._parent = parent
        self._project = project
        self._target = target
        self._proposals = proposals
        self._tell = tell
        self._lock = threading.Lock()
        self._cancelled = False
        self._under_way: dict[int, SubmittedRun] = {}

    def run(self, parallel: int) -> None:
        """Run until nothing is left."""
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(parallel)]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)  # without end it could not be interrupted

    def cancel(self) -> None:
        """Begin nothing more, and end what is under way."""
        with self._lock:
            self._cancelled = True
            under_way = list(self._under_way.values())
        for submitted in under_way:
            submitted.cancel()

    def _work(self) -> None:
        while True:
            with self._lock:
                proposed = None if self._cancelled else self._proposals.next()
            if proposed is None:
                return
            number, point = proposed
            value = None
            try:
                value = self._try(number, point)
            except MillstreamError as error:
                warn(f"point {number} of the sweep could not be run: {error.message}")
            with self._lock:
                self._under_way.pop(number, None)
                self._proposals.tell(number, value)

    def _try(self, number: int, point: Point) -> float | None:
        """Run a point; the metric's last value if it has finished and told one."""
        call = self._project.call({**self._sweep.fixed, **point})
        shown = " ".join(f"{name}={value}" for name, value in point.items())
        run_id = self._project.create_run(
            self._target, shown[:_LONGEST_NAME], self._parent, {POINT: str(number)}
        )
        submitted = self._project.submit(call, self._target, run_id)
        with self._lock:
            self._under_way[number] = submitted
            cancelled = self._cancelled
        if cancelled:
            submitted.cancel()
        succeeded = submitted.wait()
        value = _value(MillstreamClient().get_run(run_id), self._sweep.metric)
        found = f", {self._sweep.metric} {value:.6g}" if math.isfinite(value) else ""
        self._tell(f"{shown}: {'finished' if succeeded else 'failed'}{found} (run {run_id})")
        return value if succeeded else None


def _children(parent: str, status: str) -> Iterator[tuple[int, Run]]:
    """The children in a state, with the number of their point."""
    client = MillstreamClient()
    experiment = client.get_run(parent).info.experiment_id
    wanted = f"tags.`mlflow.parentRunId` = '{parent}' AND attributes.status = '{status}'"
    token: str | None = None
    while True:
        page = client.search_runs([experiment], wanted, page_token=token)
        for run in page:
            number = run.data.tags.get(POINT, "")
            if number.isdigit():
                yield int(number), run
        token = page.token
        if not token:
            return


def _done(sweep: Sweep, run_id: str) -> dict[int, tuple[Point, float]]:
    """The points whose runs have finished and the metric's values, by their numbers."""
    names = [one.name for one in sweep.dimensions]
    return {
        number: (
            {name: run.data.params.get(name, "") for name in names},
            _value(run, sweep.metric),
        )
        for number, run in sorted(_children(run_id, "FINISHED"))
    }


def _summed_up(sweep: Sweep, run_id: str) -> SweepOutcome:
    """Write the table of all finished runs, the best of them and the importances to the parent."""
    client = MillstreamClient()
    runs = dict(_children(run_id, "FINISHED"))
    done = _done(sweep, run_id)
    names = [one.name for one in sweep.dimensions]
    rows = [
        [runs[number].info.run_id, *point.values(), _finite(value)]
        for number, (point, value) in done.items()
    ]
    columns = ["run_id", *names, sweep.metric or "metric"]
    client.log_dict(run_id, {"columns": columns, "data": rows}, SUMMARY)
    known = {number: pair for number, pair in done.items() if math.isfinite(pair[1])}
    shares = importances([p for p, _ in known.values()], [v for _, v in known.values()])
    for name, share in shares.items():
        client.log_metric(run_id, f"importance/{name}", share)
    if not known or sweep.metric is None:
        return SweepOutcome(run_id, sweep.size, len(done), None, None, {}, shares)
    choose = min if sweep.goal == "minimize" else max
    best = choose(known, key=lambda number: known[number][1])
    client.log_metric(run_id, sweep.metric, known[best][1])
    client.set_tag(run_id, BEST, runs[best].info.run_id)
    point, value = known[best]
    best_run = runs[best].info.run_id
    return SweepOutcome(run_id, sweep.size, len(done), best_run, value, point, shares)


def _value(run: Run, metric: str | None) -> float:
    return math.nan if metric is None else run.data.metrics.get(metric, math.nan)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
