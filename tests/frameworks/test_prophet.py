from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from prophet import Prophet
from tests.frameworks.both_ways import GoesBothWays

from millstream.integrations import prophet as integration
from millstream.integrations import pyfunc


def history() -> pd.DataFrame:
    days = np.arange(120)
    dates = pd.date_range("2023-01-01", periods=120)
    return pd.DataFrame({"ds": dates, "y": days * 0.1 + np.sin(days), "sale": days % 5 == 0})


class TestForecast(GoesBothWays):
    flavor = "prophet"

    def native(self) -> Any:
        return Prophet(yearly_seasonality=False, uncertainty_samples=0).fit(history())

    def data(self) -> Any:
        return pd.DataFrame({"ds": pd.date_range("2023-05-01", periods=3)})

    def same(self, found: Any, expected: Any) -> None:
        assert list(found.columns) == list(expected.columns)
        assert list(found["ds"]) == list(expected["ds"])
        super().same(found.drop(columns="ds"), expected.drop(columns="ds"))

    def test_dates_are_texts_too(self, trained: Any, tmp_path: Path) -> None:
        integration.save_model(trained, tmp_path / "model")
        texts = self.data().astype({"ds": str})
        found = pyfunc.load_model(tmp_path / "model").predict(texts)
        self.same(found, trained.predict(self.data()))


class TestRegressorsAndHolidays(TestForecast):
    def native(self) -> Any:
        holidays = pd.DataFrame({"holiday": "party", "ds": pd.to_datetime(["2023-02-01"])})
        model = Prophet(yearly_seasonality=False, uncertainty_samples=0, holidays=holidays)
        return model.add_regressor("sale").fit(history())

    def data(self) -> Any:
        return super().data().assign(sale=[1.0, 0.0, 0.0])


class TestUncertainty:
    def test_the_bounds_are_drawn_again_after_loading(self, tmp_path: Path) -> None:
        model = Prophet(yearly_seasonality=False, uncertainty_samples=50).fit(history())
        future = pd.DataFrame({"ds": pd.date_range("2023-05-01", periods=3)})
        integration.save_model(model, tmp_path / "model", input_example=future)
        found = pyfunc.load_model(tmp_path / "model").predict(future)
        np.testing.assert_allclose(found["yhat"], model.predict(future)["yhat"])
        assert (found["yhat_lower"] <= found["yhat"]).all()
        assert (found["yhat"] <= found["yhat_upper"]).all()

    def test_the_file_is_json(self, tmp_path: Path) -> None:
        model = Prophet(yearly_seasonality=False, uncertainty_samples=0).fit(history())
        integration.save_model(model, tmp_path / "model")
        content = json.loads(json.loads((tmp_path / "model/model.pr").read_text()))
        assert content["growth"] == "linear"
