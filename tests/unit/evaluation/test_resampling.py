from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.errors import InvalidParameter
from millstream.evaluation import classification, regression
from millstream.evaluation.resampling import (
    MOST_AT_ONCE,
    MOST_WORK,
    Array,
    Interval,
    Plan,
    draws,
    interval,
    intervals,
    replicate,
)


def mean(values: Array) -> Callable[[Array], dict[str, Array]]:
    return lambda counts: {"mean": counts @ values / counts.sum(axis=1)}


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(0, 5))
def test_every_resample_keeps_the_number_of_rows_of_each_stratum(
    strata: list[int], seed: int
) -> None:
    codes = np.array(strata)
    for counts in draws(Plan(20, 0.95, seed), codes):
        assert counts.shape[1] == len(codes)
        assert (counts >= 0).all()
        for one in np.unique(codes):
            assert (counts[:, codes == one].sum(axis=1) == (codes == one).sum()).all()


def test_the_same_seed_gives_the_same_resamples_and_another_seed_others() -> None:
    strata = np.zeros(50, dtype=int)
    one, same, other = (
        np.concatenate(list(draws(Plan(30, 0.95, seed), strata))) for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert (one != other).any()


def test_resamples_come_in_pieces_of_a_bounded_size() -> None:
    rows = MOST_AT_ONCE // 10
    pieces = list(draws(Plan(25), np.zeros(rows, dtype=int)))
    assert [len(piece) for piece in pieces] == [10, 10, 5]


def test_many_rows_are_resampled_less_often_but_never_too_rarely() -> None:
    assert Plan().afforded(1_000).n_bootstrap == 1_000
    assert Plan().afforded(200_000).n_bootstrap == MOST_WORK // 200_000
    assert Plan().afforded(50_000_000).n_bootstrap == 50
    assert Plan(20).afforded(50_000_000).n_bootstrap == 20
    assert Plan(0).afforded(50_000_000).n_bootstrap == 0


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (Plan(-1), "`n_bootstrap` is the number of resamples, 0 for none; got -1"),
        (Plan(level=95.0), "`confidence_level` lies between 0 and 1, such as 0.95; got 95.0"),
        (Plan(level=True), "got True"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(plan: Plan, said: str) -> None:
    with pytest.raises(InvalidParameter, match=r"confidence_level|n_bootstrap") as caught:
        plan.checked()
    assert said in str(caught.value)


def test_an_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(3).normal(size=400)
    found = replicate(mean(values), Plan(4_000), np.zeros(400, dtype=int))
    one = interval(found["mean"], float(values.mean()), 0.95)
    assert one is not None
    assert one.low < values.mean() < one.high
    assert one.high - one.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_a_wider_level_gives_a_wider_interval() -> None:
    replicates = np.random.default_rng(0).normal(size=2_000)
    narrow, wide = (interval(replicates, 0.0, level) for level in (0.8, 0.99))
    assert narrow is not None
    assert wide is not None
    assert wide.low < narrow.low < narrow.high < wide.high


def test_few_resamples_of_many_rows_give_a_symmetric_interval() -> None:
    replicates = np.random.default_rng(0).normal(10, 1, size=60)
    found = interval(replicates, 10.0, 0.95)
    assert found is not None
    assert found.high - 10 == pytest.approx(10 - found.low)
    assert found.high - 10 == pytest.approx(1.96, rel=0.3)


def test_a_metric_that_most_resamples_do_not_define_has_no_interval() -> None:
    replicates = np.full(1_000, np.nan)
    replicates[:400] = 1.0
    assert interval(replicates, 1.0, 0.95) is None
    replicates[:600] = 1.0
    assert interval(replicates, 1.0, 0.95) == Interval(1.0, 1.0, 0.95)


def test_correction_moves_the_interval_of_a_skewed_metric_away_from_its_bias() -> None:
    values = np.random.default_rng(5).exponential(size=40) ** 2
    plan, strata = Plan(4_000), np.zeros(40, dtype=int)
    found = replicate(mean(values), plan, strata)
    point = {"mean": float(values.mean())}
    corrected = intervals(mean(values), point, found, 0.95, 40)["mean"]
    plain = interval(found["mean"], point["mean"], 0.95)
    assert plain is not None
    assert corrected.low > plain.low
    assert corrected.high > plain.high


class TestCoverage:
    """Of a hundred intervals of 95 %, about 95 contain the truth; the seeds are fixed."""

    simulations = 400

    def share(self, simulate: Callable[[Any], tuple[Interval, float]]) -> float:
        generator = np.random.default_rng(11)
        found = [simulate(generator) for _ in range(self.simulations)]
        return float(np.mean([one.low <= truth <= one.high for one, truth in found]))

    def regressor(self, generator: Any, name: str) -> Interval:
        targets = generator.normal(size=120)
        predictions = targets + generator.normal(scale=0.5, size=120)
        point = regression.point_metrics(targets, predictions, None)
        statistic = regression.statistic(targets, predictions, None)
        found = replicate(statistic, Plan(400), np.zeros(120, dtype=int))
        return intervals(statistic, point, found, 0.95, 120)[name]

    @pytest.mark.parametrize(
        ("name", "truth"),
        [
            ("mean_squared_error", 0.25),
            ("root_mean_squared_error", 0.5),
            ("mean_absolute_error", 0.5 * np.sqrt(2 / np.pi)),
            ("r2_score", 0.75),
        ],
    )
    def test_of_regressors(self, name: str, truth: float) -> None:
        share = self.share(lambda generator: (self.regressor(generator, name), truth))
        assert 0.90 <= share <= 0.99

    def classifier(self, generator: Any, name: str) -> Interval:
        targets = np.repeat([0, 1], [120, 80])
        score = 1 / (1 + np.exp(-generator.normal(targets * 1.5 - 0.75, 1)))
        rows = classification.classified(
            targets,
            (score > 0.5).astype(int),
            (np.array([0, 1]), np.stack([1 - score, score], axis=1)),
        )
        point = classification.point_metrics(rows)
        statistic = classification.statistic(rows)
        found = replicate(statistic, Plan(400), targets)
        return intervals(statistic, point, found, 0.95, 200)[name]

    # A normal variable is above that of the other label, or above the middle, so often:
    @pytest.mark.parametrize(
        ("name", "truth"),
        [("roc_auc", 0.8556), ("accuracy_score", 0.7734), ("recall_score", 0.7734)],
    )
    def test_of_classifiers(self, name: str, truth: float) -> None:
        share = self.share(lambda generator: (self.classifier(generator, name), truth))
        assert 0.90 <= share <= 0.99
