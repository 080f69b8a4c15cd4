"""The flavors: whose models there are, which adapter reads and writes them, and what it needs."""

from __future__ import annotations

import msgspec


class Flavor(msgspec.Struct, frozen=True):
    """A library whose models have a form of their own.

    `install` is the name to install it by. `loader_module` is what MLmodel says loads its models
    behind the interface of python_function: MLflow's name, so that models go both ways.
    """

    install: str
    loader_module: str
    adapter: str


def _flavor(name: str, install: str | None = None) -> Flavor:
    return Flavor(install or name, f"mlflow.{name}", name)


FLAVORS: dict[str, Flavor] = {
    "catboost": _flavor("catboost"),
    "h2o": _flavor("h2o"),
    "keras": _flavor("keras"),
    "lightgbm": _flavor("lightgbm"),
    "onnx": _flavor("onnx", "onnx onnxruntime"),
    "paddle": _flavor("paddle", "paddlepaddle"),
    "pmdarima": _flavor("pmdarima"),
    "prophet": _flavor("prophet"),
    "pytorch": _flavor("pytorch", "torch"),
    "sentence_transformers": _flavor("sentence_transformers", "sentence-transformers"),
    "shap": _flavor("shap"),
    "sklearn": _flavor("sklearn", "scikit-learn"),
    "spacy": _flavor("spacy"),
    "spark": _flavor("spark", "pyspark"),
    "statsmodels": _flavor("statsmodels"),
    "tensorflow": _flavor("tensorflow"),
    "transformers": _flavor("transformers"),
    "xgboost": _flavor("xgboost"),
}
"""By the name that MLmodel gives them."""
