"""Checks for DataFrames: quick for arrays, and as before for all else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from millstream.serving import dataframe_checks
from millstream.serving.dataframe_checks import answer_for_arrays

narwhals = pytest.importorskip("narwhals.stable.v2", reason="scikit-learn before 1.9 has none")

ARRAY = np.zeros((2, 3))
FRAME = pd.DataFrame(ARRAY)


class Matrix(np.ndarray):
    """An array of a kind of its own."""


@pytest.fixture(autouse=True)
def before() -> Iterator[dict[str, Any]]:
    """The checks as they were; and so they are again afterwards."""
    names = ("is_into_dataframe", "is_into_series")
    checks = {name: getattr(narwhals.dependencies, name) for name in names}
    plain = {name: getattr(check, "__wrapped__", check) for name, check in checks.items()}
    for name, check in plain.items():
        setattr(narwhals.dependencies, name, check)
    yield plain
    for name, check in checks.items():
        setattr(narwhals.dependencies, name, check)


@pytest.mark.parametrize(
    "value",
    [
        ARRAY,
        FRAME,
        FRAME[0],
        ARRAY.view(Matrix),
        [[1.0]],
        None,
        np.float64(1),
        narwhals.from_native(FRAME),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_answers_are_those_of_before(value: Any, before: dict[str, Any]) -> None:
    answer_for_arrays()
    for name, check in before.items():
        assert getattr(narwhals.dependencies, name)(value) == check(value)


def test_an_array_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def look(value: Any) -> bool:
        asked.append(value)
        return True

    module = SimpleNamespace(is_into_dataframe=look)
    monkeypatch.setitem(sys.modules, dataframe_checks._ASKED, module)
    answer_for_arrays()
    answer_for_arrays()
    assert not module.is_into_dataframe(ARRAY)
    assert asked == []
    assert module.is_into_dataframe(FRAME)
    assert len(asked) == 1


def test_what_no_model_brought_along_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, dataframe_checks._ASKED)
    answer_for_arrays()
    assert dataframe_checks._ASKED not in sys.modules
