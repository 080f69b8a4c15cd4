from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from sklearn.linear_model import Ridge
from tests.frameworks.autologged import (
    children,
    every_run,
    logging_to,
    place,
    runs,
    without_warnings,
)

import millstream
from millstream.client.runs import RunMethods
from millstream.integrations.autologging.frameworks import turn_off

__all__ = ["place"]

optuna.logging.set_verbosity(optuna.logging.CRITICAL)


@pytest.fixture
def autolog(place: Path) -> Iterator[Callable[..., None]]:
    with logging_to(place, "optuna"):
        yield millstream.optuna.autolog


def study() -> Any:
    return optuna.create_study(study_name="parabola", sampler=optuna.samplers.RandomSampler(seed=1))


def objective(trial: Any) -> float:
    """A parabola; the second trial is pruned, the third one fails."""
    x: float = trial.suggest_float("x", -3, 3)
    trial.set_user_attr("kind", "parabola")
    for step in range(3):
        trial.report(x + step, step)
    if trial.number == 1:
        raise optuna.TrialPruned
    if trial.number == 2:
        raise ValueError("bad luck")
    return x**2


@pytest.mark.parametrize("jobs", [1, 3])
def test_each_trial_is_a_child_run(jobs: int, autolog: Callable[..., None]) -> None:
    autolog(extra_tags={"team": "a"})
    made = study()
    with without_warnings():
        made.optimize(objective, n_trials=5, n_jobs=jobs, catch=(ValueError,))
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert run.data.params["sampler"] == "RandomSampler"
    assert run.data.params["best_x"] == str(made.best_params["x"])
    assert run.data.metrics["best_value"] == made.best_value
    assert run.data.metrics["trials_complete"] == 3
    assert run.data.tags["study_name"] == "parabola"
    below = {int(one.data.tags["number"]): one for one in children(run)}
    assert sorted(below) == [0, 1, 2, 3, 4]
    assert run.data.tags["best_run_id"] == below[made.best_trial.number].info.run_id
    for trial in made.trials:
        found = below[trial.number]
        state = trial.state.name
        status = {"COMPLETE": "FINISHED", "PRUNED": "KILLED", "FAIL": "FAILED"}[state]
        assert (found.data.tags["state"], found.info.status) == (state, status)
        assert found.data.params == {"x": str(trial.params["x"])}
        assert found.data.metrics.get("value") == trial.value
        assert found.data.tags["kind"] == "parabola"
        assert found.data.tags["team"] == "a"
        history = millstream.MillstreamClient().get_metric_history(
            found.info.run_id, "intermediate_value"
        )
        assert {point.step: point.value for point in history} == trial.intermediate_values
    assert millstream.active_run() is None


def outcome(made: Any) -> list[Any]:
    return [(one.state, one.value, one.params, one.intermediate_values) for one in made.trials]


def test_a_study_finds_what_it_found(autolog: Callable[..., None]) -> None:
    seen: list[int] = []
    options: dict[str, Any] = {"n_trials": 5, "catch": ValueError}
    expected, found = study(), study()
    expected.optimize(objective, **options)
    autolog()
    found.optimize(objective, callbacks=[lambda _, one: seen.append(one.number)], **options)
    assert outcome(found) == outcome(expected)
    assert seen == [0, 1, 2, 3, 4]


def test_a_failure_that_is_not_caught_is_raised(autolog: Callable[..., None]) -> None:
    autolog()
    with pytest.raises(ValueError, match="bad luck"):
        study().optimize(objective, n_trials=5)
    (run,) = runs()
    assert run.info.status == "FAILED"
    assert [one.data.tags["state"] for one in children(run)] == ["COMPLETE", "PRUNED", "FAIL"]


def test_what_is_no_number_fails_the_trial(autolog: Callable[..., None]) -> None:
    autolog()
    study().optimize(lambda _: float("nan"), n_trials=1)
    (run,) = runs()
    (child,) = children(run)
    assert (child.info.status, child.data.tags["state"]) == ("FAILED", "FAIL")


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_an_objective_logs_and_trains_is_the_trials(
    jobs: int, autolog: Callable[..., None]
) -> None:
    def train(trial: Any) -> float:
        alpha: float = trial.suggest_float("alpha", 0.1, 1.0)
        millstream.log_metric("mine", alpha)
        with millstream.start_run(run_name="own"):  # scripts do not know of the trial's run
            millstream.log_metric("inner", alpha)
        Ridge(alpha=alpha).fit([[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0])
        return alpha

    autolog()
    millstream.sklearn.autolog(log_models=False)
    try:
        made = study()
        made.optimize(train, n_trials=2, n_jobs=jobs)
    finally:
        turn_off("sklearn")
    (run,) = runs()
    for child in children(run):
        trial = made.trials[int(child.data.tags["number"])]
        assert child.data.metrics["mine"] == trial.params["alpha"]
        assert child.data.metrics["training_r2_score"] <= 1
        (own,) = children(child)
        assert own.data.metrics == {"inner": trial.params["alpha"]}
    assert len(every_run()) == 5


def test_the_run_of_the_user_holds_the_study(autolog: Callable[..., None]) -> None:
    autolog()
    with millstream.start_run(run_name="mine") as mine:
        study().optimize(lambda trial: trial.suggest_int("n", 1, 3), n_trials=2)
        assert millstream.active_run() is mine
    (run,) = runs()
    assert run.info.run_name == "mine"
    assert len(children(run)) == 2


def test_several_objectives_have_names(autolog: Callable[..., None]) -> None:
    autolog()
    made = optuna.create_study(directions=["minimize", "maximize"])
    made.set_metric_names(["cost", "gain"])
    made.optimize(lambda trial: (trial.suggest_float("x", 0, 1), 2.0), n_trials=2)
    (run,) = runs()
    assert run.data.tags["direction"] == "MINIMIZE, MAXIMIZE"
    assert run.data.metrics["trials_best"] == len(made.best_trials)
    assert {one.data.metrics["gain"] for one in children(run)} == {2.0}


def test_a_store_that_refuses_leaves_the_study_alone(
    autolog: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise millstream.MillstreamError("the store takes nothing")

    expected, found = study(), study()
    expected.optimize(objective, n_trials=4, catch=ValueError)
    autolog(silent=True)
    monkeypatch.setattr(RunMethods, "log_batch", refuse)
    with without_warnings():
        found.optimize(objective, n_trials=4, catch=ValueError)
    assert outcome(found) == outcome(expected)
    assert millstream.active_run() is None
