"""Run by `benchmarks.autologging` where the frameworks are: fits, with or without being logged.

Arguments: who logs (`nobody` or a module), where to (a URI), what is trained (a name in
`TRAININGS`), and how many fits. Prints, as JSON, what each fit took, in s and in s of processor
time (that of programs it called included), and how many runs there are.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

os.environ |= {"HF_HUB_OFFLINE": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

ROWS = 2_000
COLUMNS = 20
EPOCHS = 3
ROUNDS = 50
TRIALS = 10

Fit = Callable[[], Any]


class Training(NamedTuple):
    """A training: the flavor that logs it, and what makes the fit that is timed."""

    flavor: str
    prepare: Callable[[Any, Any], Fit]


def _logistic(features: Any, labels: Any) -> Fit:
    kind = import_module("sklearn.linear_model").LogisticRegression
    return lambda: kind().fit(features, labels)


def _search(features: Any, labels: Any) -> Fit:
    kind = import_module("sklearn.linear_model").LogisticRegression
    search = import_module("sklearn.model_selection").GridSearchCV
    grid = {"C": [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]}
    return lambda: search(kind(), grid, cv=3).fit(features, labels)


def _xgboost(features: Any, labels: Any) -> Fit:
    library: Any = import_module("xgboost")
    data = library.DMatrix(features, labels)
    options = {"objective": "binary:logistic", "nthread": 1}
    return lambda: library.train(options, data, ROUNDS, evals=[(data, "train")], verbose_eval=False)


def _lightgbm(features: Any, labels: Any) -> Fit:
    library: Any = import_module("lightgbm")
    options = {"objective": "binary", "num_threads": 1, "verbose": -1}
    return lambda: library.train(options, library.Dataset(features, labels), ROUNDS)


def _catboost(features: Any, labels: Any) -> Fit:
    kind = import_module("catboost").CatBoostClassifier
    options = {"iterations": ROUNDS, "thread_count": 1, "allow_writing_files": False}
    return lambda: kind(**options, verbose=False).fit(features, labels)


def _statsmodels(features: Any, labels: Any) -> Fit:
    library: Any = import_module("statsmodels.api")
    return lambda: library.OLS(labels, features).fit()


def _keras(features: Any, labels: Any) -> Fit:
    keras: Any = import_module("keras")

    def fit() -> None:
        layers = [keras.Input((COLUMNS,)), keras.layers.Dense(8), keras.layers.Dense(1)]
        model = keras.Sequential(layers)
        model.compile(optimizer="sgd", loss="mse")
        model.fit(features, labels, epochs=EPOCHS, batch_size=200, verbose=0)

    return fit


def _lightning(features: Any, labels: Any) -> Fit:
    torch: Any = import_module("torch")
    lightning: Any = import_module("lightning.pytorch")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    pairs = torch.utils.data.TensorDataset(
        torch.tensor(features, dtype=torch.float32), torch.tensor(labels, dtype=torch.float32)
    )
    batches = torch.utils.data.DataLoader(pairs, batch_size=200)

    class Line(lightning.LightningModule):  # type: ignore[misc]  # by its name
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(COLUMNS, 1)

        def forward(self, values: Any) -> Any:
            return self.layer(values)

        def training_step(self, batch: Any, _: int) -> Any:
            loss = torch.nn.functional.mse_loss(self(batch[0])[:, 0], batch[1])
            self.log("loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.01)

    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False}

    def fit() -> None:
        trainer = lightning.Trainer(
            max_epochs=EPOCHS, accelerator="cpu", enable_checkpointing=False, **quiet
        )
        trainer.fit(Line(), batches)

    return fit


def _transformers(features: Any, labels: Any) -> Fit:
    torch: Any = import_module("torch")
    library: Any = import_module("transformers")
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    configuration = library.BertConfig(vocab_size=64, intermediate_size=16, **sizes)
    words = torch.tensor(abs(features * 10).astype(int) % 64)
    rows = [
        {"input_ids": row, "attention_mask": torch.ones_like(row), "labels": int(label)}
        for row, label in zip(words[:200], labels, strict=False)
    ]
    arguments = library.TrainingArguments(
        output_dir="out",
        num_train_epochs=1,
        logging_steps=5,
        save_strategy="no",
        use_cpu=True,
        disable_tqdm=True,
        report_to="none",
    )

    def fit() -> None:
        model = library.BertForSequenceClassification(configuration)
        library.Trainer(model, arguments, train_dataset=rows).train()

    return fit


def _optuna(_features: Any, _labels: Any) -> Fit:
    optuna: Any = import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def fit() -> None:
        study = optuna.create_study()
        study.optimize(lambda trial: trial.suggest_float("x", -3, 3) ** 2, n_trials=TRIALS)

    return fit


TRAININGS = {
    "scikit-learn, LogisticRegression": Training("sklearn", _logistic),
    "scikit-learn, GridSearchCV of 6": Training("sklearn", _search),
    "XGBoost": Training("xgboost", _xgboost),
    "LightGBM": Training("lightgbm", _lightgbm),
    "CatBoost": Training("catboost", _catboost),
    "Lightning": Training("pytorch", _lightning),
    "Keras": Training("keras", _keras),
    "statsmodels, OLS": Training("statsmodels", _statsmodels),
    "Optuna, 10 trials": Training("optuna", _optuna),
    "Transformers": Training("transformers", _transformers),
}


def _processor_time() -> float:
    return sum(os.times()[:4])


def main(tracker: str, place: str, training: str, fits: int) -> None:
    """Time the fits."""
    warnings.simplefilter("ignore")
    numpy: Any = import_module("numpy")
    flavor, prepare = TRAININGS[training]
    features = numpy.random.default_rng(7).normal(size=(ROWS, COLUMNS))
    fit = prepare(features, (features[:, 0] > 0).astype(int))
    logged: Any = None
    if tracker != "nobody":
        logged = import_module(tracker)
        logged.set_tracking_uri(place)
        logged.set_experiment("fits")
        import_module(f"{tracker}.{flavor}").autolog()
    times = []
    for _ in range(fits):
        began, worked = time.perf_counter(), _processor_time()
        fit()
        times.append((time.perf_counter() - began, _processor_time() - worked))
    runs = 0
    if logged is not None:
        logged.flush_async_logging()
        runs = len(logged.search_runs(output_format="list"))
    print(json.dumps({"times": times, "runs": runs}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
