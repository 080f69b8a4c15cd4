from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
import statsmodels.tsa.api as tsa
from tests.frameworks.autologged import files, logging_to, models, place, runs, without_warnings

import millstream
from millstream.client.runs import RunMethods

__all__ = ["place"]

ROWS = pd.DataFrame(np.random.default_rng(7).normal(size=(40, 3)), columns=["a", "b", "c"])
TIMES = pd.Series(np.arange(40.0) % 7, index=pd.date_range("2026-01-01", periods=40, freq="D"))
BINOMIAL = sm.families.Binomial()

FITS: dict[str, Callable[[], Any]] = {
    "ols": lambda: sm.OLS(ROWS["a"], sm.add_constant(ROWS[["b", "c"]])).fit(cov_type="HC1"),
    "formula": lambda: smf.ols("a ~ b + c", ROWS).fit(),
    "arrays": lambda: sm.WLS(ROWS["a"].to_numpy(), ROWS[["b"]].to_numpy(), weights=2.0).fit(),
    "regularized": lambda: sm.OLS(ROWS["a"], ROWS[["b", "c"]]).fit_regularized(alpha=0.1),
    "glm": lambda: sm.GLM((ROWS["a"] > 0).astype(int), ROWS[["b"]], family=BINOMIAL).fit(),
    "logit": lambda: sm.Logit((ROWS["a"] > 0).astype(int), ROWS[["b"]]).fit(disp=0),
    "robust": lambda: sm.RLM(ROWS["a"], ROWS[["b"]]).fit(),
    "arima": lambda: tsa.ARIMA(TIMES, order=(1, 0, 0)).fit(),
    "smoothing": lambda: tsa.ExponentialSmoothing(TIMES).fit(),
    "var": lambda: tsa.VAR(ROWS).fit(1),
}


@pytest.fixture
def autolog(place: Path) -> Iterator[Callable[..., None]]:
    with logging_to(place, "statsmodels"):
        yield millstream.statsmodels.autolog


def params_of(results: Any) -> bytes:
    found = results.params
    values = list(found.values()) if isinstance(found, dict) else found
    return b"".join(np.asarray(value, dtype=object if isinstance(value, str) else float).tobytes()
                    for value in np.ravel(np.asarray(values, dtype=object))
                    if isinstance(value, float))  # fmt: skip


@pytest.mark.parametrize("name", sorted(FITS))
@pytest.mark.filterwarnings("ignore")
def test_results_are_bit_for_bit_what_they_were(name: str, autolog: Callable[..., None]) -> None:
    expected = params_of(FITS[name]())
    assert expected
    autolog(log_models=False)
    with without_warnings():
        found = FITS[name]()
    assert params_of(found) == expected
    (run,) = runs()
    assert run.info.status == "FINISHED"
    assert run.data.tags["estimator_name"]


def test_a_regression(autolog: Callable[..., None]) -> None:
    autolog()
    results = FITS["ols"]()
    (run,) = runs()
    assert run.data.params["cov_type"] == "HC1"
    assert run.data.params["method"] == "pinv"
    for name in ("rsquared", "aic", "bic", "llf", "ssr", "df_resid"):
        assert run.data.metrics[name] == float(getattr(results, name))
    assert files(run) == {"model_summary.txt"}
    assert run.inputs.dataset_inputs[0].tags[0].value == "train"
    uri = f"models:/{models(run)['model']}"
    asked = sm.add_constant(ROWS[["b", "c"]]).head()
    found = millstream.pyfunc.load_model(uri).predict(asked)
    np.testing.assert_allclose(found, results.predict(asked))
    text = millstream.artifacts.load_text(f"{run.info.artifact_uri}/model_summary.txt")
    assert "OLS Regression Results" in text


def test_a_formula_is_a_param_and_its_model_takes_the_frame(autolog: Callable[..., None]) -> None:
    autolog()
    FITS["formula"]()
    (run,) = runs()
    assert run.data.params["formula"] == "a ~ b + c"
    info: Any = millstream.models.get_model_info(f"models:/{models(run)['model']}")
    assert {column.name for column in info.signature.inputs.inputs} >= {"b", "c"}


def test_a_series_has_a_model_without_signature(autolog: Callable[..., None]) -> None:
    autolog()
    with without_warnings():
        FITS["arima"]()
    (run,) = runs()
    info = millstream.models.get_model_info(f"models:/{models(run)['model']}")
    assert info.signature is None


def test_a_store_that_refuses_leaves_results_alone(
    autolog: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise millstream.MillstreamError("the store takes nothing")

    expected = params_of(FITS["ols"]())
    autolog(silent=True, log_models=False)
    monkeypatch.setattr(RunMethods, "log_batch", refuse)
    with without_warnings():
        assert params_of(FITS["ols"]()) == expected


def test_a_fit_that_fails_raises_what_it_did(autolog: Callable[..., None]) -> None:
    autolog()
    with pytest.raises(ValueError, match="cov_type"):
        sm.OLS(ROWS["a"], ROWS[["b"]]).fit(cov_type="no such")
    assert [run.info.status for run in runs()] == ["FAILED"]
