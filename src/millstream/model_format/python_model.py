"""A model written by the user: a class with `predict`, or a function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any


class PythonModelContext:
    """What a model was saved with: the local paths of its artifacts, and its configuration."""

    def __init__(
        self, artifacts: Mapping[str, str], model_config: Mapping[str, Any] | None
    ) -> None:
        self._artifacts = dict(artifacts)
        self._model_config = dict(model_config or {})

    @property
    def artifacts(self) -> dict[str, str]:
        """The local path of each artifact, by name."""
        return self._artifacts

    @property
    def model_config(self) -> dict[str, Any]:
        """The configuration given at saving, overridden by the one given at loading."""
        return self._model_config


class PythonModel:
    """Subclass it and define `predict`; `load_context` may read the artifacts once.

    It is no abstract class, because a pickled subclass is rebuilt in two steps, and an abstract one
    would forget in between that it defines `predict`.
    """

    def load_context(self, context: PythonModelContext) -> None:
        """Called once before the first prediction."""

    def predict(
        self, context: PythonModelContext, model_input: Any, params: dict[str, Any] | None = None
    ) -> Any:
        """The predictions for an input. `context` and `params` may be left out of the override."""
        raise NotImplementedError(f"{type(self).__name__} does not define predict")

    def predict_stream(
        self, context: PythonModelContext, model_input: Any, params: dict[str, Any] | None = None
    ) -> Any:
        """The predictions one by one; override it to offer them."""
        raise NotImplementedError(f"{type(self).__name__} does not define predict_stream")


class FunctionModel(PythonModel):
    """A function as a model."""

    def __init__(self, func: Callable[..., Any]) -> None:
        self.func = func
        self.signature: object = None  # MLflow's models of functions have it

    def predict(  # type: ignore[override]  # the context may be left out, as the docs say
        self, model_input: Any, params: dict[str, Any] | None = None
    ) -> Any:
        """What the function says."""
        return _with_params(inspect.unwrap(self.func), (model_input,), params)


class PythonModelRunner:
    """Calls a user's model with those of the arguments that it takes."""

    def __init__(self, python_model: PythonModel, context: PythonModelContext) -> None:
        self.python_model = python_model
        self.context = context
        python_model.load_context(context)

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """The predictions for an input."""
        return self._call("predict", model_input, params)

    def predict_stream(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """The predictions one by one, of a model that offers them."""
        return self._call("predict_stream", model_input, params)

    def _call(self, name: str, data: Any, params: dict[str, Any] | None) -> Any:
        """MLflow wraps the methods of models in functions of its own, which are left out here."""
        function = inspect.unwrap(getattr(type(self.python_model), name))
        method = functools.partial(function, self.python_model)
        positional = (self.context, data) if _takes_context(method) else (data,)
        return _with_params(method, positional, params)


def _takes_context(method: Callable[..., Any]) -> bool:
    parameters = list(inspect.signature(method).parameters.values())
    names = [parameter.name for parameter in parameters]
    if "context" in names:
        return True
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len([p for p in places if p.name != "params"]) > 1


def _with_params(
    function: Callable[..., Any], positional: tuple[Any, ...], params: dict[str, Any] | None
) -> Any:
    parameters = inspect.signature(function).parameters.values()
    takes = any(p.name == "params" or p.kind is p.VAR_KEYWORD for p in parameters)
    return function(*positional, params=params) if takes else function(*positional)
