"""Fit the model that every product serves, and keep it as each of them wants it.

Run in the environment of the product: `python train.py KIND FOLDER ESTIMATOR`.
"""

from __future__ import annotations

import importlib
import json
import pickle
import sys
from pathlib import Path
from typing import Any

from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression

SETTINGS = {
    "name": "diabetes",
    "implementation": "mlserver_sklearn.SKLearnModel",
    "parameters": {"uri": "./model.joblib", "version": "v1"},
}


ESTIMATORS = {
    "linear": LinearRegression(),
    "forest": RandomForestRegressor(n_estimators=200, random_state=0),
}


def main(kind: str, folder: Path, estimator: str) -> None:
    """Fit and write."""
    features, target = load_diabetes(return_X_y=True)
    model = ESTIMATORS[estimator].fit(features, target)
    keep: dict[str, Any] = {
        "pickle": _pickle,
        "mlflow": _mlflow,
        "millstream": _millstream,
        "bentoml": _bentoml,
        "mlserver": _mlserver,
    }
    keep[kind](model, features[:1], folder)


def _pickle(model: Any, _example: Any, folder: Path) -> None:
    (folder / "model.pkl").write_bytes(pickle.dumps(model))


def _mlflow(model: Any, example: Any, folder: Path) -> None:
    flavor = importlib.import_module("mlflow.sklearn")
    flavor.save_model(model, folder / "model", input_example=example)


def _millstream(model: Any, example: Any, folder: Path) -> None:
    flavor = importlib.import_module("millstream.sklearn")
    flavor.save_model(model, folder / "model", input_example=example)


def _bentoml(model: Any, _example: Any, _folder: Path) -> None:
    importlib.import_module("bentoml").sklearn.save_model("diabetes", model)


def _mlserver(model: Any, _example: Any, folder: Path) -> None:
    importlib.import_module("joblib").dump(model, folder / "model.joblib")
    (folder / "model-settings.json").write_text(json.dumps(SETTINGS))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
