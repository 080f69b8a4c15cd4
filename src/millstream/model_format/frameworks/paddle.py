"""PaddlePaddle: a layer with its program, or the state of a training, as a directory and back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import pandas as pd

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format.deserialize import refuse_pickle, without_pickles
from millstream.model_format.directory import inside
from millstream.model_format.interface import Saved
from millstream.model_format.manifest import Manifest

FILE = "model"
_STATE = ".pdparams"
_PROGRAMS = (".json", ".pdmodel")  # of Paddle 3, and of before

# Operations of a program that reach for files or for Python.
_REACHING = re.compile(r"read_file|(save|load)(_combine)?|py_func|py_layer")


def save(native: Any, directory: Path, *, training: bool = False, **jit_options: Any) -> Saved:
    """Write a layer, or a paddle.Model, as a program that predicts.

    A paddle.Model for `training` is written as its parameters and the state of its optimiser.
    `jit_options` go to `paddle.jit.save`, which writes layers.
    """
    prefix = str(directory / FILE)
    layer = native.network if isinstance(native, paddle.Model) else native
    if not isinstance(layer, paddle.nn.Layer):
        raise TypeError(f"`pd_model` must be a paddle.nn.Layer or paddle.Model, not {native!r}")
    if isinstance(native, paddle.Model):
        native.save(prefix, training=training)
    else:
        paddle.jit.save(native, prefix, **jit_options)
    return Saved(
        flavor={"pickled_model": FILE, "paddle_version": paddle.__version__},
        pyfunc={"model_path": FILE},
        modules={"paddle", "pandas", "setuptools"},  # which Paddle imports and does not require
        predict=PaddlePredictor(layer).predict,
    )


def load(
    directory: Path,
    flavor: Mapping[str, Any],
    allow_pickle: bool,
    *,
    model: Any = None,
    **options: Any,
) -> Any:
    """The program as a layer; or `model`, a paddle.Model, with the state that was written."""
    name = str(flavor.get("pickled_model") or flavor.get("model_path") or FILE)
    prefix = inside(directory, name)
    state = prefix.with_name(f"{prefix.name}{_STATE}")
    if model is not None:
        if not allow_pickle:
            raise refuse_pickle(state, "pickle", "the form for prediction (training=False)")
        model.load(str(prefix), **options)
        return model
    program = next((path for path in _programs(prefix) if path.is_file()), None)
    if program is None:
        raise InvalidParameter(
            f"the model in {directory} has no program to predict with; if it was saved for "
            f"training, as {state.name!r}, give `model`, the paddle.Model that is to take it"
        )
    if not allow_pickle:
        _check(program)
    with without_pickles(allow_pickle):
        return paddle.jit.load(str(prefix), **options)


def _programs(prefix: Path) -> Iterator[Path]:
    return (prefix.with_name(f"{prefix.name}{suffix}") for suffix in _PROGRAMS)


def _check(program: Path) -> None:
    """Where a model must not run code of its own, refuse one that reaches for files or Python."""
    found = sorted({name for name in _operations(program) if _REACHING.fullmatch(name)})
    if found:
        raise NotSupported(
            "Running the code of a model is disallowed, and this program has operations that "
            f"reach for files or Python: {found}. Set MILLSTREAM_ALLOW_PICKLE to 'true' if you "
            "trust where it comes from",
            "INVALID_PARAMETER_VALUE",
        )


def _operations(program: Path) -> Iterator[str]:
    if program.suffix != ".json":  # types of operations stand in Paddle's older form as texts
        yield from (text.decode() for text in re.findall(rb"[a-z_]{4,}", program.read_bytes()))
        return
    pending = [json.loads(program.read_bytes())]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield str(node.get("#", "")).rpartition(".")[2]
        if isinstance(node, (dict, list)):
            pending.extend(node.values() if isinstance(node, dict) else node)


class PaddlePredictor:
    """A layer behind the one interface of all models."""

    def __init__(self, layer: Any) -> None:
        self.pd_model = layer

    def predict(self, data: Any, _params: dict[str, Any] | None = None) -> pd.DataFrame:
        """The output of the layer, one tensor of two dimensions, as a DataFrame.

        DataFrames are taken as float32; arrays keep their dtype.
        """
        if isinstance(data, pd.DataFrame):
            values = data.to_numpy(dtype=np.float32)
        elif isinstance(data, np.ndarray):
            values = data
        else:
            raise TypeError(
                "models of Paddle take a pandas.DataFrame or a numpy.ndarray, not "
                f"{type(data).__name__}"
            )
        self.pd_model.eval()
        with paddle.no_grad():
            output = self.pd_model(paddle.to_tensor(values))
        if not isinstance(output, paddle.Tensor):
            raise TypeError(
                f"the layer must give one tensor to predict with, not {type(output).__name__}"
            )
        index = data.index if isinstance(data, pd.DataFrame) else None
        return pd.DataFrame(output.numpy(), index=index)

    def get_raw_model(self) -> Any:
        """The layer."""
        return self.pd_model


def load_predictor(
    directory: Path, model: Manifest, allow_pickle: bool, _config: Mapping[str, Any]
) -> PaddlePredictor:
    """The program of a directory, ready to predict."""
    flavor = model.flavors.get("paddle") or model.flavor("python_function")
    return PaddlePredictor(load(directory, flavor, allow_pickle))
