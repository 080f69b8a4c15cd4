"""Which point a sweep tries next."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from typing import Any, Literal, Protocol

from millstream.errors import InvalidParameter, NotSupported
from millstream.projects.search_space import Dimension, Point

Goal = Literal["minimize", "maximize"]
Numbered = tuple[int, Point]


class Proposals(Protocol):
    """Gives points to try, one at a time, and is told what became of them."""

    def next(self) -> Numbered | None:
        """The number of a point and its values; None when nothing is left."""

    def tell(self, number: int, value: float | None) -> None:
        """A run has ended with this value of the metric, or without any."""


class ListedProposals:
    """Points that are known from the start, but for those that are done."""

    def __init__(self, points: Sequence[Point], done: Collection[int]) -> None:
        self._left = iter([(i, point) for i, point in enumerate(points) if i not in done])

    def next(self) -> Numbered | None:
        """The next of the list."""
        return next(self._left, None)

    def tell(self, number: int, value: float | None) -> None:
        """Nothing follows from it."""


class OptunaProposals:
    """Points that Optuna thinks up from the values of those before, as many as were asked for.

    `done` are the points and values of an earlier part of the same sweep, by their numbers.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        goal: Goal,
        count: int,
        seed: int,
        done: Mapping[int, tuple[Point, float]],
    ) -> None:
        self._optuna = _optuna()
        self._optuna.logging.set_verbosity(self._optuna.logging.WARNING)
        # What was sampled before is not to be sampled again, so the seed goes on with what is done.
        sampler = self._optuna.samplers.TPESampler(seed=seed + len(done), constant_liar=True)
        self._study = self._optuna.create_study(direction=goal, sampler=sampler)
        self._distributions = {one.name: self._distribution(one) for one in dimensions}
        self._dimensions = {one.name: one for one in dimensions}
        self._trials: dict[int, Any] = {}
        self._next = max(done, default=-1) + 1
        self._left = count - len(done)
        for point, value in done.values():
            self._add(point, value)

    def next(self) -> Numbered | None:
        """A new point."""
        if self._left <= 0:
            return None
        self._left -= 1
        number, self._next = self._next, self._next + 1
        trial = self._trials[number] = self._study.ask(self._distributions)
        return number, {name: _text(value) for name, value in trial.params.items()}

    def tell(self, number: int, value: float | None) -> None:
        """Have it learn from a run; one without a finite value counts as failed."""
        trial = self._trials.pop(number)
        if value is None or not math.isfinite(value):
            self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(trial, value)

    def _distribution(self, one: Dimension) -> Any:
        known = self._optuna.distributions
        if one.is_choice:
            return known.CategoricalDistribution(one.values)
        if one.whole:
            return known.IntDistribution(int(one.low), int(one.high), log=one.log)
        return known.FloatDistribution(one.low, one.high, log=one.log)

    def _add(self, point: Point, value: float) -> None:
        if not math.isfinite(value):
            return
        params = {name: self._typed(name, text) for name, text in point.items()}
        trial = self._optuna.trial.create_trial(
            params=params, distributions=self._distributions, value=value
        )
        self._study.add_trial(trial)

    def _typed(self, name: str, text: str) -> Any:
        one = self._dimensions[name]
        if one.is_choice:
            return text
        return int(text) if one.whole else float(text)


def check_optuna(metric: str | None) -> None:
    """Raise if Optuna is not installed, or would have nothing to go by."""
    if metric is None:
        raise InvalidParameter("Optuna needs the metric to go by: write --metric NAME.")
    _optuna()


def _optuna() -> Any:
    try:
        return import_module("optuna")
    except ImportError as error:
        raise NotSupported(
            "A sweep by Optuna needs it: pip install 'optuna>=3'. --random needs nothing."
        ) from error


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)
