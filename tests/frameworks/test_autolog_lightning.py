from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
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
from millstream.integrations import pytorch as integration

pytestmark = pytest.mark.usefixtures("own_store", "quiet")

PACKAGE = "pytorch_lightning"
EPOCHS = 3
STEPS = 4

lightning = importlib.import_module(PACKAGE)


@pytest.fixture
def quiet() -> Iterator[None]:
    logging.getLogger(PACKAGE).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class Line(lightning.LightningModule):  # type: ignore[misc, name-defined]  # by its name
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)

    def forward(self, values: Any) -> Any:
        return self.layer(values)

    def training_step(self, batch: Any, _: int) -> Any:
        values, wanted = batch
        loss = torch.nn.functional.mse_loss(self(values), wanted)
        self.log("loss", loss)
        return loss

    def validation_step(self, batch: Any, _: int) -> None:
        values, wanted = batch
        self.log("val_loss", torch.nn.functional.mse_loss(self(values), wanted))

    def test_step(self, batch: Any, place: int) -> None:  # noqa: ARG002  # Lightning passes it by its place
        values, wanted = batch
        self.log("test_loss", torch.nn.functional.mse_loss(self(values), wanted))

    def on_train_epoch_end(self) -> None:
        self.log("epoch_by_its_end", float(self.current_epoch))

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.05, momentum=0.5)


class Plain(Line):
    def on_train_epoch_end(self) -> None:
        """What is logged here MLflow has an epoch late, and of the last epoch not at all."""


def batches(rows: int = 8 * STEPS, seed: int = 3) -> Any:
    torch.manual_seed(seed)
    values = torch.randn(rows, 3)
    data = torch.utils.data.TensorDataset(values, values.sum(1, keepdim=True))
    return torch.utils.data.DataLoader(data, batch_size=8)


def trainer(**options: Any) -> Any:
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    fixed = {"max_epochs": EPOCHS, "accelerator": "cpu", "enable_checkpointing": False}
    return lightning.Trainer(**{**quiet, **fixed, **options})


def module(kind: type = Line) -> Any:
    torch.manual_seed(7)
    return kind()


def fit(**options: Any) -> Any:
    model = module()
    trainer(**options).fit(model, batches(), batches(16, 4))
    return model


def fit_plainly() -> None:
    trainer().fit(module(Plain), batches(), batches(16, 4))


def stop_early() -> None:
    stopping = lightning.callbacks.EarlyStopping("val_loss", patience=1, min_delta=100.0)
    trainer(callbacks=[stopping]).fit(module(Plain), batches(), batches(16, 4))


class TestNames:
    def test_they_are_those_of_mlflow(self) -> None:
        assert_as_mlflow("pytorch", [fit_plainly, stop_early])


class TestWhatIsLogged:
    def test_what_the_module_logs_when_an_epoch_ends_is_of_that_epoch(self) -> None:
        points = logged_by_us("pytorch", fit)["metrics"]["epoch_by_its_end"]
        assert points == [[epoch, float(epoch)] for epoch in range(EPOCHS)]

    def test_loaders_are_left_alone(self) -> None:
        """They may be read only once, and of what they are made of they do not tell."""
        assert logged_by_us("pytorch", fit)["inputs"] == []

    def test_every_few_epochs(self) -> None:
        metrics = logged_by_us("pytorch", fit, log_every_n_epoch=2)["metrics"]
        assert [step for step, _ in metrics["val_loss"]] == [1]

    def test_steps(self) -> None:
        metrics = logged_by_us("pytorch", fit, log_every_n_step=1)["metrics"]
        assert [step for step, _ in metrics["loss"]] == list(range(1, EPOCHS * STEPS + 1))
        assert [step for step, _ in metrics["val_loss"]] != []

    def test_a_test_later_on_goes_into_the_same_run(self) -> None:
        def training() -> None:
            one = trainer()
            model = module()
            one.fit(model, batches(), batches(16, 4))
            one.test(model, batches(16, 5))

        logged = logged_by_us("pytorch", training)
        assert len(logged["metrics"]["test_loss"]) == 1
        assert logged["tags"]["Mode"] == "testing"


class TestTraining:
    def test_the_weights_are_bit_for_bit_the_same(self) -> None:
        def weights() -> list[bytes]:
            return [one.numpy().tobytes() for one in fit().state_dict().values()]

        plain = weights()
        with autologging("pytorch", log_every_n_step=1):
            assert weights() == plain

    def test_the_trainer_has_its_own_callbacks_again(self) -> None:
        one = trainer()
        before = list(one.callbacks)
        with autologging("pytorch"):
            one.fit(module(), batches())
        assert one.callbacks == before

    def test_what_the_training_raises_is_raised_and_fails_the_run(self) -> None:
        class Broken(Line):
            def on_train_epoch_end(self) -> None:
                if self.current_epoch == 1:
                    raise ZeroDivisionError

        with autologging("pytorch"), pytest.raises(ZeroDivisionError):
            trainer().fit(module(Broken), batches())
        assert [run.info.status for run in runs()] == ["FAILED"]
        assert runs()[0].data.metrics["loss"] > 0


class TestModel:
    def test_it_comes_back_with_its_signature(self) -> None:
        models: list[Any] = []
        model = model_of(logged_by_us("pytorch", lambda: models.append(fit())))
        loaded = integration.load_model(model.model_uri)
        values = torch.ones(2, 3)
        with torch.no_grad():
            assert torch.equal(loaded(values), models[0](values))
        signature = info_of(model).signature
        assert [spec.shape for spec in signature.inputs] == [(-1, 3)]
        assert [spec.shape for spec in signature.outputs] == [(-1, 1)]


class TestCheckpoints:
    def test_the_best_one_is_kept_and_comes_back(self) -> None:
        logged = logged_by_us("pytorch", fit)
        losses = [value for _, value in logged["metrics"]["val_loss"]]
        place = f"runs:/{logged['run_id']}/checkpoints/latest_checkpoint_metrics.json"
        facts = millstream.artifacts.load_dict(place)
        assert facts["epoch"] == losses.index(min(losses))
        loaded = integration.load_checkpoint(Line, logged["run_id"])
        assert trainer().validate(loaded, batches(16, 4), verbose=False)[0]["val_loss"] == (
            pytest.approx(min(losses))
        )

    def test_one_of_every_epoch(self) -> None:
        logged = logged_by_us("pytorch", fit, checkpoint_save_best_only=False)
        found = [name for name in logged["files"] if name.endswith(".pth")]
        assert found == [f"checkpoints/epoch_{n}/checkpoint.pth" for n in range(EPOCHS)]
        assert integration.load_checkpoint(Line, logged["run_id"], epoch=1) is not None

    def test_a_chosen_metric_that_is_not_there_is_told_of_once(self) -> None:
        with pytest.warns(RuntimeWarning, match="'accuracy'.*val_loss") as told:
            logged_by_us("pytorch", fit, checkpoint_monitor="accuracy")
        assert len([one for one in told if "accuracy" in str(one.message)]) == 1

    @pytest.mark.parametrize("options", [{"checkpoint_mode": "best"}, {"checkpoint_save_freq": 0}])
    def test_options_that_cannot_be_meant_are_refused(self, options: dict[str, Any]) -> None:
        with pytest.raises(InvalidParameter, match=f"{next(iter(options))}"):
            integration.autolog(**options)
