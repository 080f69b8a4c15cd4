from __future__ import annotations

from typing import Any

import keras
import numpy as np
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
from millstream.errors import InvalidParameter
from millstream.integrations import keras as integration
from millstream.integrations import tensorflow

pytestmark = pytest.mark.usefixtures("own_store")

EPOCHS = 3
STEPS = 5  # of 8 rows each, in every epoch


def data(rows: int = 40, seed: int = 3) -> tuple[Any, Any]:
    values = np.random.default_rng(seed).normal(size=(rows, 3)).astype(np.float32)
    return values, (values[:, 0] > 0).astype(np.float32)


def network(learning_rate: float = 0.1) -> Any:
    keras.utils.set_random_seed(7)
    layers = [keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile(optimizer=keras.optimizers.SGD(learning_rate), loss="mse", metrics=["mae"])
    return model


def fit() -> Any:
    model = network()
    model.fit(*data(), batch_size=8, epochs=EPOCHS, verbose=0)
    return model


def fit_with_data_to_validate_on(**options: Any) -> Any:
    model = network()
    options = {"batch_size": 8, "epochs": EPOCHS, "verbose": 0, **options}
    model.fit(*data(), validation_data=data(16, 4), **options)
    return model


def stop_early() -> Any:
    model = network(0.0)  # it never becomes better
    stopping = keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True)
    model.fit(*data(), epochs=9, validation_data=data(16, 4), callbacks=[stopping], verbose=0)
    return model


class TestNames:
    def test_they_are_those_of_mlflow(self) -> None:
        assert_as_mlflow("keras", [fit])


class TestWhatIsLogged:
    def test_the_evaluations_of_each_epoch(self) -> None:
        logged = logged_by_us("keras", fit_with_data_to_validate_on)
        for name in ("loss", "mae", "val_loss", "val_mae", "validation_loss", "validation_mae"):
            assert [step for step, _ in logged["metrics"][name]] == list(range(EPOCHS))
        assert logged["metrics"]["val_loss"] == logged["metrics"]["validation_loss"]

    def test_every_few_steps(self) -> None:
        logged = logged_by_us("keras", fit, log_every_epoch=False, log_every_n_steps=4)
        steps = [step for step, _ in logged["metrics"]["loss"]]
        assert steps == list(range(4, EPOCHS * STEPS + 1, 4))

    def test_what_other_callbacks_add(self) -> None:
        def training() -> None:
            halve = keras.callbacks.LearningRateScheduler(lambda _, rate: rate / 2)
            fit_with_data_to_validate_on(callbacks=[halve])

        logged = logged_by_us("keras", training)
        values = [value for _, value in logged["metrics"]["learning_rate"]]
        assert values == pytest.approx([0.05, 0.025, 0.0125])

    def test_a_summary_of_the_layers(self) -> None:
        logged = logged_by_us("keras", fit)
        text = millstream.artifacts.load_text(f"runs:/{logged['run_id']}/model_summary.txt")
        assert "Dense" in text
        assert "Total params: 21" in text

    def test_the_data(self) -> None:
        logged = logged_by_us("keras", fit_with_data_to_validate_on)
        contexts = [tags["mlflow.data.context"] for tags, _ in logged["inputs"]]
        assert sorted(contexts) == ["eval", "train"]


class TestTraining:
    def test_the_weights_and_the_history_are_bit_for_bit_the_same(self) -> None:
        def trained() -> Any:
            model = fit_with_data_to_validate_on()
            return [weight.tobytes() for weight in model.get_weights()], model.history.history

        plain = trained()
        with autologging("keras"):
            assert trained() == plain
        with autologging("keras", log_every_epoch=False, log_every_n_steps=1):
            assert trained() == plain

    def test_the_users_callbacks_are_left_as_they_are(self) -> None:
        callbacks: list[Any] = []
        with autologging("keras"):
            fit_with_data_to_validate_on(callbacks=callbacks)
        assert callbacks == []

    def test_what_the_training_raises_is_raised_and_fails_the_run(self) -> None:
        def fail(*_: Any) -> None:
            raise ZeroDivisionError

        broken = keras.callbacks.LambdaCallback(on_epoch_end=fail)
        with autologging("keras"), pytest.raises(ZeroDivisionError):
            fit_with_data_to_validate_on(callbacks=[broken])
        assert [run.info.status for run in runs()] == ["FAILED"]

    def test_it_is_logged_once_with_both_integrations_on(self) -> None:
        with autologging("tensorflow"), autologging("keras"):
            fit()
        assert len(runs()) == 1

    @pytest.mark.parametrize("options", [{"log_every_n_steps": 3}, {"log_every_epoch": False}])
    def test_options_that_cannot_be_meant_are_refused(self, options: dict[str, Any]) -> None:
        with pytest.raises(InvalidParameter, match="log_every_n_steps"):
            integration.autolog(**options)


class TestModel:
    def test_it_comes_back_with_its_signature(self) -> None:
        models: list[Any] = []
        model = model_of(logged_by_us("keras", lambda: models.append(fit())))
        loaded = integration.load_model(model.model_uri)
        values, _ = data(8, 9)
        np.testing.assert_array_equal(
            loaded.predict(values, verbose=0), models[0].predict(values, verbose=0)
        )
        signature = info_of(model).signature
        assert [spec.shape for spec in signature.inputs] == [(-1, 3)]
        assert [spec.shape for spec in signature.outputs] == [(-1, 1)]


class TestCheckpoints:
    def test_the_best_one_is_kept_and_comes_back(self) -> None:
        models: list[Any] = []
        logged = logged_by_us("tensorflow", lambda: models.append(fit_with_data_to_validate_on()))
        assert "checkpoints/latest_checkpoint.keras" in logged["files"]
        losses = [value for _, value in logged["metrics"]["val_loss"]]
        facts = millstream.artifacts.load_dict(
            f"runs:/{logged['run_id']}/checkpoints/latest_checkpoint_metrics.json"
        )
        assert facts["epoch"] == losses.index(min(losses))
        assert facts["val_loss"] == min(losses)
        loaded = tensorflow.load_checkpoint(run_id=logged["run_id"])
        assert loaded.evaluate(*data(16, 4), verbose=0)[0] == pytest.approx(min(losses))

    def test_weights_of_each_epoch(self) -> None:
        logged = logged_by_us(
            "tensorflow",
            fit_with_data_to_validate_on,
            checkpoint_save_best_only=False,
            checkpoint_save_weights_only=True,
        )
        found = [name for name in logged["files"] if name.endswith(".weights.h5")]
        assert found == [f"checkpoints/epoch_{n}/checkpoint.weights.h5" for n in range(EPOCHS)]
        with pytest.raises(InvalidParameter, match="`model`"):
            tensorflow.load_checkpoint(run_id=logged["run_id"], epoch=0)
        model = tensorflow.load_checkpoint(network(), logged["run_id"], epoch=1)
        assert model.evaluate(*data(16, 4), verbose=0)[0] == pytest.approx(
            logged["metrics"]["val_loss"][1][1]
        )

    def test_every_few_steps(self) -> None:
        logged = logged_by_us(
            "tensorflow", fit, checkpoint_save_best_only=False, checkpoint_save_freq=7
        )
        found = [name for name in logged["files"] if name.endswith(".keras")]
        assert found == [f"checkpoints/global_step_{n}/checkpoint.keras" for n in (14, 7)]
