"""The same model as a BentoML service."""

from __future__ import annotations

import bentoml
import numpy as np
from numpy.typing import NDArray


@bentoml.service(workers=1)
class Diabetes:
    """Predicts arrays of rows."""

    def __init__(self) -> None:
        self.model = bentoml.sklearn.load_model("diabetes:latest")

    @bentoml.api  # type: ignore[untyped-decorator]  # it has an environment of its own
    def predict(self, data: NDArray[np.float64]) -> NDArray[np.float64]:
        """The predictions."""
        answer: NDArray[np.float64] = self.model.predict(data)
        return answer
