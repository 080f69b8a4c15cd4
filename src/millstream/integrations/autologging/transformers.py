"""Automatic logging of Transformers: its Trainer, by the names that its own callback gives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import transformers

from millstream.client.active import active_run
from millstream.integrations.autologging.patches import safe_patch
from millstream.integrations.autologging.recording import LONGEST_PARAM, Record
from millstream.integrations.autologging.runs import with_managed_run
from millstream.integrations.autologging.training import Training

FLAVOR = "transformers"
_OWN = "MLflowCallback"  # of the library itself; through the drop-in it logs here too


def install(_: ModuleType) -> None:
    """Have the trainings of Transformers logged, and what is evaluated in the same run later."""
    train = with_managed_run(FLAVOR, _followed)
    for kind in (transformers.Trainer, transformers.Seq2SeqTrainer):
        for name, patch in (("train", train), ("evaluate", _evaluate)):
            if name in vars(kind):
                safe_patch(FLAVOR, kind, name, functools.partial(_on_first_rank, patch))


def _on_first_rank(
    patch: Callable[..., None],
    original: Callable[..., Any],
    trainer: Any,
    *given: Any,
    **options: Any,
) -> None:
    """Of many processes that train one model together, let one have a run."""
    if trainer.is_world_process_zero():
        patch(original, trainer, *given, **options)
    else:
        original(trainer, *given, **options)


def _followed(original: Callable[..., Any], trainer: Any, *given: Any, **options: Any) -> None:
    """Call it, followed by a callback that is the Trainer's only for that long."""
    training = Training(FLAVOR)
    known = [type(one).__name__ for one in trainer.callback_handler.callbacks]
    callback = _Follower(training)
    if _OWN not in known:
        trainer.add_callback(callback)
    try:
        original(trainer, *given, **options)
    finally:
        if _OWN not in known:
            trainer.remove_callback(callback)
    training.tell()


def _evaluate(original: Callable[..., Any], trainer: Any, *given: Any, **options: Any) -> None:
    """An evaluation outside a training: it has no run of its own."""
    follow = original if active_run() is None else functools.partial(_followed, original)
    follow(trainer, *given, **options)


class _Follower(transformers.TrainerCallback):  # type: ignore[misc]  # not typed
    def __init__(self, training: Training) -> None:
        self._training = training

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002  # the library's signature
        """Log what the model is made of and how it is trained."""
        if state.is_world_process_zero:
            self._training.do("params", _log_params, self._training.run_id, args, kwargs["model"])

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002  # the library's signature
        """Log what the Trainer tells of itself, by the step."""
        if state.is_world_process_zero:
            self._training.do("metrics", self._log, state.global_step, kwargs.get("logs") or {})

    def _log(self, step: int, logs: Mapping[str, Any]) -> None:
        self._training.add(step, _numbers(logs))


def _log_params(run_id: str, arguments: Any, model: Any) -> None:
    """The configuration of the model and the arguments of the training; these count for both."""
    config = getattr(model, "config", None)
    found = {**(config.to_dict() if config is not None else {}), **arguments.to_dict()}
    record = Record(run_id)
    record.params({name: v for name, v in found.items() if len(str(v)) <= LONGEST_PARAM})
    record.send()


def _numbers(logs: Mapping[str, Any]) -> dict[str, float]:
    found = {}
    for name, value in logs.items():
        if hasattr(value, "item") and getattr(value, "size", 1) in (0, 1):
            value = value.item()
        if isinstance(value, int | float):
            found[name] = float(value)
    return found
