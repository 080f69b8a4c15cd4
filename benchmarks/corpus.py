"""The synthetic runs and points that every product holds, the same to the last digit."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

TIME = 1_795_000_000_000
PARAMS = ["lr", "depth", "seed", "optimizer", "batch", "dropout", "layers", "width", "loss", "data"]
METRICS = ["acc", "loss", "val_acc", "val_loss", "seconds"]
OPTIMIZERS = ["adam", "sgd", "lion", "rmsprop", "adagrad"]


class RunRow(NamedTuple):
    """One finished run: params in the order of PARAMS, metrics in the order of METRICS."""

    number: int
    run_id: str
    name: str
    start_time: int
    params: list[str]
    metrics: list[float]


class Point(NamedTuple):
    """One point of a metric."""

    step: int
    timestamp: int
    value: float


def runs(count: int) -> Iterator[RunRow]:
    """`count` runs, one second apart."""
    chance = random.Random(7)  # noqa: S311 - synthetic data
    for number in range(count):
        accuracy = chance.random()
        params = [
            f"{10 ** chance.uniform(-5, -1):.6f}",
            str(chance.randint(1, 12)),
            str(chance.randint(0, 9999)),
            chance.choice(OPTIMIZERS),
            str(2 ** chance.randint(3, 9)),
            f"{chance.random():.2f}",
            str(chance.randint(1, 48)),
            str(64 * chance.randint(1, 32)),
            "cross_entropy",
            "diabetes",
        ]
        metrics = [accuracy, 1 - accuracy, accuracy * 0.9, 1.1 - accuracy, chance.expovariate(0.01)]
        yield RunRow(
            number, f"{number:032x}", f"run-{number}", TIME + number * 1000, params, metrics
        )


def points(count: int) -> Iterator[Point]:
    """`count` points of one metric, 10 ms apart."""
    chance = random.Random(11)  # noqa: S311 - synthetic data
    for step in range(count):
        yield Point(step, TIME + step * 10, 1 / (1 + step * 1e-3) + chance.gauss(0, 0.01))
