from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shap
from matplotlib import pyplot
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from tests.frameworks.both_ways import GoesBothWays, load_with_mlflow

import millstream
from millstream.integrations import pyfunc
from millstream.integrations import shap as integration
from millstream.testing.frameworks import FrameworkContract

mpl.use("Agg")


def rows() -> pd.DataFrame:
    values = np.random.default_rng(7).normal(size=(40, 3))
    return pd.DataFrame(values, columns=["a", "b", "c"])


def forest() -> Any:
    return RandomForestRegressor(n_estimators=3, random_state=0).fit(rows(), rows()["a"])


def classifier() -> Any:
    model = RandomForestClassifier(n_estimators=3, random_state=0)
    return model.fit(rows(), (rows()["a"] > 0).astype(int))


class Explainers(FrameworkContract):
    flavor = "shap"
    safe = False

    @property
    def module(self) -> Any:
        return SimpleNamespace(
            save_model=integration.save_explainer,
            load_model=integration.load_explainer,
            get_default_pip_requirements=integration.get_default_pip_requirements,
        )

    def data(self) -> Any:
        return rows().head(3)

    def ask(self, native: Any, data: Any) -> Any:
        return native(data).values


class ExplainersOfMlflow(Explainers, GoesBothWays):
    same_signature = False

    def test_the_manifest_is_what_mlflow_writes(
        self, trained: Any, saved: Path, tmp_path: Path
    ) -> None:
        if not hasattr(trained.model, "inner_model"):
            super().test_the_manifest_is_what_mlflow_writes(trained, saved, tmp_path)
        else:  # MLflow's model in the model is a pickle
            names = {path.name for path in (saved / "underlying_model").iterdir()}
            assert {"MLmodel", "model.skops", "requirements.txt", "conda.yaml"} <= names


class TestLinear(ExplainersOfMlflow):
    def native(self) -> Any:
        return shap.LinearExplainer(LinearRegression().fit(rows(), rows()["a"]), rows())


class TestKernel(ExplainersOfMlflow):
    def native(self) -> Any:
        return shap.KernelExplainer(forest().predict, rows().head(5))


class TestExact(ExplainersOfMlflow):
    def native(self) -> Any:
        return shap.ExactExplainer(LinearRegression().fit(rows(), rows()["a"]).predict, rows())


class TestTrees(Explainers):
    """MLflow writes these in a form that SHAP cannot read."""

    def native(self) -> Any:
        return shap.TreeExplainer(forest())


class TestTreesWithBackground(Explainers):
    def native(self) -> Any:
        return shap.Explainer(classifier(), rows())


class TestExplainedModels:
    def test_the_explained_method_is_kept(self, tmp_path: Path) -> None:
        explainer = shap.ExactExplainer(classifier().predict_proba, rows().to_numpy())
        integration.save_explainer(explainer, tmp_path / "model")
        expected = explainer(rows().to_numpy()[:3]).values
        loaded = integration.load_explainer(tmp_path / "model")
        np.testing.assert_allclose(loaded(rows().to_numpy()[:3]).values, expected)
        integration.save_explainer(loaded, tmp_path / "again")
        again = pyfunc.load_model(tmp_path / "again").predict(rows().to_numpy()[:3])
        np.testing.assert_allclose(again, expected)

    def test_it_can_be_part_of_the_explainer(self, tmp_path: Path) -> None:
        explainer = shap.ExactExplainer(forest().predict, rows().to_numpy())
        integration.save_explainer(
            explainer, tmp_path / "model", serialize_model_using_mlflow=False
        )
        assert not (tmp_path / "model/underlying_model").exists()
        for load in (integration.load_explainer, _load_with_mlflow):
            found = load(tmp_path / "model")(rows().to_numpy()[:3]).values
            np.testing.assert_allclose(found, explainer(rows().to_numpy()[:3]).values)

    def test_nothing_is_printed_to_standard_output(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        explainer = shap.KernelExplainer(forest().predict, rows().head(5))
        integration.save_explainer(explainer, tmp_path / "model")
        integration.load_explainer(tmp_path / "model")
        assert capsys.readouterr().out == ""


class TestExplanations:
    @pytest.fixture(autouse=True)
    def _own_store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        millstream.set_tracking_uri(f"sqlite:///{tmp_path}/store.db")

    @pytest.mark.parametrize("outputs", [1, 2])
    @pytest.mark.parametrize("form", ["frame", "array"])
    def test_values_and_a_picture_are_logged(self, outputs: int, form: str) -> None:
        features = rows().head(5) if form == "frame" else rows().head(5).to_numpy()
        model = LinearRegression().fit(rows().to_numpy(), rows()[["a", "b"][:outputs]])

        def predict(values: Any) -> Any:
            found = model.predict(np.asarray(values))
            return found[:, 0] if outputs == 1 else found

        with millstream.start_run():
            drawn = pyplot.figure()
            uri = integration.log_explanation(predict, features)
            assert pyplot.gcf() is drawn
            pyplot.close(drawn)
            folder = Path(millstream.artifacts.download_artifacts(uri))
        base = np.load(folder / "base_values.npy")
        values = np.load(folder / "shap_values.npy")
        assert values.shape == ((5, 3) if outputs == 1 else (5, 3, 2))
        explained = base + values.sum(axis=1)
        np.testing.assert_allclose(explained, predict(features), rtol=1e-6, atol=1e-6)
        assert (folder / "summary_bar_plot.png").read_bytes()[:4] == b"\x89PNG"

    def test_the_folder_can_be_chosen(self) -> None:
        model = LinearRegression().fit(rows().to_numpy(), rows()["a"])
        with millstream.start_run():
            uri = integration.log_explanation(model.predict, rows().head(3).to_numpy(), "why")
            assert uri.endswith("/why")
            assert uri == millstream.get_artifact_uri("why")

    def test_an_explainer_is_logged_as_a_model(self) -> None:
        explainer = shap.TreeExplainer(forest())
        with millstream.start_run():
            info = integration.log_explainer(explainer, name="explainer")
        found = integration.load_explainer(info.model_uri)(rows().head(3)).values
        np.testing.assert_allclose(found, explainer(rows().head(3)).values)


def _load_with_mlflow(path: Path) -> Any:
    return load_with_mlflow("shap", path)
