"""SHAP: the explanation of predictions by sampling, and a picture of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import shap

from millstream.errors import NotSupported


def explain(
    predict: Callable[[Any], Any], features: Any, most_rows: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Base values and SHAP values of a function for the features, by sampling.

    They are compared with at most `most_rows` centres of the features.
    """
    background = shap.kmeans(features, min(most_rows, len(features)))
    explainer = shap.KernelExplainer(predict, background)
    return np.asarray(explainer.expected_value), np.asarray(explainer.shap_values(features))


def write_explanation(
    directory: Path,
    base_values: np.ndarray[Any, Any],
    values: np.ndarray[Any, Any],
    features: Any,
) -> None:
    """Write the values, and a picture of how much each feature matters."""
    np.save(directory / "base_values.npy", base_values)
    np.save(directory / "shap_values.npy", values)
    _save_bar_plot(values, features, directory / "summary_bar_plot.png")


def _save_bar_plot(values: np.ndarray[Any, Any], features: Any, path: Path) -> None:
    """Draw the mean size of the values, and leave the figure that the caller draws the current."""
    pyplot = _pyplot()
    current = pyplot.gcf().number if pyplot.get_fignums() else None
    figure = pyplot.figure()
    by_output = list(np.moveaxis(values, -1, 0)) if values.ndim > 2 else values
    shap.summary_plot(by_output, features, plot_type="bar", show=False)
    figure.savefig(path, bbox_inches="tight")
    pyplot.close(figure)
    if current is not None:
        pyplot.figure(current)


def _pyplot() -> ModuleType:
    try:
        return importlib.import_module("matplotlib.pyplot")
    except ModuleNotFoundError as error:
        raise NotSupported(
            "a plot of SHAP values needs matplotlib: run `pip install matplotlib`"
        ) from error
