"""A model written by the user: a class with `predict`, or a function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from millstream.errors import InvalidParameter
from millstream.model_format.hinted_values import to_hint
from millstream.model_format.source_files import inside
from millstream.model_format.type_hints import checked_hint, input_hint


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


def as_model(python_model: Any) -> Any:
    """The model, or the function as one; anything else raises `InvalidParameter`."""
    if isinstance(python_model, PythonModel):
        if type(python_model).predict is PythonModel.predict:
            raise InvalidParameter(f"{type(python_model).__name__} must define `predict`")
        return python_model
    if callable(python_model) and not isinstance(python_model, type):
        _check_arguments(python_model)
        return FunctionModel(python_model)
    raise InvalidParameter(
        "`python_model` must be an instance of PythonModel, a function that takes the input, or "
        f"the path of a Python file that calls set_model with one, not {python_model!r}"
    )


def _check_arguments(function: Callable[..., Any]) -> None:
    """Refuse, before it is saved, a function that could not be called with an input."""
    try:
        signature = inspect.signature(function)
        takes_params = "params" in signature.parameters
        signature.bind(None, **({"params": None} if takes_params else {}))
    except (TypeError, ValueError) as error:
        name = getattr(function, "__qualname__", type(function).__name__)
        raise InvalidParameter(
            "a function that is a model is called with the input, and with `params` if it has a "
            f"parameter of that name; {name!r} cannot be: {error}"
        ) from error


class PythonModelRunner:
    """Calls a user's model with those of the arguments that it takes.

    `hint` is the type hint of its input, None where inputs are not held against one: an input is
    brought into its form. `streams` says whether the model offers predictions one by one.
    """

    def __init__(
        self, python_model: Any, context: PythonModelContext, streams: bool | None = None
    ) -> None:
        self.python_model = python_model
        self.context = context
        self.hint = checked_hint(input_hint(predict_function(python_model)))
        self.streams = defines_stream(python_model) if streams is None else streams
        load_context = getattr(python_model, "load_context", None)
        if load_context is not None:
            load_context(context)

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """The predictions for an input."""
        return self._call("predict", model_input, params)

    def predict_stream(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """The predictions one by one, of a model that offers them."""
        return self._call("predict_stream", model_input, params)

    def _call(self, name: str, data: Any, params: dict[str, Any] | None) -> Any:
        """MLflow wraps the methods of models in functions of its own, which are left out here."""
        if self.hint is not None:
            data = to_hint(data, self.hint)
        function = inspect.unwrap(getattr(type(self.python_model), name))
        method = functools.partial(function, self.python_model)
        positional = (self.context, data) if _takes_context(method) else (data,)
        return _with_params(method, positional, params)


def runner(
    python_model: Any, directory: Path, flavor: Mapping[str, Any], config: Mapping[str, Any]
) -> PythonModelRunner:
    """The user's model with the artifacts of the directory and the configuration."""
    artifacts = {
        name: str(inside(directory, entry["path"]))
        for name, entry in (flavor.get("artifacts") or {}).items()
    }
    return PythonModelRunner(
        python_model, PythonModelContext(artifacts, config), flavor.get("streamable") or None
    )


def predict_function(python_model: Any) -> Callable[..., Any]:
    """What the user wrote: the method `predict` of the model's class, or the function."""
    if isinstance(python_model, FunctionModel):
        return python_model.func
    function: Callable[..., Any] = type(python_model).predict
    return function


def defines_stream(python_model: Any) -> bool:
    """Whether the model's class has a `predict_stream` of its own."""
    own = getattr(type(python_model), "predict_stream", None)
    return own is not None and inspect.unwrap(own) is not PythonModel.predict_stream


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
