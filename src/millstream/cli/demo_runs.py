"""The runs of a large demo: sweeps over a few families of models, the same for the same seed."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator

import msgspec

from millstream.cli.demo_names import FAMILIES, USERS, Family, metric_names, param_names
from millstream.entities.metrics import Metric
from millstream.entities.runs import (
    Dataset,
    DatasetInput,
    InputTag,
    Param,
    Run,
    RunData,
    RunInfo,
    RunInputs,
    RunTag,
)

SWEEP = 40
"""A parent and its children."""
CURVES = ("train/loss", "val/loss")
SHORT_CURVE = 12
LONG_CURVE = 500
EVERY_LONG = 500
NEWEST = 20
DAY = 86_400_000

_DATASETS = ("imagenet-subset", "street-scenes", "product-photos")


class Recipe(msgspec.Struct, frozen=True):
    """What decides every digit. `until` is the time of the newest run, in ms since 1970."""

    runs: int
    params: int
    metrics: int
    seed: int
    until: int


class Trial(msgspec.Struct, frozen=True):
    """What one run tried, and how well that went: `quality` is between 0 and 1."""

    number: int
    family: Family
    status: str
    start: int
    seconds: int
    chosen: dict[str, str]
    quality: float


def runs(recipe: Recipe, experiment_id: str) -> Iterator[Run]:
    """The runs, oldest first; the first of each sweep is the parent of the others."""
    params, metrics = param_names(recipe.params), metric_names(recipe.metrics)
    for number in range(recipe.runs):
        chance = random.Random(f"{recipe.seed}:{number}")  # noqa: S311 - synthetic data
        trial = _trial(recipe, number, chance)
        info = RunInfo(
            run_id(recipe, experiment_id, number),
            experiment_id,
            USERS[number // SWEEP % len(USERS)],
            trial.status,
            trial.start,
            None if trial.status == "RUNNING" else trial.start + trial.seconds * 1000,
            run_name=_name(trial),
        )
        data = RunData(
            _points(trial, metrics, recipe, chance),
            [Param(key, trial.chosen.get(key) or _filler(key, chance)) for key in params],
            _tags(recipe, experiment_id, trial, chance),
        )
        yield Run(info, data, RunInputs([_dataset(number // SWEEP)], []))


def run_id(recipe: Recipe, experiment_id: str, number: int) -> str:
    """The id of a run: another one in every experiment and for every seed."""
    text = f"{recipe.seed}:{experiment_id}:{number}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def is_parent(number: int) -> bool:
    """Whether a run is the parent of a sweep."""
    return number % SWEEP == 0


def _trial(recipe: Recipe, number: int, chance: random.Random) -> Trial:
    family = FAMILIES[number // SWEEP % len(FAMILIES)]
    rate = 10 ** chance.gauss(family.best_rate, 0.6)
    depth = chance.choice(family.depths)
    dropout = round(chance.uniform(0, 0.5), 2)
    epochs = chance.choice((10, 20, 30, 50))
    miss = (math.log10(rate) - family.best_rate) ** 2
    quality = (
        family.ceiling
        - 0.08 * miss
        - 0.25 * (dropout - 0.15) ** 2
        + 0.02 * family.depths.index(depth)
        + 0.02 * math.log10(epochs)
        + chance.gauss(0, 0.012)
    )
    chosen = {
        "model": family.name,
        "learning_rate": f"{rate:.4g}",
        "depth": str(depth),
        "dropout": str(dropout),
        "epochs": str(epochs),
        "optimizer": chance.choice(family.optimizers),
        "batch_size": str(2 ** chance.randint(4, 9)),
        "width": str(family.width),
        "seed": str(chance.randint(0, 9_999)),
    }
    newest = recipe.runs - number
    spacing = max(60_000, min(3_600_000, 90 * DAY // recipe.runs))
    status = _status(number, newest, chance, diverged=miss > 2.5)
    if status == "FAILED":
        quality *= chance.uniform(0.2, 0.7)
    return Trial(
        number,
        family,
        status,
        recipe.until - newest * spacing + chance.randint(0, spacing // 2),
        int(epochs * depth * chance.uniform(1.5, 2.5)) + 5,
        chosen,
        min(max(quality, 0.01), 0.995),
    )


def _status(number: int, newest: int, chance: random.Random, *, diverged: bool) -> str:
    lot = chance.random()
    if is_parent(number):
        return "FINISHED"
    if newest <= NEWEST and lot < 0.3:
        return "RUNNING"
    if diverged or lot > 0.98:
        return "FAILED"
    return "KILLED" if lot > 0.97 else "FINISHED"


def _name(trial: Trial) -> str:
    sweep, position = divmod(trial.number, SWEEP)
    if position == 0:
        return f"sweep-{sweep:04}-{trial.family.name}"
    return f"{trial.family.name}-{sweep:04}-{position:02}"


def _points(
    trial: Trial, metrics: list[tuple[str, str]], recipe: Recipe, chance: random.Random
) -> list[Metric]:
    """The points of all metrics. Some are curves; a diverged run has NaN at the end of its loss."""
    last = int(trial.chosen["epochs"])
    end = trial.start + trial.seconds * 1000
    long = trial.number % EVERY_LONG == 0 or recipe.runs - trial.number <= NEWEST
    points: list[Metric] = []
    for name, kind in metrics:
        value = _value(kind, trial, chance)
        if name in CURVES:
            points += _curve(name, trial, value, LONG_CURVE if long else SHORT_CURVE, chance)
            diverged = trial.status == "FAILED" and name == CURVES[0]
            value = math.nan if diverged else value
        points.append(Metric(name, value, end, LONG_CURVE if long and name in CURVES else last))
    return points


def _curve(
    name: str, trial: Trial, final: float, count: int, chance: random.Random
) -> Iterator[Metric]:
    """A falling loss, `count` points from the beginning to just before the end."""
    begin = 2.3 + chance.random()
    length = LONG_CURVE if count == LONG_CURVE else int(trial.chosen["epochs"])
    steps = sorted({int(index * length / count) for index in range(count)})
    for step in steps:
        done = step / length
        value = final + (begin - final) * math.exp(-5 * done) + chance.gauss(0, 0.02)
        when = trial.start + int(done * trial.seconds * 1000)
        yield Metric(name, max(value, 1e-4), when, step)


def _value(kind: str, trial: Trial, chance: random.Random) -> float:
    if kind == "score":
        return min(max(trial.quality + chance.gauss(0, 0.01), 0.0), 1.0)
    if kind == "loss":
        return max(-1.6 * math.log(trial.quality) + chance.gauss(0, 0.02), 1e-4)
    if kind == "seconds":
        return trial.seconds * chance.uniform(0.01, 0.02)
    if kind == "percent":
        return chance.uniform(35, 99)
    return trial.family.width * int(trial.chosen["depth"]) * chance.uniform(0.9, 1.1)


def _filler(key: str, chance: random.Random) -> str:
    """A value of a param that plays no part."""
    if key.endswith(("_enabled", "_last")):
        return chance.choice(("true", "false"))
    if key.endswith(("_steps", "_size", "_workers", "_every")):
        return str(2 ** chance.randint(1, 10))
    return f"{chance.random():.3g}"


def _tags(recipe: Recipe, experiment_id: str, trial: Trial, chance: random.Random) -> list[RunTag]:
    sweep = trial.number // SWEEP
    user = USERS[sweep % len(USERS)]
    commit = hashlib.blake2b(f"{recipe.seed}:{sweep // 5}".encode(), digest_size=20).hexdigest()
    values = {
        "mlflow.user": user,
        "mlflow.source.name": f"projects/{trial.family.name}/train.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": commit,
        "team": ("vision", "search", "forecasting")[sweep % 3],
    }
    if not is_parent(trial.number):
        values["mlflow.parentRunId"] = run_id(recipe, experiment_id, sweep * SWEEP)
    elif sweep % 4 == 0:
        values["mlflow.note.content"] = (
            f"## Sweep {sweep}\n\nLearning rate and dropout of **{trial.family.name}**, "
            f"{SWEEP - 1} trials.\n"
        )
    if chance.random() < 0.01:
        values["candidate"] = "yes"
    return [RunTag(key, value) for key, value in values.items()]


def _dataset(sweep: int) -> DatasetInput:
    name = _DATASETS[sweep // 7 % len(_DATASETS)]
    version = sweep // 40
    digest = hashlib.blake2b(f"{name}:{version}".encode(), digest_size=4).hexdigest()
    source = f'{{"uri":"s3://datasets/{name}/v{version}"}}'
    dataset = Dataset(name, digest, "s3", source, profile='{"num_rows":48000}')
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])
