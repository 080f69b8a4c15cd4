"""Patches Optuna's studies: a run for each `optimize`, and a child run for each of its trials."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import optuna

from millstream.client.active import PARENT, Current, current, lend_active_run, start_run
from millstream.client.runs import RunMethods
from millstream.integrations.autologging.configuration import get_autologging_config
from millstream.integrations.autologging.patches import safe_patch
from millstream.integrations.autologging.randomness import kept
from millstream.integrations.autologging.recording import Record
from millstream.integrations.autologging.reports import Parts
from millstream.integrations.autologging.runs import AUTOLOGGING, end_managed
from millstream.integrations.autologging.sessions import is_managed, managed

FLAVOR = "optuna"
STATUSES = {"COMPLETE": "FINISHED", "PRUNED": "KILLED", "FAIL": "FAILED"}


def install(_: ModuleType) -> None:
    """Patch `Study.optimize`; what its objective trains is logged as well."""
    study = optuna.study.Study
    safe_patch(FLAVOR, study, "optimize", optimize, manage_run=True, encloses=True)


def optimize(original: Callable[..., Any], study: Any, *arguments: Any, **keywords: Any) -> Any:
    """Call `optimize` with an objective that runs in a child run for each trial."""
    given = inspect.signature(original).bind(study, *arguments, **keywords)
    parts = Parts(FLAVOR, silent=get_autologging_config(FLAVOR, "silent", False))
    logged = StudyLog(study, parts)
    try:
        parts.do("params", logged.begin, given)
        objective = given.arguments["func"]
        given.arguments["func"] = lambda trial: logged.run(objective, trial)
        given.arguments["callbacks"] = [*(given.arguments.get("callbacks") or ()), logged.complete]
        result = original(*given.args, **given.kwargs)
        parts.do("best trial", logged.finish)
        return result
    finally:
        parts.tell()


class StudyLog:
    """One call of `optimize`, the run it is logged to, and the runs of its trials by number."""

    def __init__(self, study: Any, parts: Parts) -> None:
        self._study = study
        self._parts = parts
        self._run: Current = current()
        self._client = RunMethods(self._run.place)
        self._children: dict[int, tuple[str, str]] = {}
        if is_managed(self._run.run_id):
            lend_active_run()

    def begin(self, given: inspect.BoundArguments) -> None:
        """Log how the study goes about it."""
        study = self._study
        record = Record(self._run.run_id, self._run.place)
        told = {name: given.arguments.get(name) for name in ("n_trials", "timeout", "n_jobs")}
        record.params(
            {
                "sampler": type(study.sampler).__name__,
                "pruner": type(study.pruner).__name__,
                **{name: value for name, value in told.items() if value is not None},
            }
        )
        directions = ", ".join(one.name for one in study.directions)
        record.tags({"study_name": study.study_name, "direction": directions})
        record.send()

    def run(self, objective: Callable[[Any], Any], trial: Any) -> Any:
        """Call the objective while the trial's own run is the active one."""
        with self._child(trial) as outcome:
            try:
                outcome["value"] = objective(trial)
            except BaseException as error:
                outcome["error"] = error
                raise
            return outcome["value"]

    def complete(self, study: Any, trial: Any) -> None:
        """Log what became of a trial, and the best one so far; Optuna calls it after each trial."""
        self._parts.do("trial", self._log_outcome, trial)
        self._parts.do("best trial", self._log_best_so_far, study, trial)

    def finish(self) -> None:
        """Log the best trial, or of several objectives how many trials none other beats."""
        record = Record(self._run.run_id, self._run.place)
        states = [trial.state.name for trial in self._study.get_trials(deepcopy=False)]
        record.metrics({f"trials_{name.lower()}": states.count(name) for name in STATUSES})
        if len(self._study.directions) > 1:
            record.metrics({"trials_best": len(self._study.best_trials)})
        elif "COMPLETE" in states:
            best = self._study.best_trial
            record.params({f"best_{name}": value for name, value in best.params.items()})
            record.metrics({"best_value": best.value}, best.number)
            child = self._children.get(best.number)
            record.tags({"best_trial": best.number, **({"best_run_id": child[0]} if child else {})})
        record.send()

    @contextmanager
    def _child(self, trial: Any) -> Iterator[dict[str, Any]]:
        outcome: dict[str, Any] = {}
        with kept():
            run = self._parts.do("trial", self._start, trial)
        if run is None:
            yield outcome
            return
        try:
            with managed(run.info.run_id):
                yield outcome
        finally:
            with kept():
                self._parts.do("trial", self._end, run, trial, outcome)

    def _start(self, trial: Any) -> Any:
        tags = {PARENT: self._run.run_id, AUTOLOGGING: FLAVOR, "number": str(trial.number)}
        extra = get_autologging_config(FLAVOR, "extra_tags") or {}
        run = start_run(
            experiment_id=self._run.run.info.experiment_id,
            run_name=f"trial-{trial.number}",
            nested=True,
            tags={**tags, **extra},
        )
        lend_active_run()
        return run

    def _end(self, run: Any, trial: Any, outcome: dict[str, Any]) -> None:
        error = outcome.get("error")
        pruned = isinstance(error, optuna.TrialPruned)
        status = "KILLED" if pruned else "FAILED" if error is not None else "FINISHED"
        record = Record(run.info.run_id, self._run.place)
        record.params(trial.params)
        record.tags({"state": "PRUNED" if pruned else "FAIL" if error is not None else "COMPLETE"})
        record.metrics(self._named(outcome.get("value")))
        record.send()
        self._children[trial.number] = (run.info.run_id, status)
        end_managed(run, None if pruned else error)
        if pruned:
            self._client.set_terminated(run.info.run_id, status)

    def _log_outcome(self, trial: Any) -> None:
        """Log what only Optuna knows: reports, distributions, attributes, the state after all."""
        child, status = self._children[trial.number]
        record = Record(child, self._run.place)
        for step, value in trial.intermediate_values.items():
            record.metrics({"intermediate_value": value}, step)
        ranges = {f"{name}_distribution": one for name, one in trial.distributions.items()}
        record.tags({"state": trial.state.name, **ranges, **trial.user_attrs})
        if status != "FINISHED" and trial.values is not None:  # of a pruned one, its last report
            record.metrics(self._named(trial.values))
        record.send()
        found = STATUSES.get(trial.state.name, status)
        if found != status:
            self._client.set_terminated(child, found)

    def _log_best_so_far(self, study: Any, trial: Any) -> None:
        if len(study.directions) == 1 and trial.state.name == "COMPLETE":
            record = Record(self._run.run_id, self._run.place)
            record.metrics({"best_value": study.best_value}, trial.number)
            record.send()

    def _named(self, value: Any) -> dict[str, Any]:
        """The values of the objectives by name: `value`, or their names, or `value_0` and so on."""
        names = getattr(self._study, "metric_names", None)
        values = list(value) if isinstance(value, list | tuple) else [value]
        if names is None:
            names = ["value"] if len(values) == 1 else [f"value_{i}" for i in range(len(values))]
        return dict(zip(names, values, strict=False))
