"""What a fit costs that is logged, counted in what takes time wherever it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from tests.frameworks.autologged import logging_to, place

import millstream
from millstream.artifacts.local import LocalArtifacts
from millstream.store.sql.database import Database

__all__ = ["place"]

MOST_ASKED = 16
"""How often a store is asked, whether by a call or over a network."""
MOST_FILES = 10
X = np.random.default_rng(7).normal(size=(200, 5))


@pytest.fixture
def autolog(place: Path) -> Iterator[Callable[..., None]]:
    with logging_to(place, "sklearn"):
        yield millstream.sklearn.autolog


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the store was asked, and how many files it was given."""
    counts: Counter[str] = Counter()

    def counting(kind: type, name: str, what: str) -> None:
        original = getattr(kind, name)

        def call(*arguments: Any, **options: Any) -> Any:
            counts[what] += 1
            return original(*arguments, **options)

        monkeypatch.setattr(kind, name, call)

    counting(Database, "read", "asked")
    counting(Database, "write", "asked")
    counting(LocalArtifacts, "write", "files")
    return counts


@pytest.mark.parametrize("estimator", [LogisticRegression(), LinearRegression()], ids=["c", "r"])
def test_a_fit_asks_the_store_a_few_times_and_writes_a_few_files(
    autolog: Callable[..., None], counted: Counter[str], estimator: Any
) -> None:
    autolog()
    targets = (X[:, 0] > 0).astype(int)
    estimator.fit(X, targets)  # the first one also opens the store
    millstream.flush_async_logging()
    counted.clear()
    estimator.fit(X, targets)
    millstream.flush_async_logging()
    assert 0 < counted["asked"] <= MOST_ASKED
    assert 0 < counted["files"] <= MOST_FILES


def test_what_a_fit_costs_does_not_grow_with_its_data(
    autolog: Callable[..., None], counted: Counter[str]
) -> None:
    autolog()
    LinearRegression().fit(X, X[:, 0])
    seen: list[Counter[str]] = []
    for times in (1, 200):
        counted.clear()
        features = np.tile(X, (times, 1))
        LinearRegression().fit(features, features[:, 0])
        millstream.flush_async_logging()
        seen.append(Counter(counted))
    assert seen[0] == seen[1]
