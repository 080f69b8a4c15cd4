from __future__ import annotations

from pathlib import Path
from typing import Any

import catboost
import numpy as np
import pandas as pd
import pytest
from tests.frameworks.both_ways import GoesBothWays

from millstream.errors import InvalidParameter
from millstream.integrations import catboost as integration
from millstream.integrations import pyfunc
from millstream.model_format.manifest import Manifest

QUIET = {"iterations": 5, "verbose": 0, "allow_writing_files": False, "random_seed": 1}


def rows() -> pd.DataFrame:
    values = np.random.default_rng(7).normal(size=(40, 3))
    return pd.DataFrame(values, columns=["a", "b", "c"])


def texts() -> pd.DataFrame:
    return rows().assign(kind=["x", "y", "z", "x"] * 10)


class CatBoost(GoesBothWays):
    flavor = "catboost"

    def data(self) -> Any:
        return rows().head()


class TestClassifier(CatBoost):
    def native(self) -> Any:
        return catboost.CatBoostClassifier(**QUIET).fit(rows(), (rows()["a"] > 0).astype(int))


class TestRegressor(CatBoost):
    options = {"format": "json"}

    def native(self) -> Any:
        return catboost.CatBoostRegressor(**QUIET).fit(rows().to_numpy(), rows()["a"])

    def data(self) -> Any:
        return rows().to_numpy()[:5]


class TestOriginalInterface(CatBoost):
    def native(self) -> Any:
        return catboost.CatBoost(QUIET).fit(rows(), rows()["a"])


class TestRanker(CatBoost):
    def native(self) -> Any:
        return catboost.CatBoostRanker(**QUIET).fit(
            rows(), rows()["a"] > 0, group_id=np.arange(40) // 5
        )


class TestTexts(CatBoost):
    def native(self) -> Any:
        return catboost.CatBoostRegressor(**QUIET, cat_features=["kind"]).fit(
            texts(), texts()["kind"] == "x"
        )

    def data(self) -> Any:
        return texts().head()

    def test_categories_and_texts_are_the_same(self, trained: Any, saved: Path) -> None:
        model = pyfunc.load_model(saved)
        found = model.predict(texts().astype({"kind": "category"}))
        np.testing.assert_allclose(found, trained.predict(texts()))


class TestOtherFormats:
    @pytest.mark.parametrize("name", ["onnx", "coreml"])
    def test_a_model_in_an_exchange_format_comes_back(self, name: str, tmp_path: Path) -> None:
        model = catboost.CatBoostRegressor(**QUIET).fit(rows().to_numpy(), rows()["a"])
        integration.save_model(model, tmp_path / "model", format=name)
        found = integration.load_model(tmp_path / "model").predict(rows().to_numpy())
        np.testing.assert_allclose(found, model.predict(rows().to_numpy()), rtol=1e-4, atol=1e-4)

    def test_one_that_catboost_cannot_read_is_refused(self, tmp_path: Path) -> None:
        model = catboost.CatBoostRegressor(**QUIET).fit(rows(), rows()["a"])
        with pytest.raises(InvalidParameter, match="'cpp' cannot be loaded"):
            integration.save_model(model, tmp_path / "model", format="cpp")

    def test_json_of_a_model_with_categories_is_written_with_the_pool(self, tmp_path: Path) -> None:
        pool = catboost.Pool(texts(), texts()["kind"] == "x", cat_features=["kind"])
        model = catboost.CatBoostRegressor(**QUIET).fit(pool)
        integration.save_model(model, tmp_path / "model", format="json", pool=pool)
        found = integration.load_model(tmp_path / "model").predict(texts())
        np.testing.assert_allclose(found, model.predict(texts()))


class Own(catboost.CatBoostClassifier):  # type: ignore[misc]  # catboost is untyped here
    pass


class TestClasses:
    def test_a_class_of_the_user_comes_back_as_the_one_it_is_made_of(self, tmp_path: Path) -> None:
        model = Own(**QUIET).fit(rows(), (rows()["a"] > 0).astype(int))
        integration.save_model(model, tmp_path / "model")
        loaded = integration.load_model(tmp_path / "model")
        assert type(loaded) is catboost.CatBoostClassifier
        np.testing.assert_array_equal(loaded.predict(rows()), model.predict(rows()))

    def test_an_unknown_class_is_refused(self, tmp_path: Path) -> None:
        model = catboost.CatBoostClassifier(**QUIET).fit(rows(), (rows()["a"] > 0).astype(int))
        manifest = Manifest()
        integration.save_model(model, tmp_path / "model", mlflow_model=manifest)
        manifest.flavors["catboost"]["model_type"] = "Pool"
        manifest.save(tmp_path / "model/MLmodel")
        with pytest.raises(InvalidParameter, match="'Pool'; CatBoost has"):
            integration.load_model(tmp_path / "model")

    def test_params_go_to_predict(self, tmp_path: Path) -> None:
        model = catboost.CatBoostClassifier(**QUIET).fit(rows(), (rows()["a"] > 0).astype(int))
        example = (rows().head(), {"prediction_type": "Probability"})
        integration.save_model(model, tmp_path / "model", input_example=example)
        found = pyfunc.load_model(tmp_path / "model").predict(
            rows(), {"prediction_type": "Probability"}
        )
        np.testing.assert_allclose(found, model.predict_proba(rows()))
