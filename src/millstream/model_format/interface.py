"""What the adapter of a framework offers: writing its models, and reading them again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

import msgspec

from millstream.model_format.adapters import adapter
from millstream.model_format.flavors import FLAVORS
from millstream.model_format.manifest import Manifest


class Predictor(Protocol):
    """A library's object behind the one interface of all models.

    It may also have `predict_stream(data, params=None)`, an iterator of predictions; and
    `n_features`, the number of columns it takes, which serves where there is no signature.
    """

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        """The predictions for data that are what the signature says."""

    def get_raw_model(self) -> Any:
        """The library's own object."""


class Saved(msgspec.Struct):
    """What an adapter wrote into a model directory.

    `flavor` are the keys of the library's own flavor in MLmodel; `pyfunc` those of
    python_function beside the ones all models have, or None if the object cannot predict.
    `modules` are the modules whose installed versions the model needs. `predict` answers an input
    example the way the loaded model will.
    """

    flavor: dict[str, Any]
    pyfunc: dict[str, Any] | None
    modules: set[str]
    predict: Callable[..., Any] | None = None


class Adapter(Protocol):
    """What each module of `frameworks/` for a flavor offers."""

    def save(self, native: Any, directory: Path, **options: Any) -> Saved:
        """Write the library's object into the directory, which exists and is otherwise empty."""

    def load(
        self, directory: Path, flavor: Mapping[str, Any], allow_pickle: bool, **options: Any
    ) -> Any:
        """The library's object again.

        `flavor` are the keys of its own flavor, or of python_function in models without one. Where
        that would unpickle and `allow_pickle` is False, it raises before a byte is read.
        """

    def load_predictor(
        self, directory: Path, model: Manifest, allow_pickle: bool, config: Mapping[str, Any]
    ) -> Predictor:
        """The object ready to predict; `config` is what the caller said about how to load it."""


def flavor_adapter(name: str) -> Adapter:
    """The adapter of a flavor."""
    return cast("Adapter", adapter(FLAVORS[name].adapter))
