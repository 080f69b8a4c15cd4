from __future__ import annotations

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
from tests.frameworks.both_ways import GoesBothWays, load_with_mlflow

from millstream.integrations import lightgbm as integration
from millstream.integrations import pyfunc
from millstream.model_format.manifest import Manifest

QUIET = {"verbose": -1, "min_child_samples": 1, "n_estimators": 5}


def rows() -> pd.DataFrame:
    values = np.random.default_rng(7).normal(size=(40, 3))
    return pd.DataFrame(values, columns=["a", "b", "c"])


def categories() -> pd.DataFrame:
    kinds = pd.Series(["x", "y", "z", "x"] * 10, dtype="category")
    return rows().assign(kind=kinds)


class LightGBM(GoesBothWays):
    flavor = "lightgbm"

    def data(self) -> Any:
        return rows().head()

    def keys(self, manifest: Manifest) -> dict[str, Any]:
        """MLflow lists the types in the order of a set, and does not know all of them."""
        types = manifest.flavors["lightgbm"].pop("skops_trusted_types")
        return {**manifest.flavors, "declares types": types is not None}


class TestClassifier(LightGBM):
    def native(self) -> Any:
        return lightgbm.LGBMClassifier(**QUIET).fit(rows(), rows()["a"] > 0)


class TestRegressor(LightGBM):
    def native(self) -> Any:
        return lightgbm.LGBMRegressor(**QUIET).fit(rows().to_numpy(), rows()["a"])

    def data(self) -> Any:
        return rows().to_numpy()[:5]


class TestPickle(LightGBM):
    options = {"serialization_format": "pickle"}
    safe = False

    def native(self) -> Any:
        return lightgbm.LGBMRegressor(**QUIET).fit(rows(), rows()["a"])


class TestCloudpickle(TestPickle):
    options = {"serialization_format": "cloudpickle"}


class TestBooster(LightGBM):
    def native(self) -> Any:
        parameters = {"verbose": -1, "min_data_in_leaf": 1}
        return lightgbm.train(parameters, lightgbm.Dataset(rows(), rows()["a"]), 5)


class TestCategories(LightGBM):
    same_signature = False  # MLflow cannot predict the example, since it reads it from JSON first

    def native(self) -> Any:
        return lightgbm.LGBMRegressor(**QUIET, cat_smooth=0, min_data_per_group=1).fit(
            categories(), categories()["kind"].cat.codes
        )

    def data(self) -> Any:
        return categories().head()

    def test_a_model_of_ours_loads_in_mlflow(self, trained: Any, tmp_path: Path) -> None:
        integration.save_model(trained, tmp_path / "model")  # MLflow's signatures refuse categories
        self.reaches_mlflow(trained, tmp_path / "model")

    def test_texts_are_categories(self, trained: Any, saved: Path) -> None:
        model = pyfunc.load_model(saved)
        expected = trained.predict(categories())
        for kind in (object, "str"):
            texts = categories().astype({"kind": kind})
            np.testing.assert_allclose(model.predict(texts), expected)
            np.testing.assert_allclose(model.predict(texts.iloc[2:3]), expected[2:3])


class TestRanker:
    def test_a_ranker_needs_no_pickle(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ranker = lightgbm.LGBMRanker(**QUIET).fit(rows(), rows()["a"] > 0, group=[20, 20])
        integration.save_model(ranker, tmp_path / "model")
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        found = integration.load_model(tmp_path / "model").predict(rows())
        np.testing.assert_allclose(found, ranker.predict(rows()))
        np.testing.assert_allclose(
            load_with_mlflow("lightgbm", tmp_path / "model").predict(rows()), found
        )


class Doubled(lightgbm.LGBMRegressor):  # type: ignore[misc]  # lightgbm is untyped here
    def predict(self, *arguments: Any, **options: Any) -> Any:
        return 2 * super().predict(*arguments, **options)


class TestClassesOfTheUser:
    def test_they_are_kept_as_a_pickle(self, tmp_path: Path) -> None:
        model = Doubled(**QUIET).fit(rows(), rows()["a"])
        integration.save_model(model, tmp_path / "model")
        found = integration.load_model(tmp_path / "model").predict(rows())
        np.testing.assert_allclose(found, model.predict(rows()))

    def test_they_are_skops_if_they_are_trusted(self, tmp_path: Path) -> None:
        model = Doubled(**QUIET).fit(rows(), rows()["a"])
        types = [f"{Doubled.__module__}.Doubled"]
        integration.save_model(model, tmp_path / "model", skops_trusted_types=types)
        assert (tmp_path / "model/model.skops").is_file()
        found = integration.load_model(tmp_path / "model").predict(rows())
        np.testing.assert_allclose(found, model.predict(rows()))


class TestParams:
    def test_params_go_to_predict(self, tmp_path: Path) -> None:
        model = lightgbm.LGBMClassifier(**QUIET).fit(rows(), rows()["a"] > 0)
        example = (rows().head(), {"raw_score": True})
        integration.save_model(model, tmp_path / "model", input_example=example)
        loaded = pyfunc.load_model(tmp_path / "model")
        assert loaded.metadata.get_output_schema() is not None
        np.testing.assert_allclose(
            loaded.predict(rows(), {"raw_score": True}), model.predict(rows(), raw_score=True)
        )
