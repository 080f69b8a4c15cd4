"""Evaluators by name: the built-in ones, and those that packages bring along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any

from millstream.errors import InvalidParameter

GROUP = "mlflow.model_evaluator"
BUILTIN = ("default", "classifier", "regressor", "shap")


class ModelEvaluator:
    """What a package offers under the entry point group `mlflow.model_evaluator`."""

    @classmethod
    def can_evaluate(
        cls, *, model_type: str, evaluator_config: Mapping[str, Any], **kwargs: Any
    ) -> bool:
        """Whether it takes models of that type."""
        raise NotImplementedError(f"{cls.__name__} must say which types it takes: can_evaluate")

    def evaluate(
        self,
        *,
        model_type: str,
        dataset: Any,
        run_id: str | None,
        evaluator_config: Mapping[str, Any],
        model: Any = None,
        extra_metrics: Sequence[Any] | None = None,
        custom_artifacts: Sequence[Any] | None = None,
        predictions: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Evaluate the model and log what was found to the run; answers with the result."""
        raise NotImplementedError(f"{type(self).__name__} must evaluate: evaluate")


class Chosen:
    """The evaluators to use: whether the built-in ones, which others, each with its options."""

    def __init__(
        self, builtin: bool, plugins: Mapping[str, Any], configs: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.builtin = builtin
        self.plugins = dict(plugins)
        self._configs = configs

    def config(self, *names: str) -> dict[str, Any]:
        """The options of an evaluator; it may have several names."""
        found: dict[str, Any] = {}
        for name in names:
            found |= self._configs.get(name, {})
        return found


def list_evaluators() -> list[str]:
    """The names of all evaluators that can be used."""
    return [*BUILTIN, *(point.name for point in entry_points(group=GROUP) if _foreign(point))]


def choose(
    evaluators: str | Sequence[str] | None, config: Mapping[str, Any] | None, model_type: str | None
) -> Chosen:
    """The evaluators of those names, or all that take models of the type if none are named."""
    known = list_evaluators()
    names = [evaluators] if isinstance(evaluators, str) else list(evaluators or known)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InvalidParameter(
            "The model could not be evaluated by any of the registered evaluators: "
            f"there is none of the name {unknown}; known are {known}"
        )
    configs = _configs(dict(config or {}), known)
    plugins = {}
    for point in entry_points(group=GROUP):
        if point.name not in names or not _foreign(point):
            continue
        plugin = point.load()()
        given = configs.get(point.name, {})
        if plugin.can_evaluate(model_type=model_type, evaluator_config=given):
            plugins[point.name] = plugin
    return Chosen(any(name in BUILTIN for name in names), plugins, configs)


def _configs(config: dict[str, Any], known: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The options by evaluator; flat ones are for all."""
    nested = config and all(
        name in known and isinstance(value, Mapping) for name, value in config.items()
    )
    return config if nested else dict.fromkeys(known, config)


def _foreign(point: Any) -> bool:
    """Not MLflow's own, should it be installed beside us: ours are in their place."""
    return point.name not in BUILTIN and not point.value.startswith("mlflow.")
