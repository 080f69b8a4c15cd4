"""SciPy: sparse matrices out of their arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import scipy.sparse


def matrix(form: Mapping[str, Any], kind: str) -> Any:
    """The matrix of the class of that name, of its `data`, `indices`, `indptr` and `shape`."""
    parts = (form["data"], form["indices"], form["indptr"])
    return getattr(scipy.sparse, kind)(parts, shape=tuple(form["shape"]))
