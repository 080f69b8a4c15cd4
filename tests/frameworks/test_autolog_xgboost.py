from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.model_selection import GridSearchCV
from tests.frameworks.trainings import (
    assert_as_mlflow,
    autologging,
    facts,
    info_of,
    logged_by_us,
    model_of,
    runs,
)

import millstream
from millstream.integrations import xgboost as integration
from millstream.integrations.autologging import feature_importance

pytestmark = pytest.mark.usefixtures("own_store")

ROUNDS = 8
PARAMS = {"objective": "binary:logistic", "eval_metric": ["logloss", "error@0.7"], "eta": 1.0}


def rows(count: int = 80, seed: int = 3) -> tuple[pd.DataFrame, Any]:
    values = np.random.default_rng(seed).normal(size=(count, 3))
    frame = pd.DataFrame(values, columns=["a", "b", "c"])
    return frame, (frame["a"] + frame["b"] ** 2 > 0.5).astype(int)


def train() -> Any:
    features, target = rows()
    held_out = xgboost.DMatrix(*rows(40, 4))
    matrix = xgboost.DMatrix(features, target)
    return xgboost.train(
        PARAMS, matrix, ROUNDS, evals=[(matrix, "train"), (held_out, "test")], verbose_eval=False
    )


def train_until_it_is_worse() -> Any:
    features, target = rows()
    matrix, held_out = xgboost.DMatrix(features, target), xgboost.DMatrix(*rows(40, 4))
    return xgboost.train(
        PARAMS,
        matrix,
        200,
        evals=[(held_out, "test")],
        early_stopping_rounds=3,
        verbose_eval=False,
    )


def fit() -> Any:
    features, target = rows()
    model = xgboost.XGBClassifier(n_estimators=ROUNDS, max_depth=2, eval_metric="logloss")
    return model.fit(features, target, eval_set=[rows(40, 4)], verbose=False)


class TestNames:
    def test_they_are_those_of_mlflow(self) -> None:
        assert_as_mlflow("xgboost", [train, train_until_it_is_worse, fit])


class TestTraining:
    def test_the_booster_is_bit_for_bit_the_same(self) -> None:
        plain = train().save_raw(), fit().get_booster().save_raw()
        with autologging("xgboost"):
            assert (train().save_raw(), fit().get_booster().save_raw()) == plain

    def test_the_users_callbacks_are_left_as_they_are(self) -> None:
        callbacks = [xgboost.callback.EarlyStopping(rounds=2)]
        features, target = rows()
        matrix = xgboost.DMatrix(features, target)
        with autologging("xgboost"):
            xgboost.train(PARAMS, matrix, 3, evals=[(matrix, "train")], callbacks=callbacks)
        assert len(callbacks) == 1

    def test_what_the_training_raises_is_raised_and_fails_the_run(self) -> None:
        features, target = rows()
        matrix = xgboost.DMatrix(features, target)
        with autologging("xgboost"), pytest.raises(xgboost.core.XGBoostError, match="nonsense"):
            xgboost.train({"objective": "nonsense"}, matrix)
        assert [run.info.status for run in runs()] == ["FAILED"]

    def test_an_error_of_ours_costs_a_warning_and_no_training(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: Any) -> None:
            raise RuntimeError("no figure today")

        monkeypatch.setattr(feature_importance, "draw", broken)
        with autologging("xgboost"), pytest.warns(RuntimeWarning, match="no figure today"):
            booster = train()
        assert booster.num_boosted_rounds() == ROUNDS
        assert facts(millstream.MillstreamClient(), runs()[0].info.run_id)["models"]

    def test_a_search_is_not_logged_once_more_by_each_of_its_fits(self) -> None:
        features, target = rows()
        search = GridSearchCV(xgboost.XGBClassifier(n_estimators=2), {"max_depth": [1, 2]}, cv=2)
        with autologging("xgboost"), autologging("sklearn"):
            search.fit(features, target)
        flavors = {run.data.tags.get("mlflow.autologging") for run in runs()}
        assert flavors <= {"sklearn", None}

    def test_an_estimator_is_logged_once_with_both_integrations_on(self) -> None:
        with autologging("xgboost"), autologging("sklearn"):
            fit()
        assert [run.data.tags["mlflow.autologging"] for run in runs()] == ["xgboost"]


class TestModel:
    def test_the_booster_comes_back_with_its_signature_and_example(self) -> None:
        boosters: list[Any] = []
        logged = logged_by_us("xgboost", lambda: boosters.append(train()), log_input_examples=True)
        model = model_of(logged)
        loaded = integration.load_model(model.model_uri)
        data = xgboost.DMatrix(rows(10, 9)[0])
        np.testing.assert_array_equal(loaded.predict(data), boosters[0].predict(data))
        info = info_of(model)
        assert info.signature.inputs.input_names() == ["a", "b", "c"]
        assert info.signature.outputs is not None
        assert info.saved_input_example_info is not None

    def test_an_estimator_is_the_model_and_not_its_booster(self) -> None:
        model = model_of(logged_by_us("xgboost", fit, model_format="json"))
        assert isinstance(integration.load_model(model.model_uri), xgboost.XGBClassifier)
        info = info_of(model)
        assert info.flavors["xgboost"]["model_format"] == "json"
        assert info.signature.inputs.input_names() == ["a", "b", "c"]

    def test_options_leave_things_out(self) -> None:
        logged = logged_by_us("xgboost", train, log_models=False, log_datasets=False)
        assert (logged["models"], logged["inputs"]) == ([], [])

    def test_the_data_of_the_training_are_inputs(self) -> None:
        logged = logged_by_us("xgboost", train)
        contexts = [tags["mlflow.data.context"] for tags, _ in logged["inputs"]]
        assert sorted(contexts) == ["eval", "eval", "train"] or sorted(contexts) == [
            "eval",
            "train",
        ]


class TestImportance:
    def test_each_type_is_a_file_of_json_and_a_figure(self) -> None:
        logged = logged_by_us("xgboost", train, importance_types=["gain", "cover"])
        names = [f"feature_importance_{kind}" for kind in ("cover", "gain")]
        files = [f"{name}.{ending}" for name in names for ending in ("json", "png")]
        assert [name for name in logged["files"] if "importance" in name] == files
        path = millstream.artifacts.download_artifacts(
            run_id=logged["run_id"], artifact_path="feature_importance_gain.json"
        )
        assert json.loads(Path(path).read_text()) == pytest.approx(
            train().get_score(importance_type="gain")
        )

    def test_a_model_of_nothing_but_a_constant_has_no_figure(self) -> None:
        def constant() -> None:
            matrix = xgboost.DMatrix(np.ones((10, 2)), np.ones(10))
            xgboost.train({"objective": "reg:squarederror"}, matrix, 1)

        logged = logged_by_us("xgboost", constant)
        assert [name for name in logged["files"] if "importance" in name] == [
            "feature_importance_weight.json"
        ]
