"""Loads the models that this package saved, with MLflow, and saves some for the way back."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import Model, validate_serving_input
from sklearn.linear_model import LinearRegression

import mlflow

warnings.simplefilter("ignore")

FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 0.0]})


class Twice(mlflow.pyfunc.PythonModel):  # type: ignore[misc]  # any class, for mypy
    """Doubles the column a."""

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ARG002  # MLflow reads hints
        """The doubles."""
        return [value * 2 for value in model_input["a"]]


def load(folder: Path) -> dict[str, Any]:
    """What MLflow says of each model in a folder."""
    seen = {}
    for path in sorted(folder.iterdir()):
        loaded = mlflow.pyfunc.load_model(str(path))
        manifest = Model.load(str(path))
        serving = manifest.get_serving_input(str(path))
        seen[path.name] = {
            "predictions": [float(value) for value in loaded.predict(FRAME)],
            "signature": manifest.signature.to_dict() if manifest.signature else None,
            "example": None if loaded.input_example is None else len(loaded.input_example),
            "served": serving and len(validate_serving_input(str(path), serving)),
        }
    return seen


def save(folder: Path) -> None:
    """Models as MLflow writes them."""
    model = LinearRegression().fit(FRAME, [1.0, 2.0, 3.0])
    mlflow.sklearn.save_model(model, str(folder / "skops"), input_example=FRAME[:2])
    mlflow.sklearn.save_model(model, str(folder / "pickle"), serialization_format="cloudpickle")
    mlflow.pyfunc.save_model(str(folder / "class"), python_model=Twice(), input_example=FRAME[:2])
    mlflow.pyfunc.save_model(str(folder / "function"), python_model=twice, pip_requirements=["x"])


def twice(model_input):  # type: ignore[no-untyped-def]  # MLflow would take hints for a signature
    """Doubles the column a."""
    return [value * 2 for value in model_input["a"]]


if __name__ == "__main__":
    ours, theirs, answers = map(Path, sys.argv[1:])
    answers.write_text(json.dumps(load(ours)))
    save(theirs)
