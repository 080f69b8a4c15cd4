from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xgboost
from tests.frameworks.both_ways import GoesBothWays


def rows() -> pd.DataFrame:
    values = np.random.default_rng(7).normal(size=(40, 3))
    return pd.DataFrame(values, columns=["a", "b", "c"])


class TestClassifier(GoesBothWays):
    flavor = "xgboost"

    def native(self) -> Any:
        return xgboost.XGBClassifier(n_estimators=5).fit(rows(), rows()["a"] > 0)

    def data(self) -> Any:
        return rows().head()


class TestBooster(GoesBothWays):
    flavor = "xgboost"
    options = {"model_format": "json"}

    def native(self) -> Any:
        return xgboost.train({}, xgboost.DMatrix(rows(), rows()["a"] * 2), num_boost_round=5)

    def data(self) -> Any:
        return rows().head()

    def ask(self, native: Any, data: Any) -> Any:
        return native.predict(xgboost.DMatrix(data))
