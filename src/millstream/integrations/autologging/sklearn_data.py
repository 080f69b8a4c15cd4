"""The data that an estimator of scikit-learn was fitted on, as the call says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from millstream.integrations.autologging.calls import arguments_of


class FitData(NamedTuple):
    """Features, targets and weights of a call of `fit`; None where there are none."""

    features: Any
    targets: Any = None
    weights: Any = None

    @classmethod
    def of_call(
        cls,
        method: Callable[..., Any],
        estimator: Any,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
    ) -> FitData:
        """Find them among the arguments of a method, by name or place."""
        given = arguments_of(method, (estimator, *arguments), keywords, defaults=False)
        first = next(iter(list(given.values())[1:]), None)
        features, targets = given.get("X", first), given.get("y", given.get("Y"))
        return cls(features, targets, given.get("sample_weight"))
