from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import catboost
import numpy as np
import pandas as pd
import pytest
from tests.frameworks.trainings import autologging, info_of, logged_by_us, model_of, runs

import millstream
from millstream.integrations import catboost as integration
from millstream.integrations.autologging import catboost as patches

pytestmark = pytest.mark.usefixtures("own_store")

ROUNDS = 8
OPTIONS: dict[str, Any] = {
    "iterations": ROUNDS,
    "depth": 2,
    "random_seed": 1,
    "verbose": False,
    "allow_writing_files": False,
    "thread_count": 1,
}


def rows(count: int = 80, seed: int = 3) -> tuple[pd.DataFrame, Any]:
    values = np.random.default_rng(seed).normal(size=(count, 3))
    frame = pd.DataFrame(values, columns=["a", "b", "c"])
    return frame, (frame["a"] + frame["b"] ** 2 > 0.5).astype(int)


def fit(**options: Any) -> Any:
    model = catboost.CatBoostClassifier(**{**OPTIONS, "custom_metric": ["AUC"], **options})
    return model.fit(*rows(), eval_set=[rows(40, 4), rows(40, 5)])


def content(model: Any, folder: Path) -> Any:
    """The trees, without when they were made."""
    model.save_model(folder / "model.json", format="json")
    found = json.loads((folder / "model.json").read_text())
    return found["oblivious_trees"], found["scale_and_bias"]


class TestWhatIsLogged:
    def test_each_metric_on_each_data_set_after_each_iteration(self) -> None:
        models: list[Any] = []
        logged = logged_by_us("catboost", lambda: models.append(fit()))
        for data, measures in models[0].get_evals_result().items():
            for metric, values in measures.items():
                points = logged["metrics"][f"{data}-{metric}"]
                assert points[:ROUNDS] == [[step, value] for step, value in enumerate(values)]

    def test_where_it_was_best_comes_last(self) -> None:
        models: list[Any] = []
        logged = logged_by_us("catboost", lambda: models.append(fit(early_stopping_rounds=2)))
        best = models[0].get_best_iteration()
        assert logged["metrics"]["best_iteration"] == [[0, best]]
        points = logged["metrics"]["validation_1-Logloss"]
        assert points[-1] == [len(points) - 1, points[best][1]]
        assert logged["metrics"]["stopped_iteration"] == [[0, len(points) - 2]]

    def test_without_data_to_evaluate_on_there_is_the_training_alone(self) -> None:
        logged = logged_by_us(
            "catboost", lambda: catboost.CatBoostRegressor(**OPTIONS).fit(*rows())
        )
        assert set(logged["metrics"]) == {"learn-RMSE"}
        assert len(logged["metrics"]["learn-RMSE"]) == ROUNDS

    def test_the_history_is_the_same_where_iterations_are_not_followed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        followed = logged_by_us("catboost", fit)
        monkeypatch.setattr(patches, "MOST_ITERATIONS_FOLLOWED", 0)
        assert logged_by_us("catboost", fit)["metrics"] == followed["metrics"]

    def test_metrics_of_every_few_iterations_alone_come_by_their_iterations(self) -> None:
        logged = logged_by_us("catboost", lambda: fit(metric_period=3))
        steps = [step for step, _ in logged["metrics"]["learn-Logloss"]]
        assert steps == sorted(set(steps))

    def test_params_are_those_of_the_model_and_of_the_call(self) -> None:
        def training() -> None:
            model = catboost.CatBoostRegressor(**OPTIONS)
            model.fit(*rows(), eval_set=rows(40, 4), early_stopping_rounds=5)

        params = logged_by_us("catboost", training)["params"]
        expected = {"iterations": "8", "depth": "2", "random_seed": "1"}
        assert expected.items() <= params.items()
        assert params["early_stopping_rounds"] == "5"
        assert not {"X", "y", "eval_set"} & params.keys()

    def test_the_importance_is_a_file_of_json_and_a_figure(self) -> None:
        logged = logged_by_us("catboost", fit)
        name = "feature_importance_PredictionValuesChange"
        assert logged["files"] == [f"{name}.json", f"{name}.png"]
        path = millstream.artifacts.download_artifacts(
            run_id=logged["run_id"], artifact_path=f"{name}.json"
        )
        expected = fit().get_feature_importance().tolist()
        assert json.loads(Path(path).read_text()) == dict(zip("abc", expected, strict=True))


class TestTraining:
    def test_the_trees_are_bit_for_bit_the_same(self, tmp_path: Path) -> None:
        plain = content(fit(), tmp_path)
        with autologging("catboost"):
            assert content(fit(), tmp_path) == plain

    def test_the_users_callbacks_still_end_the_training(self) -> None:
        class Stop:
            def after_iteration(self, info: Any) -> bool:
                return bool(info.iteration < 3)

        def count() -> int:
            model = catboost.CatBoostRegressor(**OPTIONS)
            return int(model.fit(*rows(), callbacks=[Stop()]).tree_count_)

        plain = count()
        with autologging("catboost"):
            assert count() == plain

    def test_what_the_training_raises_is_raised_and_fails_the_run(self) -> None:
        with autologging("catboost"), pytest.raises(catboost.CatBoostError):
            catboost.CatBoostRegressor(**{**OPTIONS, "loss_function": "Nonsense"}).fit(*rows())
        assert [run.info.status for run in runs()] == ["FAILED"]


class TestModel:
    def test_it_comes_back_with_its_signature(self) -> None:
        model = model_of(logged_by_us("catboost", fit))
        data = rows(10, 9)[0]
        loaded = integration.load_model(model.model_uri)
        np.testing.assert_array_equal(loaded.predict(data), fit().predict(data))
        info = info_of(model)
        assert info.signature.inputs.input_names() == ["a", "b", "c"]

    def test_a_pool_knows_what_it_was_made_of(self) -> None:
        def training() -> None:
            catboost.CatBoostRegressor(**OPTIONS).fit(catboost.Pool(*rows()))

        logged = logged_by_us("catboost", training)
        info = info_of(model_of(logged))
        assert info.signature.inputs.input_names() == ["a", "b", "c"]

    def test_options_leave_things_out(self) -> None:
        logged = logged_by_us("catboost", fit, log_models=False, log_datasets=False)
        assert (logged["models"], logged["inputs"]) == ([], [])
