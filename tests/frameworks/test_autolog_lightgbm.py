from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
from tests.frameworks.trainings import (
    assert_as_mlflow,
    autologging,
    info_of,
    logged_by_us,
    model_of,
    runs,
)

import millstream
from millstream.integrations import lightgbm as integration

pytestmark = pytest.mark.usefixtures("own_store")

ROUNDS = 8
PARAMS = {"objective": "binary", "metric": ["binary_logloss", "auc"], "verbosity": -1, "seed": 1}


def rows(count: int = 120, seed: int = 3) -> tuple[pd.DataFrame, Any]:
    values = np.random.default_rng(seed).normal(size=(count, 3))
    frame = pd.DataFrame(values, columns=["a", "b", "c"])
    return frame, (frame["a"] + frame["b"] ** 2 > 0.5).astype(int)


def train(**options: Any) -> Any:
    data = lightgbm.Dataset(*rows())
    held_out = lightgbm.Dataset(*rows(60, 4), reference=data)
    return lightgbm.train(
        PARAMS, data, ROUNDS, valid_sets=[data, held_out], valid_names=["train", "test"], **options
    )


def train_until_it_is_worse() -> Any:
    data = lightgbm.Dataset(*rows())
    held_out = lightgbm.Dataset(*rows(60, 4), reference=data)
    stop = lightgbm.early_stopping(2, verbose=False)
    return lightgbm.train(PARAMS, data, 300, valid_sets=[held_out], callbacks=[stop])


def fit() -> Any:
    features, target = rows()
    model = lightgbm.LGBMClassifier(n_estimators=ROUNDS, num_leaves=4, verbosity=-1)
    return model.fit(features, target, eval_set=[rows(60, 4)])


class TestNames:
    def test_they_are_those_of_mlflow(self) -> None:
        assert_as_mlflow("lightgbm", [train, train_until_it_is_worse, fit])


class TestTraining:
    def test_the_booster_is_bit_for_bit_the_same(self) -> None:
        def both() -> tuple[str, str, int]:
            early = train_until_it_is_worse()
            return train().model_to_string(), early.model_to_string(), early.best_iteration

        plain = both()
        with autologging("lightgbm"):
            assert both() == plain

    def test_the_users_callbacks_are_called_in_their_order(self) -> None:
        def order() -> list[str]:
            called: list[str] = []
            callbacks = [lambda _: called.append("first"), lambda _: called.append("second")]
            train(callbacks=callbacks)
            assert len(callbacks) == 2
            return called

        plain = order()
        with autologging("lightgbm"):
            assert order() == plain

    def test_training_on_counts_its_iterations_from_where_it_began(self) -> None:
        first = train()
        logged = logged_by_us("lightgbm", lambda: train(init_model=first))
        steps = [step for step, _ in logged["metrics"]["test-auc"]]
        assert steps == list(range(ROUNDS, 2 * ROUNDS))

    def test_what_the_training_raises_is_raised_and_fails_the_run(self) -> None:
        with autologging("lightgbm"), pytest.raises(lightgbm.basic.LightGBMError):
            lightgbm.train({"objective": "nonsense", "verbosity": -1}, lightgbm.Dataset(*rows()))
        assert [run.info.status for run in runs()] == ["FAILED"]

    def test_an_estimator_is_logged_once_with_both_integrations_on(self) -> None:
        with autologging("lightgbm"), autologging("sklearn"):
            fit()
        assert [run.data.tags["mlflow.autologging"] for run in runs()] == ["lightgbm"]


class TestModel:
    def test_the_booster_comes_back_with_its_signature(self) -> None:
        model = model_of(logged_by_us("lightgbm", train))
        loaded = integration.load_model(model.model_uri)
        data = rows(10, 9)[0]
        np.testing.assert_array_equal(loaded.predict(data), train().predict(data))
        info = info_of(model)
        assert info.signature.inputs.input_names() == ["a", "b", "c"]

    def test_an_estimator_is_the_model_and_not_its_booster(self) -> None:
        model = model_of(logged_by_us("lightgbm", fit))
        assert isinstance(integration.load_model(model.model_uri), lightgbm.LGBMClassifier)

    def test_options_leave_things_out(self) -> None:
        logged = logged_by_us("lightgbm", train, log_models=False, log_datasets=False)
        assert (logged["models"], logged["inputs"]) == ([], [])

    def test_the_importance_is_that_of_the_booster(self) -> None:
        logged = logged_by_us("lightgbm", train)
        path = millstream.artifacts.download_artifacts(
            run_id=logged["run_id"], artifact_path="feature_importance_gain.json"
        )
        expected = train().feature_importance("gain").tolist()
        assert list(json.loads(Path(path).read_text()).values()) == expected
