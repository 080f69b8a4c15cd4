"""Automatic logging of PyTorch Lightning: the `fit` of its Trainer, of either of its packages."""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

from millstream.client.active import active_run
from millstream.client.tracking import MillstreamClient
from millstream.integrations.autologging.checkpoints import options_of
from millstream.integrations.autologging.configuration import get_autologging_config
from millstream.integrations.autologging.lightning_callback import FollowerOptions, follower
from millstream.integrations.autologging.models import log_trained_model
from millstream.integrations.autologging.patches import safe_patch
from millstream.integrations.autologging.recording import Record
from millstream.integrations.autologging.runs import with_managed_run
from millstream.integrations.autologging.training import Training
from millstream.model_format.signature import ModelSignature, infer_signature

FLAVOR = "pytorch"
_RUNS: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()  # of trainers
_STOPPING = ("monitor", "mode", "patience", "min_delta", "stopped_epoch")


def install(package: ModuleType) -> None:
    """Have the trainings of `pytorch_lightning` or of `lightning.pytorch` logged."""
    fit = with_managed_run(FLAVOR, functools.partial(_fit, package))
    safe_patch(FLAVOR, package.Trainer, "fit", functools.partial(_on_first_rank, fit))
    safe_patch(FLAVOR, package.Trainer, "test", functools.partial(_on_first_rank, _test))


def _on_first_rank(
    patch: Callable[..., None],
    original: Callable[..., Any],
    trainer: Any,
    *given: Any,
    **options: Any,
) -> None:
    """Of many processes that train one model together, let one have a run."""
    if trainer.is_global_zero:
        patch(original, trainer, *given, **options)
    else:
        original(trainer, *given, **options)


def _fit(
    package: ModuleType, original: Callable[..., Any], trainer: Any, *given: Any, **options: Any
) -> None:
    """Train, followed by a callback that is the Trainer's only for that long."""
    named = inspect.signature(type(trainer).fit).bind(trainer, *given, **options).arguments
    model, training, stopping = named["model"], Training(FLAVOR), trainer.early_stopping_callback
    _RUNS[trainer] = training.run_id
    if stopping is not None:
        training.do("early stopping", _log_stopping_params, training.run_id, stopping)
    callback = training.do("callback", follower, package.__name__, _options(training.run_id))
    if callback is not None:
        trainer.callbacks.append(callback)
    try:
        original(trainer, *given, **options)
    finally:
        if callback in trainer.callbacks:
            trainer.callbacks.remove(callback)
    if stopping is not None:
        training.do("early stopping", _log_stopping, training.run_id, trainer, stopping)
    training.do("summary", _log_summary, training.run_id, package, model)
    example = None if callback is None else callback.example
    training.do("model", _log_model, model, example, trainer.current_epoch)
    training.tell()


def _test(original: Callable[..., Any], trainer: Any, *given: Any, **options: Any) -> None:
    """Test; what it measured goes into the run of the training before it, or the active one."""
    original(trainer, *given, **options)
    active = active_run()
    run_id = _RUNS.get(trainer) or (active.info.run_id if active else None)
    if run_id is not None:
        record = Record(run_id)
        record.tags({"Mode": "testing"})
        record.metrics({name: float(value) for name, value in trainer.callback_metrics.items()})
        record.send()


def _options(run_id: str) -> FollowerOptions:
    option = functools.partial(get_autologging_config, FLAVOR)
    signed = option("log_models", True) and option("log_model_signatures", True)
    return FollowerOptions(
        run_id=run_id,
        every_n_epoch=option("log_every_n_epoch", 1),
        every_n_step=option("log_every_n_step", None),
        checkpoints=options_of(option) if option("checkpoint", True) else None,
        wants_example=bool(signed),
    )


def _log_stopping_params(run_id: str, stopping: Any) -> None:
    record = Record(run_id)
    record.params({name: getattr(stopping, name) for name in _STOPPING if hasattr(stopping, name)})
    record.send()


def _log_stopping(run_id: str, trainer: Any, stopping: Any) -> None:
    """Where it stopped, if it did, and the checkpoint of where it was best."""
    if stopping.stopped_epoch == 0:
        return
    record = Record(run_id)
    record.metrics(
        {
            "stopped_epoch": stopping.stopped_epoch,
            "restored_epoch": stopping.stopped_epoch - max(1, stopping.patience),
            "best_score": stopping.best_score,
            "wait_count": stopping.wait_count,
        }
    )
    record.send()
    best = getattr(trainer.checkpoint_callback, "best_model_path", "")
    if best and get_autologging_config(FLAVOR, "log_models", True):
        MillstreamClient().log_artifact(run_id, best, "restored_model_checkpoint")


def _log_summary(run_id: str, package: ModuleType, model: Any) -> None:
    text = str(package.utilities.model_summary.ModelSummary(model, max_depth=-1))
    MillstreamClient().log_text(run_id, text, "model_summary.txt")


def _log_model(model: Any, example: tuple[Any, Any] | None, epochs: int) -> None:
    signature: ModelSignature | None = None
    if example is not None:
        signature = infer_signature(*example)
    options = {"signature": signature, "serialization_format": "pickle"}
    log_trained_model(FLAVOR, model, None, None, step=max(0, epochs - 1), **options)
