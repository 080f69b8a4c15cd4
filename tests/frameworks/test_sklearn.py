from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.frameworks.both_ways import GoesBothWays, save_with_mlflow

from millstream.integrations import pyfunc
from millstream.integrations import sklearn as integration


def rows() -> pd.DataFrame:
    values = np.random.default_rng(7).normal(size=(40, 3))
    return pd.DataFrame(values, columns=["a", "b", "c"]).assign(kind=["x", "y"] * 20)


def target() -> Any:
    return rows()["a"] > 0


class TestRegressor(GoesBothWays):
    flavor = "sklearn"

    def native(self) -> Any:
        return LinearRegression().fit(rows()[["a", "b"]], rows()["c"])

    def data(self) -> Any:
        return rows()[["a", "b"]].head()


class TestArrays(GoesBothWays):
    flavor = "sklearn"

    def native(self) -> Any:
        return LogisticRegression().fit(rows()[["a", "b"]].to_numpy(), target().astype(int))

    def data(self) -> Any:
        return rows()[["a", "b"]].to_numpy()[:5]


class TestPipelineOfColumns(GoesBothWays):
    flavor = "sklearn"

    def native(self) -> Any:
        columns = ColumnTransformer(
            [("numbers", StandardScaler(), ["a", "b"]), ("kinds", OneHotEncoder(), ["kind"])]
        )
        return make_pipeline(columns, LogisticRegression()).fit(rows(), target().astype(int))

    def data(self) -> Any:
        return rows().head()


class TestProbabilities(GoesBothWays):
    flavor = "sklearn"
    options = {"pyfunc_predict_fn": "predict_proba"}
    same_signature = False  # MLflow's is that of `predict`

    def native(self) -> Any:
        return LogisticRegression().fit(rows()[["a", "b"]], target().astype(int))

    def data(self) -> Any:
        return rows()[["a", "b"]].head()

    def ask(self, native: Any, data: Any) -> Any:
        return native.predict_proba(data)


class TestPickle(GoesBothWays):
    flavor = "sklearn"
    options = {"serialization_format": "pickle"}
    safe = False

    def native(self) -> Any:
        return LinearRegression().fit(rows()[["a", "b"]], rows()["c"])

    def data(self) -> Any:
        return rows()[["a", "b"]].head()


class TestCloudpickle(TestPickle):
    options = {"serialization_format": "cloudpickle"}


class TestTransformer:
    def test_a_transformer_is_saved_without_prediction(self, tmp_path: Path) -> None:
        scaler = StandardScaler().fit(rows()[["a", "b"]])
        integration.save_model(scaler, tmp_path / "model")
        loaded = integration.load_model(tmp_path / "model")
        np.testing.assert_allclose(
            loaded.transform(rows()[["a", "b"]]), scaler.transform(rows()[["a", "b"]])
        )

    def test_its_transform_can_be_what_predicts(self, tmp_path: Path) -> None:
        scaler = StandardScaler().fit(rows()[["a", "b"]])
        for save, name in ((integration.save_model, "ours"), (_theirs, "theirs")):
            save(scaler, tmp_path / name, pyfunc_predict_fn="transform")
            found = pyfunc.load_model(tmp_path / name).predict(rows()[["a", "b"]])
            np.testing.assert_allclose(found, scaler.transform(rows()[["a", "b"]]))


class TestSparseInput:
    @pytest.mark.parametrize("form", ["csr_matrix", "csc_matrix", "csr_array"])
    def test_sparse_rows_are_predicted(self, form: str, tmp_path: Path) -> None:
        dense = np.where(np.arange(40).reshape(10, 4) % 3 == 0, 1.5, 0.0)
        sparse = getattr(scipy.sparse, form)(dense)
        model = LinearRegression().fit(sparse, np.arange(10.0))
        integration.save_model(model, tmp_path / "model", input_example=dense)
        loaded = pyfunc.load_model(tmp_path / "model")
        np.testing.assert_allclose(loaded.predict(sparse), model.predict(dense))
        np.testing.assert_allclose(loaded.predict(sparse), loaded.predict(dense))

    def test_texts_go_through_a_pipeline_with_sparse_features(self, tmp_path: Path) -> None:
        texts = pd.Series(["good day", "bad day", "good night", "bad night"], name="text")
        model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0, 1, 0])
        integration.save_model(model, tmp_path / "model")
        found = pyfunc.load_model(tmp_path / "model").predict(texts)
        np.testing.assert_array_equal(found, model.predict(texts))


def _theirs(native: Any, path: Path, **options: Any) -> None:
    save_with_mlflow("sklearn", native, path, **options)
