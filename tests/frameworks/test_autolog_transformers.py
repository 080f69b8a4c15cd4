from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the libraries are imported

import pytest
import torch
from tests.frameworks.tiny_transformers import sizes
from tests.frameworks.trainings import autologging, facts, logged_by_us, runs
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

import millstream

pytestmark = pytest.mark.usefixtures("own_store", "own_folder")

STEPS = 4  # of 2 rows each
DROPIN = Path(__file__).parents[2] / "dropin" / "src"


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Rows(torch.utils.data.Dataset):  # type: ignore[misc]  # not typed
    def __len__(self) -> int:
        return 2 * STEPS

    def __getitem__(self, place: int) -> dict[str, Any]:
        return {
            "input_ids": torch.tensor([2, 5 + place, 3]),
            "attention_mask": torch.ones(3, dtype=torch.long),
            "labels": place % 2,
        }


def trainer(**options: Any) -> Any:
    torch.manual_seed(7)
    model = BertForSequenceClassification(BertConfig(**sizes()))
    arguments = TrainingArguments(
        output_dir="out",
        num_train_epochs=1,
        per_device_train_batch_size=2,
        logging_steps=1,
        save_strategy="no",
        use_cpu=True,
        disable_tqdm=True,
        report_to=options.pop("report_to", "none"),
        **options,
    )
    return Trainer(model, arguments, train_dataset=Rows(), eval_dataset=Rows())


def train() -> Any:
    one = trainer()
    one.train()
    return one


class TestWhatIsLogged:
    def test_the_loss_of_each_step(self) -> None:
        logged = logged_by_us("transformers", train)
        assert [step for step, _ in logged["metrics"]["loss"]] == [1, 2, 3, 4]
        assert logged["params"]["hidden_size"] == "16"
        assert logged["params"]["per_device_train_batch_size"] == "2"

    def test_an_evaluation_later_on_goes_into_the_run_of_the_user(self) -> None:
        with autologging("transformers"), millstream.start_run() as run:
            one = train()
            one.evaluate()
        metrics = facts(millstream.MillstreamClient(), run.info.run_id)["metrics"]
        assert [step for step, _ in metrics["eval_loss"]] == [STEPS]

    def test_an_evaluation_by_itself_has_no_run(self) -> None:
        with autologging("transformers"):
            trainer().evaluate()
        assert runs() == []

    def test_no_estimator_on_the_way_is_a_run_of_its_own(self) -> None:
        class Probe(TrainerCallback):  # type: ignore[misc]  # not typed
            def on_step_end(self, *_: Any, **__: Any) -> None:
                from sklearn.linear_model import LinearRegression  # noqa: PLC0415  # patched by now

                LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])

        with autologging("sklearn"), autologging("transformers"):
            one = trainer()
            one.add_callback(Probe)
            one.train()
        assert len(runs()) == 1


class TestTraining:
    def test_the_weights_are_bit_for_bit_the_same(self) -> None:
        def weights() -> list[bytes]:
            return [one.numpy().tobytes() for one in train().model.state_dict().values()]

        plain = weights()
        with autologging("transformers"):
            assert weights() == plain

    def test_the_trainer_has_its_own_callbacks_again(self) -> None:
        one = trainer()
        before = list(one.callback_handler.callbacks)
        with autologging("transformers"):
            one.train()
        assert one.callback_handler.callbacks == before


class TestItsOwnCallback:
    """`report_to="mlflow"` of the library, which imports `mlflow`: ours, in an environment without
    the other one."""

    @pytest.mark.parametrize("autolog", [False, True])
    def test_it_logs_here_once(self, autolog: bool, tmp_path: Path) -> None:
        found = through_the_dropin(tmp_path, autolog)
        assert found["runs"] == 1
        assert found["status"] == "FINISHED"
        assert [step for step, _ in found["metrics"]["loss"]] == [1, 2, 3, 4]
        assert found["params"]["hidden_size"] == "16"
        assert found["params"]["report_to"] == "['mlflow']"


def through_the_dropin(folder: Path, autolog: bool) -> dict[str, Any]:
    """Train where `mlflow` is the drop-in: with all packages but MLflow's own."""
    packages = folder / "packages"
    packages.mkdir()
    for place in Path(torch.__file__).parents[1].iterdir():
        if not place.name.startswith(("mlflow", "__editable__", "_editable")):
            (packages / place.name).symlink_to(place)
    ours = Path(millstream.__file__).parents[1]
    root = Path(__file__).parents[2]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (DROPIN, ours, root, packages))),
        "MLFLOW_TRACKING_URI": str(folder / "store"),
    }
    done = subprocess.run(
        [sys.executable, "-S", "-W", "ignore", "-c", _SCRIPT, str(autolog)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


_SCRIPT = """
import json, sys
import mlflow
assert "millstream" in mlflow.MlflowClient.__module__
from tests.frameworks.trainings import facts, runs
from tests.frameworks.test_autolog_transformers import trainer
if sys.argv[1] == "True":
    mlflow.transformers.autolog()
one = trainer(report_to="mlflow")
one.train()
[*others, run] = runs()
print(json.dumps({"runs": 1 + len(others), **facts(mlflow.MlflowClient(), run.info.run_id)}))
"""
