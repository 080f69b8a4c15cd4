"""Three trials of Optuna with its MLflow callback; runs where the drop-in is MLflow."""

from __future__ import annotations

import sys

import optuna
from optuna_integration.mlflow import MLflowCallback

import mlflow


def objective(trial: optuna.Trial) -> float:
    """A parabola."""
    x: float = trial.suggest_float("x", -10, 10)
    return (x - 2) ** 2


callback = MLflowCallback(tracking_uri=sys.argv[1], metric_name="distance", mlflow_kwargs={})
study = optuna.create_study(study_name="parabola", sampler=optuna.samplers.RandomSampler(seed=1))
study.optimize(objective, n_trials=3, callbacks=[callback])

runs = mlflow.search_runs(experiment_names=["parabola"], order_by=["start_time ASC"])
assert len(runs) == 3, runs
assert set(runs["status"]) == {"FINISHED"}
for trial, (_, run) in zip(study.trials, runs.iterrows(), strict=True):
    assert float(run["params.x"]) == trial.params["x"]
    assert run["metrics.distance"] == trial.value
    assert run["tags.direction"] == "MINIMIZE"
print("runs match trials")
