"""Durations, and endings of metric names."""

from __future__ import annotations

import pytest

from millstream.query.series import more_is_better, split
from millstream.query.times import duration


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("90s", 90_000),
        ("5m", 300_000),
        ("1.5h", 5_400_000),
        ("7d", 604_800_000),
        ("2w", 1_209_600_000),
        ("7", None),
        ("7y", None),
        ("-7d", None),
        ("7 d", None),
        ("", None),
        ("9999999999999d", None),
    ],
)
def test_durations(text: str, milliseconds: int | None) -> None:
    assert duration(text) == milliseconds


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("loss", ("loss", "value")),
        ("loss.min", ("loss", "min")),
        ("a.b.max_step", ("a.b", "max_step")),
        ("loss.median", ("loss.median", "value")),
        ("min", ("min", "value")),
        (".min", (".min", "value")),
        ("loss.min.max", ("loss.min", "max")),
    ],
)
def test_endings(key: str, found: tuple[str, str]) -> None:
    assert split(key) == found


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("acc", True),
        ("val_accuracy", True),
        ("val/f1_macro", True),
        ("top5", True),
        ("mAP50", True),
        ("precision@10", True),
        ("loss", False),
        ("score_loss", False),
        ("accumulated_steps", False),
        ("acc/seconds", False),
        ("seconds", False),
    ],
)
def test_which_value_of_a_metric_is_best(name: str, more: bool) -> None:
    assert more_is_better(name) is more
