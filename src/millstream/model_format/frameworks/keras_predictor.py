"""A model of Keras behind the one interface of all models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pandas as pd

_ONE_BATCH = 32  # rows, as many as `predict` takes at once


class KerasPredictor:
    """A model of Keras behind the one interface of all models."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """An array or a dictionary of arrays; a DataFrame for a DataFrame with one output.

        `params` are keyword arguments of `predict`.
        """
        frame = isinstance(data, pd.DataFrame)
        inputs = data.to_numpy() if frame else data
        found = self._answer(np.asarray(inputs) if isinstance(inputs, list) else inputs, params)
        if frame and isinstance(found, np.ndarray) and found.ndim <= 2:
            return pd.DataFrame(found, index=data.index)
        return found

    def _answer(self, inputs: Any, params: dict[str, Any] | None) -> Any:
        if not isinstance(self.model, keras.Model):
            return arrays(self.model.serve(inputs))
        # `predict` of Keras sets up a pipeline of batches, which costs more than a small model.
        ordinary = type(self.model).predict is keras.Model.predict
        if (
            ordinary
            and not params
            and isinstance(inputs, np.ndarray)
            and 0 < len(inputs) <= _ONE_BATCH
        ):
            return self.model.predict_on_batch(inputs)
        return self.model.predict(inputs, **{"verbose": 0, **(params or {})})

    def get_raw_model(self) -> Any:
        """The model."""
        return self.model


def arrays(output: Any) -> Any:
    """Tensors as arrays, alone or in a dictionary or list."""
    if isinstance(output, Mapping):
        return {name: arrays(value) for name, value in output.items()}
    if isinstance(output, (list, tuple)):
        return [arrays(value) for value in output]
    return np.asarray(output)
