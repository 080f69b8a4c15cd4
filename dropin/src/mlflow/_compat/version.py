"""The version of MLflow whose interface this is: libraries compare it."""

from __future__ import annotations

from millstream.version import MLFLOW_VERSION as VERSION

__all__ = ["VERSION"]
