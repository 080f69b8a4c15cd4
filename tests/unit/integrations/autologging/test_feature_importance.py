"""The figure of feature importance: what it shows, and what of much it leaves out."""

from __future__ import annotations

from typing import Any

import pytest

from millstream.integrations.autologging.feature_importance import MOST_BARS, draw


def labels(figure: Any) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_the_longest_bar_is_on_top() -> None:
    figure = draw({"a": 1.0, "b": 3.0, "c": 2.0}, "gain")
    assert labels(figure) == ["a", "c", "b"]
    assert [bar.get_width() for bar in figure.axes[0].patches] == [1.0, 2.0, 3.0]
    assert figure.get_suptitle() == "Feature importance (gain)"


def test_of_many_features_those_that_count_most_are_shown() -> None:
    figure = draw({f"f{n}": float(n) for n in range(100)}, "gain")
    assert labels(figure) == [f"f{n}" for n in range(100 - MOST_BARS, 100)]
    assert f"{MOST_BARS} of 100 features" in figure.get_suptitle()


def test_a_value_of_each_class_is_a_part_of_the_bar() -> None:
    figure = draw({"a": [1.0, -2.0], "b": [0.5, 0.5]}, "weight")
    assert labels(figure) == ["b", "a"]
    ends = [bar.get_x() + bar.get_width() for bar in figure.axes[0].patches]
    assert ends == pytest.approx([0.5, 1.0, 1.0, 3.0])
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "class 0",
        "class 1",
    ]


def test_names_are_shown_as_they_are(tmp_path: Any) -> None:
    figure = draw({"price_$_{": 1.0, "x" * 100: 2.0}, "gain")
    figure.savefig(tmp_path / "figure.png")  # no formula is tried
    assert labels(figure)[0] == r"price_\$_{"
    assert len(labels(figure)[1]) == 32
