from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
import statsmodels.tsa.api as tsa
from tests.frameworks.both_ways import GoesBothWays, load_with_mlflow

from millstream.errors import InvalidParameter
from millstream.integrations import pyfunc
from millstream.integrations import statsmodels as integration
from millstream.model_format.manifest import Manifest

START, END = pd.Timestamp("2024-02-28"), pd.Timestamp("2024-03-04")


def rows() -> pd.DataFrame:
    values = np.random.default_rng(7).normal(size=(40, 3))
    return pd.DataFrame(values, columns=["a", "b", "c"]).assign(kind=["x", "y"] * 20)


def series() -> pd.Series[float]:
    values = np.cumsum(np.random.default_rng(1).normal(size=60))
    return pd.Series(values, index=pd.date_range("2024-01-01", periods=60, freq="D"))


class Statsmodels(GoesBothWays):
    flavor = "statsmodels"
    safe = False


class TestLeastSquares(Statsmodels):
    def native(self) -> Any:
        return sm.OLS(rows()["a"], rows()[["b", "c"]]).fit()

    def data(self) -> Any:
        return rows()[["b", "c"]].head()


class TestArrays(Statsmodels):
    def native(self) -> Any:
        return sm.OLS(rows()["a"].to_numpy(), rows()[["b", "c"]].to_numpy()).fit()

    def data(self) -> Any:
        return rows()[["b", "c"]].to_numpy()[:5]


class TestFormula(Statsmodels):
    options = {"remove_data": True}

    def native(self) -> Any:
        return smf.ols("a ~ b + C(kind)", rows()).fit()

    def data(self) -> Any:
        return rows()[["b", "kind"]].head()


class TestGeneralisedLinear(Statsmodels):
    def native(self) -> Any:
        family = sm.families.Binomial()
        return sm.GLM((rows()["a"] > 0).astype(int), rows()[["b"]], family=family).fit()

    def data(self) -> Any:
        return rows()[["b"]].head()


class TestTimes(Statsmodels):
    def native(self) -> Any:
        return tsa.ARIMA(series(), order=(1, 1, 0)).fit()

    def data(self) -> Any:
        return pd.DataFrame({"start": [58], "end": [61]})

    def ask(self, native: Any, data: Any) -> Any:
        return native.predict(data["start"].iloc[0], data["end"].iloc[0])

    def test_times_are_dates_too(self, trained: Any, tmp_path: Path) -> None:
        integration.save_model(trained, tmp_path / "model")
        model = pyfunc.load_model(tmp_path / "model")
        expected = trained.predict(START, END)
        for start, end in ((START, END), (str(START.date()), str(END.date()))):
            found = model.predict(pd.DataFrame({"start": [start], "end": [end]}))
            pd.testing.assert_series_equal(found, expected)

    @pytest.mark.parametrize(
        "data",
        [
            pd.DataFrame({"start": [1, 2], "end": [3, 4]}),
            pd.DataFrame({"start": [1]}),
            pd.DataFrame({"b": [1.0]}),
        ],
    )
    def test_what_is_not_one_row_with_start_and_end_is_refused(
        self, data: Any, trained: Any, tmp_path: Path
    ) -> None:
        integration.save_model(trained, tmp_path / "model")
        model = pyfunc.load_model(tmp_path / "model")
        with pytest.raises(InvalidParameter, match="exactly one row with the columns"):
            model.predict(data)


class TestDates(TestTimes):
    def native(self) -> Any:
        return tsa.ExponentialSmoothing(series(), trend="add").fit()

    def data(self) -> Any:
        return pd.DataFrame({"start": [START], "end": [END]})


class TestSeriesWithRegressors:
    def test_regressors_of_the_future_are_a_column(self, tmp_path: Path) -> None:
        known = pd.DataFrame({"x": np.arange(60.0)}, index=series().index)
        results = tsa.SARIMAX(series(), known, order=(1, 0, 0)).fit(disp=0)
        integration.save_model(results, tmp_path / "model")
        asked = pd.DataFrame({"start": [60], "end": [61], "exog": [[[60.0], [61.0]]]})
        found = pyfunc.load_model(tmp_path / "model").predict(asked)
        expected = results.predict(60, 61, exog=[[60.0], [61.0]])
        np.testing.assert_allclose(found, expected)


class TestRemovedData:
    def test_the_object_in_memory_keeps_its_data(self, tmp_path: Path) -> None:
        results = sm.OLS(rows()["a"], rows()[["b", "c"]]).fit()
        integration.save_model(results, tmp_path / "model", remove_data=True)
        assert results.model.endog is not None
        np.testing.assert_allclose(results.resid, rows()["a"] - results.fittedvalues)
        loaded = integration.load_model(tmp_path / "model")
        assert loaded.model.endog is None
        np.testing.assert_allclose(
            loaded.predict(rows()[["b", "c"]]), results.predict(rows()[["b", "c"]])
        )


class TestResultsWithoutPrediction:
    def test_they_have_no_common_interface(self, tmp_path: Path) -> None:
        frame = pd.DataFrame({"x": series(), "y": series().shift(1).fillna(0.0)})
        results = tsa.VAR(frame).fit(1)
        integration.save_model(results, tmp_path / "model")
        assert set(Manifest.read(tmp_path / "model").flavors) == {"statsmodels"}
        last = frame.to_numpy()[-1:]
        expected = results.forecast(last, 3)
        loaded = integration.load_model(tmp_path / "model")
        np.testing.assert_allclose(loaded.forecast(last, 3), expected)
        theirs = load_with_mlflow("statsmodels", tmp_path / "model")
        np.testing.assert_allclose(theirs.forecast(last, 3), expected)
