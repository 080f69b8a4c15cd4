"""Metrics of resamples are those of scikit-learn on the rows drawn."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from millstream.errors import InvalidParameter
from millstream.evaluation import classification as c
from millstream.evaluation import regression as r
from millstream.evaluation.ranking import Ranking, lift_heights, precision_heights, roc_heights
from millstream.evaluation.resampling import Array

COUNTS = st.lists(st.integers(0, 3), min_size=12, max_size=12).filter(lambda one: sum(one) > 1)
SEEDS = st.integers(0, 10_000)


def classifier_rows(seed: int, labels: int, weighted: bool, average: str) -> c.Classified:
    generator = np.random.default_rng(seed)
    targets = np.r_[np.arange(labels), generator.integers(0, labels, 12 - labels)]
    chances = generator.dirichlet(np.ones(labels), 12).round(1)  # rounded, so that there are ties
    chances = (chances + 0.05) / (chances + 0.05).sum(axis=1, keepdims=True)
    weights = generator.random(12) + 0.1 if weighted else None
    positive = 1 if labels == 2 else None
    return c.Classified(
        np.arange(labels), targets, chances.argmax(axis=1), chances, weights, positive, average
    )


def drawn(values: Any, counts: Array) -> Any:
    return None if values is None else np.repeat(values, counts, axis=0)


class TestClassifiers:
    @given(SEEDS, COUNTS, st.sampled_from([2, 3]), st.booleans(), st.sampled_from(c.AVERAGES))
    @settings(deadline=None, max_examples=80)
    def test_a_resample_has_the_metrics_of_its_rows(
        self, seed: int, times: list[int], labels: int, weighted: bool, average: str
    ) -> None:
        rows = classifier_rows(seed, labels, weighted, average)
        counts = np.array(times)
        found = c.statistic(rows, range(labels))(counts[None, :].astype(float))
        own = rows._replace(
            targets=drawn(rows.targets, counts),
            predictions=drawn(rows.predictions, counts),
            probabilities=drawn(rows.probabilities, counts),
            weights=drawn(rows.weights, counts),
        )
        for name, value in c.point_metrics(own).items():
            if name == "example_count" or (average == "macro" and labels == 3):
                continue  # the labels that are averaged stay those of all rows
            assert found[name][0] == pytest.approx(value, abs=1e-9), name

    @pytest.mark.parametrize("average", c.AVERAGES)
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("labels", [2, 3, 5])
    def test_all_rows_once_are_the_metrics_themselves(
        self, average: str, weighted: bool, labels: int
    ) -> None:
        rows = classifier_rows(4, labels, weighted, average)
        point = c.point_metrics(rows)
        found = c.statistic(rows, range(labels))(np.ones((1, 12)))
        assert set(point) - set(found) == {"example_count"}
        for name in set(point) & set(found):
            assert found[name][0] == pytest.approx(point[name], abs=1e-12), name

    def test_areas_and_losses_are_those_of_sklearn(self) -> None:
        rows = classifier_rows(7, 3, True, "macro")
        point = c.point_metrics(rows)
        given = {"sample_weight": rows.weights}
        assert point["log_loss"] == pytest.approx(
            sk.log_loss(rows.targets, rows.probabilities, **given)
        )
        assert point["roc_auc"] == pytest.approx(
            sk.roc_auc_score(
                rows.targets, rows.probabilities, multi_class="ovr", average="macro", **given
            )
        )

    def test_a_label_that_no_row_has_does_not_spoil_the_area(self) -> None:
        rows = classifier_rows(7, 3, False, "weighted")
        kept = rows.targets != 2
        part = rows._replace(
            targets=rows.targets[kept],
            predictions=rows.predictions[kept],
            probabilities=np.asarray(rows.probabilities)[kept],
        )
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            point = c.point_metrics(part)
            table = c.label_metrics(part, areas=True)
        assert 0 <= point["roc_auc"] <= 1
        assert math.isnan(table["roc_auc"][2])

    def test_one_label_alone_has_no_area(self) -> None:
        rows = c.classified(
            np.zeros(4), np.zeros(4), (np.array([0, 1]), np.tile([0.9, 0.1], (4, 1)))
        )
        assert not {"roc_auc", "precision_recall_auc"} & set(c.point_metrics(rows))

    def test_the_table_of_labels_holds_each_against_all_others(self) -> None:
        rows = classifier_rows(1, 3, False, "weighted")
        table = c.label_metrics(rows, areas=True)
        for label in range(3):
            actual, called = rows.targets == label, rows.predictions == label
            assert table["recall_score"][label] == pytest.approx(sk.recall_score(actual, called))
            assert table["true_positives"][label] == (actual & called).sum()
            assert table["roc_auc"][label] == pytest.approx(
                sk.roc_auc_score(actual, rows.scores(label))
            )


class TestLabels:
    @pytest.mark.parametrize(
        ("targets", "predictions", "labels"),
        [
            ([0, 1, 1], [0, 1, 0], [0, 1]),
            ([False, True], [True, True], [False, True]),
            (["no", "yes"], ["yes", "yes"], ["no", "yes"]),
            ([-1, 1], [1.0, -1.0], [-1, 1]),
            ([1, 2], ["1", "2"], ["1", "2"]),
        ],
    )
    def test_two_labels_are_a_binary_task_whose_last_label_is_positive(
        self, targets: list[object], predictions: list[object], labels: list[object]
    ) -> None:
        rows = c.classified(np.array(targets), np.array(predictions), None)
        assert rows.labels.tolist() == labels
        assert rows.positive == 1

    def test_the_positive_label_can_be_chosen(self) -> None:
        rows = c.classified(np.array([0, 1, 1]), np.array([0, 1, 0]), None, pos_label=0)
        assert rows.positive == 0
        assert c.point_metrics(rows)["precision_score"] == 0.5

    def test_a_model_that_knows_three_labels_is_not_binary(self) -> None:
        known = (np.array([0, 1, 2]), np.full((2, 3), 1 / 3))
        assert c.classified(np.array([0, 1]), np.array([0, 1]), known).positive is None

    def test_probabilities_go_to_the_label_that_they_are_of(self) -> None:
        known = (np.array(["b", "a"]), np.array([[0.1, 0.9], [0.8, 0.2]]))
        rows = c.classified(np.array(["a", "b"]), np.array(["a", "b"]), known)
        assert rows.scores(0).tolist() == [0.9, 0.2]

    def test_labels_the_model_does_not_know_leave_out_metrics_of_probabilities(self) -> None:
        known = (np.array([0, 1]), np.full((3, 2), 0.5))
        with pytest.warns(RuntimeWarning, match=r"the data has the labels \[2\]"):
            rows = c.classified(np.array([0, 1, 2]), np.array([0, 1, 1]), known)
        assert rows.probabilities is None
        assert "log_loss" not in c.point_metrics(rows)

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ({"predictions": np.array([0.2, 0.9])}, "there is the number 0.2"),
            ({"pos_label": "x"}, "`pos_label` is 'x', but the labels are [0, 1]"),
            ({"average": "mean"}, "`average` must be one of"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, arguments: dict[str, object], said: str) -> None:
        given: dict[str, Any] = {
            "targets": np.array([0, 1]),
            "predictions": np.array([0, 1]),
            "answered": None,
        }
        with pytest.raises(InvalidParameter) as caught:
            c.classified(**{**given, **arguments})
        assert said in str(caught.value)

    def test_numbers_of_a_regressor_are_not_taken_for_labels(self) -> None:
        with pytest.raises(InvalidParameter, match="Is it a regressor"):
            c.classified(np.arange(2_000), np.arange(2_000), None)


class TestRegressors:
    @given(SEEDS, COUNTS, st.booleans())
    @settings(deadline=None, max_examples=80)
    def test_a_resample_has_the_metrics_of_its_rows(
        self, seed: int, times: list[int], weighted: bool
    ) -> None:
        generator = np.random.default_rng(seed)
        targets, errors = generator.normal(1e3, 1, 12), generator.normal(size=12)
        weights = generator.random(12) + 0.1 if weighted else None
        counts = np.array(times)
        own = [drawn(one, counts) for one in (targets, targets + errors, weights)]
        found = r.statistic(targets, targets + errors, weights)(counts[None, :].astype(float))
        point = r.point_metrics(own[0], own[1], own[2])
        for name in set(found) - ({"r2_score"} if len(set(own[0])) < 3 else set()):
            assert found[name][0] == pytest.approx(point[name], rel=1e-7), name

    def test_the_mean_of_weighted_targets_is_a_weighted_mean(self) -> None:
        point = r.point_metrics(np.array([1.0, 3.0]), np.zeros(2), np.array([3.0, 1.0]))
        assert (point["sum_on_target"], point["mean_on_target"]) == (6.0, 1.5)

    def test_one_row_has_no_r2_and_no_warning(self) -> None:
        assert math.isnan(r.point_metrics(np.ones(1), np.ones(1), None)["r2_score"])


class TestCurves:
    def counts(self) -> tuple[Array, Array]:
        generator = np.random.default_rng(0)
        positive = generator.random(60) < 0.4
        return positive, (generator.random(60) + positive * 0.4).round(1)

    def test_the_roc_curve_is_that_of_sklearn(self) -> None:
        positive, scores = self.counts()
        grid = np.linspace(0, 1, 21)
        x, y, _ = sk.roc_curve(positive, scores, drop_intermediate=False)
        own = roc_heights(Ranking(positive, scores).counts(np.ones((1, 60))), grid)[0]
        inner = ~np.isin(grid.round(6), x.round(6))  # at steps the curve has two heights
        assert own[inner] == pytest.approx(np.interp(grid, x, y)[inner])

    def test_precision_is_that_of_the_first_score_to_reach_the_recall(self) -> None:
        counts = Ranking(np.array([1, 0, 1, 0], bool), np.array([4, 3, 2, 1])).counts(
            np.ones((1, 4))
        )
        found = precision_heights(counts, np.array([0.5, 0.6, 1.0]))[0]
        assert found.tolist() == pytest.approx([1.0, 2 / 3, 2 / 3])

    def test_lift_is_the_share_of_positives_over_the_share_of_rows(self) -> None:
        counts = Ranking(np.array([1, 1, 0, 0], bool), np.array([4, 3, 2, 1])).counts(
            np.ones((1, 4))
        )
        assert lift_heights(counts, np.array([0.5, 1.0]))[0].tolist() == [2.0, 1.0]
