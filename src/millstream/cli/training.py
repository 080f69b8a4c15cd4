"""What `millstream demo` trains: a linear regression on the diabetes data that scikit-learn has."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import msgspec

import millstream
from millstream.errors import NotSupported

EXPERIMENT = "diabetes"
FRACTIONS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Trained(msgspec.Struct, frozen=True):
    """The outcome: where the run is, how good the model, and whether it came back the same."""

    run_id: str
    experiment_id: str
    mse: float
    same_predictions: bool


class Libraries(msgspec.Struct, frozen=True):
    """What is needed beyond the base install, each under its usual name."""

    datasets: Any
    linear_model: Any
    metrics: Any
    model_selection: Any
    figure: Any


def load_libraries() -> Libraries:
    """Import scikit-learn and matplotlib; raises `NotSupported` naming the extra if absent."""
    names = (
        "sklearn.datasets",
        "sklearn.linear_model",
        "sklearn.metrics",
        "sklearn.model_selection",
        "matplotlib.figure",
    )
    try:
        return Libraries(*map(import_module, names))
    except ModuleNotFoundError as error:
        raise NotSupported(
            f"The demo needs {error.name}, which is not installed. "
            "Install it with: pip install 'millstream[demo]'"
        ) from error


def train(tracking_uri: str, libraries: Libraries) -> Trained:
    """Train on growing parts of the data, log all of it, load the model back and compare."""
    millstream.set_tracking_uri(tracking_uri)
    millstream.set_experiment(EXPERIMENT)
    data, target = libraries.datasets.load_diabetes(return_X_y=True)
    train_x, test_x, train_y, test_y = libraries.model_selection.train_test_split(
        data, target, test_size=0.2, random_state=42
    )
    with millstream.start_run(run_name="linear-regression") as run:
        millstream.log_params({"model": "LinearRegression", "test_size": 0.2, "random_state": 42})
        model = None
        for fraction in FRACTIONS:
            count = round(len(train_x) * fraction)
            model = libraries.linear_model.LinearRegression()
            model.fit(train_x[:count], train_y[:count])
            _log_errors(model, libraries, train_x[:count], train_y[:count], "train_mse", count)
            _log_errors(model, libraries, test_x, test_y, "test_mse", count)
        predictions = model.predict(test_x) if model is not None else []
        mse = float(libraries.metrics.mean_squared_error(test_y, predictions))
        millstream.log_metric("mse", mse)
        millstream.log_figure(_figure(libraries, test_y, predictions), "predictions.png")
        millstream.sklearn.log_model(model, "linear_regression_model")
    back = millstream.sklearn.load_model(f"runs:/{run.info.run_id}/linear_regression_model")
    same = bool((back.predict(test_x) == predictions).all())
    return Trained(run.info.run_id, run.info.experiment_id, mse, same)


def _log_errors(model: Any, libraries: Libraries, x: Any, y: Any, name: str, step: int) -> None:
    error = libraries.metrics.mean_squared_error(y, model.predict(x))
    millstream.log_metric(name, float(error), step=step)


def _figure(libraries: Libraries, actual: Any, predicted: Any) -> Any:
    figure = libraries.figure.Figure(figsize=(6, 6))
    axes = figure.subplots()
    axes.scatter(actual, predicted, s=12)
    axes.axline((150, 150), slope=1, color="grey", linewidth=1)
    axes.set_xlabel("measured progression")
    axes.set_ylabel("predicted progression")
    axes.set_title("Diabetes: predictions on the test data")
    return figure
