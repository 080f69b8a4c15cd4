"""Fits estimators under `autolog` of the library named, and tells what each run then holds.

Run where MLflow is installed, once with `mlflow` and once with `millstream`, a place to log to, and
the names of cases if not all are wanted.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ours: Any = importlib.import_module(sys.argv[1])
ours.set_tracking_uri(sys.argv[2])
warnings.simplefilter("ignore")

random = np.random.default_rng(7)
X = pd.DataFrame(random.normal(size=(60, 3)), columns=["a", "b", "c"])
labels = (X["a"] + 0.3 * random.normal(size=60) > 0).astype(int)
values = X["a"] - 2 * X["b"]
three = np.array([0, 1, 2] * 20)


def classifier() -> None:
    """One of two labels, and what is found out of it later."""
    model = LogisticRegression(C=0.5).fit(X, labels)
    X_test, y_test = X.head(20), labels.head(20)
    predictions = model.predict(X_test)
    metrics.accuracy_score(y_test, predictions)
    metrics.accuracy_score(y_test, predictions)
    model.score(X_test, y_test)


def regressor() -> None:
    """A regressor, and what is found out of it later."""
    model = LinearRegression().fit(X, values)
    X_test, y_test = X.head(20), values.head(20)
    predictions = model.predict(X_test)
    metrics.mean_squared_error(y_test, predictions)


ours.sklearn.autolog(log_models=False)  # writing models takes MLflow long
ours.statsmodels.autolog(log_models=False)
CASES: dict[str, Any] = {
    "classifier": classifier,
    "regressor": regressor,
    "of_three": lambda: RandomForestClassifier(n_estimators=3, random_state=1).fit(X, three),
    "pipeline": lambda: make_pipeline(StandardScaler(), LogisticRegression()).fit(X, labels),
    "clusters": lambda: KMeans(3, n_init=2, random_state=1).fit(X),
    "components": lambda: PCA(2, random_state=1).fit_transform(X),
    "preparation": lambda: StandardScaler().fit(X),
    "search": lambda: GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2).fit(X, labels),
    "least_squares": lambda: smf.ols("a ~ b + c", X).fit(),
    "binomial": lambda: sm.GLM(labels, X[["a"]], family=sm.families.Binomial()).fit(),
}


def told(run: Any) -> dict[str, Any]:
    """What a run holds, by name; values only of what is not measured in time."""
    client = ours.MlflowClient() if hasattr(ours, "MlflowClient") else ours.MillstreamClient()
    tags = run.data.tags
    files = [one.path for one in client.list_artifacts(run.info.run_id)]
    return {
        "params": dict(sorted(run.data.params.items())),
        "metrics": {
            name: None if "time" in name else round(value, 9)
            for name, value in sorted(run.data.metrics.items())
        },
        "tags": {
            name: value
            for name, value in sorted(tags.items())
            if name.startswith("estimator") or name == "mlflow.autologging"
        },
        "files": sorted(files),
        "datasets": [tag.value for one in run.inputs.dataset_inputs for tag in one.tags],
        "status": run.info.status,
    }


found: dict[str, Any] = {}
for name in sys.argv[3:] or CASES:
    experiment = ours.set_experiment(name)
    CASES[name]()
    runs = ours.search_runs([experiment.experiment_id], output_format="list")
    inner = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    found[name] = {
        "runs": [told(run) for run in runs if run not in inner],
        "children": sorted((told(run) for run in inner), key=lambda one: str(one["params"])),
    }
json.dump(found, sys.stdout, indent=1, sort_keys=True)
