"""What a library asks at every prediction, answered at once for arrays.

scikit-learn 1.9 asks narwhals several times per prediction whether its input is a DataFrame or a
Series of any library. Before Python 3.12, whose `inspect.getattr_static` is faster, that is half of
what a small estimator takes for a row, and an array is neither.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

_ASKED = "narwhals.stable.v2.dependencies"
_CHECKS = ("is_into_dataframe", "is_into_series")


def answer_for_arrays() -> None:
    """Have the checks answer at once in this process, if a model has brought them along.

    For whatever is no plain array they answer as before. Only a process that does nothing but
    serve may change a library for all that is in it.
    """
    dependencies: Any = sys.modules.get(_ASKED)
    for name in _CHECKS:
        check = getattr(dependencies, name, None)
        if check is not None and not hasattr(check, "__wrapped__"):
            setattr(dependencies, name, _unless_array(check))


def _unless_array(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    @functools.wraps(check)
    def answer(value: Any) -> bool:
        return type(value) is not np.ndarray and check(value)

    return answer
