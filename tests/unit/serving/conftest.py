"""Saved models to serve, and a server without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from tests.unit.server.conftest import Caller

from millstream.integrations import pyfunc, sklearn
from millstream.serving.assembly import assemble
from millstream.serving.options import ServedModel, ServingOptions

FEATURES = np.random.default_rng(0).normal(size=(40, 3))
Save = Callable[..., Path]
Serve = Callable[..., Caller]


@pytest.fixture(scope="session")
def linear(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """y = a + 2b + 3c on arrays, with a signature and an example."""
    folder = tmp_path_factory.mktemp("models") / "linear"
    estimator = LinearRegression().fit(FEATURES, FEATURES @ [1.0, 2.0, 3.0])
    sklearn.save_model(estimator, folder, input_example=FEATURES[:2])
    return folder


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Save a function `predict(context, model_input, params=None)` as a model."""

    def save(function: Callable[..., Any], name: str = "model", **options: Any) -> Path:
        class Model(pyfunc.PythonModel):
            pass

        Model.predict = function  # type: ignore[method-assign]  # which the class must have
        folder = tmp_path / name
        pyfunc.save_model(folder, python_model=Model(), **options)
        return folder

    return save


@pytest.fixture
def serve() -> Serve:
    """The application for some model directories, loaded; `load=False` leaves that out."""

    def serve(*folders: Path, load: bool = True, **options: Any) -> Caller:
        models = tuple(ServedModel(folder.name, str(folder)) for folder in folders)
        failures: list[Exception] = []
        application = assemble(ServingOptions(models=models, **options), failures.append)
        if load:
            asyncio.run(application.start())
            assert failures == []
        return Caller(application)  # type: ignore[arg-type]  # any ASGI application will do

    return serve
