from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pmdarima
import pytest
from pmdarima.pipeline import Pipeline
from pmdarima.preprocessing import BoxCoxEndogTransformer
from tests.frameworks.both_ways import (
    GoesBothWays,
    assert_equal_answers,
    predict_with_mlflow,
)

from millstream.errors import InvalidParameter
from millstream.integrations import pmdarima as integration
from millstream.integrations import pyfunc


def series() -> pd.Series[float]:
    values = 20 + np.cumsum(np.random.default_rng(1).normal(size=60))
    return pd.Series(values, index=pd.date_range("2024-01-01", periods=60, freq="D"))


class Pmdarima(GoesBothWays):
    flavor = "pmdarima"
    safe = False

    def data(self) -> Any:
        return pd.DataFrame({"n_periods": [4]})

    def ask(self, native: Any, data: Any) -> Any:
        return native.predict(n_periods=int(data["n_periods"].iloc[0]))


class TestArima(Pmdarima):
    def native(self) -> Any:
        return pmdarima.ARIMA(order=(1, 1, 0)).fit(series().to_numpy())

    def test_intervals_are_columns(self, trained: Any, tmp_path: Path) -> None:
        integration.save_model(trained, tmp_path / "model")
        asked = pd.DataFrame({"n_periods": [3], "return_conf_int": [True], "alpha": [0.1]})
        found = pyfunc.load_model(tmp_path / "model").predict(asked)
        assert list(found.columns) == ["yhat", "yhat_lower", "yhat_upper"]
        assert_equal_answers(found, predict_with_mlflow(tmp_path / "model", asked))
        _, interval = trained.predict(n_periods=3, return_conf_int=True, alpha=0.1)
        np.testing.assert_allclose(found[["yhat_lower", "yhat_upper"]], interval)

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (pd.DataFrame({"n": [1]}), "has the column 'n_periods'.*columns \\['n'\\]"),
            (pd.DataFrame({"n_periods": [1, 2]}), "with 1 row, not with 2"),
            (pd.DataFrame({"n_periods": ["x"]}), "must be an integer, not 'x'"),
            (3, "this int has the columns"),
        ],
    )
    def test_what_asks_for_no_forecast_is_refused(
        self, data: Any, reason: str, trained: Any, tmp_path: Path
    ) -> None:
        integration.save_model(trained, tmp_path / "model")
        with pytest.raises(InvalidParameter, match=reason):
            pyfunc.load_model(tmp_path / "model").predict(data)


class TestDates(Pmdarima):
    def native(self) -> Any:
        return pmdarima.auto_arima(series(), max_p=2, max_q=2)


class TestPipeline(Pmdarima):
    def native(self) -> Any:
        transformed = ("transformed", BoxCoxEndogTransformer(lmbda2=1e-6))
        steps = [transformed, ("arima", pmdarima.AutoARIMA(max_p=2, max_q=2))]
        return Pipeline(steps).fit(series().to_numpy())


class TestRegressors:
    def test_those_of_the_future_are_a_column(self, tmp_path: Path) -> None:
        known = np.random.default_rng(2).normal(size=(60, 1))
        model = pmdarima.ARIMA(order=(1, 0, 0)).fit(series().to_numpy(), X=known)
        integration.save_model(model, tmp_path / "model")
        asked = pd.DataFrame({"n_periods": [2], "X": [[[1.0], [2.0]]]})
        found = pyfunc.load_model(tmp_path / "model").predict(asked)
        assert_equal_answers(found, predict_with_mlflow(tmp_path / "model", asked))
        np.testing.assert_allclose(
            found["yhat"], model.predict(n_periods=2, X=np.array([[1.0], [2.0]]))
        )
