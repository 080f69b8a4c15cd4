"""Models saved and loaded by the real MLflow in this process: models must go both ways."""

from __future__ import annotations

import importlib
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar
from unittest import mock

import numpy as np

from millstream.integrations import pyfunc
from millstream.model_format.manifest import Manifest
from millstream.testing.frameworks import FrameworkContract

# Nothing is sent, and nothing is written beside the model: MLflow reads these when it is imported.
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_TRACKING_URI": f"sqlite:///{tempfile.gettempdir()}/both-ways-{os.getpid()}.db",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "true",
    "HF_HUB_OFFLINE": "1",
}


def save_with_mlflow(flavor: str, native: Any, path: Path, **options: Any) -> None:
    """Let MLflow write the object of a framework as a model directory.

    Unless `options` name requirements, none are recorded: seeking them would load the model in
    a process of its own.
    """
    if not options.keys() & {"conda_env", "pip_requirements", "extra_pip_requirements"}:
        options["pip_requirements"] = []
    with _quiet():
        _module(flavor).save_model(native, str(path), **options)


def load_with_mlflow(flavor: str, path: Path, **options: Any) -> Any:
    """The object of a framework, loaded by MLflow."""
    with _quiet():
        module = _module(flavor)
        load = module.load_explainer if flavor == "shap" else module.load_model
        return load(str(path), **options)


def predict_with_mlflow(path: Path, data: Any, **options: Any) -> Any:
    """What MLflow predicts with the model in a directory; `options` go to its `predict`."""
    with _quiet():
        return _module("pyfunc").load_model(str(path)).predict(data, **options)


def assert_equal_answers(found: Any, expected: Any, tolerance: float = 1e-6) -> None:
    """Whether two predictions have the same type, labels and shape, and close values."""
    assert type(found) is type(expected), (type(found), type(expected))
    if isinstance(found, dict):
        assert list(found) == list(expected)
        for name in found:
            assert_equal_answers(found[name], expected[name], tolerance)
        return
    if hasattr(expected, "columns"):
        assert list(found.columns) == list(expected.columns)
        assert list(found.index) == list(expected.index)
        for name in expected.columns:
            assert_equal_answers(found[name], expected[name], tolerance)
        return
    if hasattr(expected, "iloc"):
        assert (found.name, list(found.index)) == (expected.name, list(expected.index))
    here, there = np.asarray(found), np.asarray(expected)
    assert (here.shape, here.dtype.kind) == (there.shape, there.dtype.kind)
    assert here.dtype == there.dtype or here.dtype.kind in "MU"  # their units and lengths vary
    if here.dtype.kind in "fc":
        np.testing.assert_allclose(here, there, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(here, there)


class GoesBothWays(FrameworkContract):
    """The contract of a framework's adapter, and that its models go from and to MLflow.

    `same_signature` is False where MLflow sees another signature in the example than there is.
    """

    same_signature: ClassVar[bool] = True

    def keys(self, manifest: Manifest) -> dict[str, Any]:
        """What the manifests of MLflow and of this package have in common."""
        return manifest.flavors

    def test_a_model_of_mlflow_loads_here(self, trained: Any, tmp_path: Path) -> None:
        theirs = tmp_path / "theirs"
        expected = self.ask(trained, self.data())  # before, since MLflow may change the object
        save_with_mlflow(self.flavor, trained, theirs, **self.options)
        loaded = self.module.load_model(theirs)
        assert type(loaded).__name__ == type(trained).__name__
        self.same(self.ask(loaded, self.data()), expected)
        found = pyfunc.load_model(theirs).predict(self.data())
        assert_equal_answers(found, predict_with_mlflow(theirs, self.data()), self.tolerance)

    def test_a_model_of_ours_loads_in_mlflow(self, trained: Any, saved: Path) -> None:
        self.reaches_mlflow(trained, saved)

    def reaches_mlflow(self, trained: Any, path: Path) -> None:
        """MLflow loads the model in a directory, and both predict the same with it."""
        loaded = load_with_mlflow(self.flavor, path)
        assert type(loaded).__name__ == type(trained).__name__
        self.same(self.ask(loaded, self.data()), self.ask(trained, self.data()))
        found = pyfunc.load_model(path).predict(self.data())
        assert_equal_answers(found, predict_with_mlflow(path, self.data()), self.tolerance)

    def test_the_manifest_is_what_mlflow_writes(
        self, trained: Any, saved: Path, tmp_path: Path
    ) -> None:
        theirs = tmp_path / "theirs"
        save_with_mlflow(
            self.flavor, trained, theirs, **{"input_example": self.data(), **self.options}
        )
        assert files(saved) == files(theirs)
        here, there = (Manifest.read(path) for path in (saved, theirs))
        assert self.keys(here) == self.keys(there)
        if self.same_signature:
            assert here.signature == there.signature


def files(directory: Path) -> set[str]:
    """The paths of the files of a model."""
    return {
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    }


@contextmanager
def _quiet() -> Iterator[None]:
    with mock.patch.dict(os.environ, _QUIET), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _module(flavor: str) -> ModuleType:
    return importlib.import_module(f"mlflow.{flavor}")
