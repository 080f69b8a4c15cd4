from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost
from tests.frameworks.both_ways import GoesBothWays

from millstream.integrations import pyfunc
from millstream.integrations import xgboost as integration


def rows() -> pd.DataFrame:
    values = np.random.default_rng(7).normal(size=(40, 3))
    return pd.DataFrame(values, columns=["a", "b", "c"])


class TestClassifier(GoesBothWays):
    flavor = "xgboost"

    def native(self) -> Any:
        return xgboost.XGBClassifier(n_estimators=5).fit(rows(), rows()["a"] > 0)

    def data(self) -> Any:
        return rows().head()


def categories() -> pd.DataFrame:
    return rows().assign(kind=pd.Series(["x", "y", "z", "x"] * 10, dtype="category"))


class TestCategories(GoesBothWays):
    flavor = "xgboost"
    same_signature = False  # MLflow cannot predict the example, since it reads it from JSON first

    def native(self) -> Any:
        target = categories()["kind"].cat.codes
        return xgboost.XGBRegressor(n_estimators=5, enable_categorical=True).fit(
            categories(), target
        )

    def data(self) -> Any:
        return categories().head()

    def test_a_model_of_ours_loads_in_mlflow(self, trained: Any, tmp_path: Path) -> None:
        self.module.save_model(trained, tmp_path / "model")  # MLflow's signatures refuse categories
        self.reaches_mlflow(trained, tmp_path / "model")

    def test_texts_are_categories(self, trained: Any, saved: Path, tmp_path: Path) -> None:
        """Each row on its own, so that nothing but the model knows the other categories."""
        self.module.save_model(trained.get_booster(), tmp_path / "booster")
        texts = categories().astype({"kind": str})
        for path in (saved, tmp_path / "booster"):
            model = pyfunc.load_model(path)
            found = [model.predict(texts.iloc[i : i + 1])[0] for i in range(4)]
            np.testing.assert_allclose(found, trained.predict(categories())[:4])
            np.testing.assert_allclose(model.predict(categories())[:4], found)


class TestParams:
    def test_params_go_to_predict(self, tmp_path: Path) -> None:
        model = xgboost.XGBRegressor(n_estimators=5).fit(rows(), rows()["a"])
        example = (rows().head(), {"output_margin": True})
        integration.save_model(model, tmp_path / "model", input_example=example)
        loaded = pyfunc.load_model(tmp_path / "model")
        assert loaded.metadata.get_output_schema() is not None
        np.testing.assert_allclose(
            loaded.predict(rows(), {"output_margin": True}), model.predict(rows())
        )


class TestBooster(GoesBothWays):
    flavor = "xgboost"
    options = {"model_format": "json"}

    def native(self) -> Any:
        return xgboost.train({}, xgboost.DMatrix(rows(), rows()["a"] * 2), num_boost_round=5)

    def data(self) -> Any:
        return rows().head()

    def ask(self, native: Any, data: Any) -> Any:
        return native.predict(xgboost.DMatrix(data))
