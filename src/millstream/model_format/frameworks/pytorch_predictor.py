"""A module of PyTorch behind the one interface of all models."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch

from millstream import settings
from millstream.errors import InvalidParameter


class PyTorchPredictor:
    """A module behind the one interface of all models."""

    def __init__(self, module: Any, device: str) -> None:
        self.pytorch_model = module
        self.device = device

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """The output of the module: an array for an array, a DataFrame for a DataFrame.

        DataFrames are taken as float32; arrays keep their dtype.
        """
        if params and "device" in params:
            raise InvalidParameter(
                "`device` is no parameter of a prediction: say it when the model is loaded, as "
                "`model_config={'device': 'cuda'}`"
            )
        arrays = data if isinstance(data, tuple) else (data,)
        inputs = [self._tensor(one) for one in arrays]
        with evaluating(self.pytorch_model), torch.no_grad():
            output = self.pytorch_model(*inputs)
        if not isinstance(output, torch.Tensor):
            raise TypeError(
                f"the module must give one tensor to predict with, not {type(output).__name__}"
            )
        found = output.detach().cpu().numpy()
        return pd.DataFrame(found, index=data.index) if isinstance(data, pd.DataFrame) else found

    def _tensor(self, data: Any) -> torch.Tensor:
        if isinstance(data, pd.DataFrame):
            data = data.to_numpy(dtype=np.float32)
        if isinstance(data, torch.Tensor):
            return data.to(self.device)
        if not isinstance(data, np.ndarray):
            raise TypeError(
                "models of PyTorch take a pandas.DataFrame or a numpy.ndarray, not "
                f"{type(data).__name__}"
            )
        return torch.from_numpy(np.require(data, requirements=["C", "W"])).to(self.device)

    def get_raw_model(self) -> Any:
        """The module."""
        return self.pytorch_model


def device_for(wanted: str | None) -> str:
    """Where to predict: what is wanted, else the setting, else a GPU if there is one."""
    found = wanted or settings.load().default_prediction_device
    return found or ("cuda" if torch.cuda.is_available() else "cpu")


@contextlib.contextmanager
def evaluating(module: torch.nn.Module) -> Iterator[None]:
    """Let the module evaluate meanwhile: exported in training, it would drop out at random."""
    training = [one for one in module.modules() if one.training]
    for one in training:  # not by `eval`, which exported programs refuse
        one.training = False
    try:
        yield
    finally:
        for one in training:
            one.training = True
