"""Automatic logging of Keras: the `fit` of its models, whatever backend they run on."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import keras
import numpy as np

from millstream.integrations.autologging.checkpoints import options_of
from millstream.integrations.autologging.configuration import get_autologging_config
from millstream.integrations.autologging.keras_callback import FollowerOptions, follower
from millstream.integrations.autologging.models import log_trained_model
from millstream.integrations.autologging.patches import safe_patch
from millstream.integrations.autologging.recording import Record
from millstream.integrations.autologging.training import Training, log_data
from millstream.model_format.schema import Schema, TensorSpec
from millstream.model_format.signature import ModelSignature

FLAVOR = "keras"
_LEFT_OUT = {"self", "x", "y", "callbacks", "validation_data", "verbose"}
_STOPPING = ("monitor", "min_delta", "patience", "baseline", "restore_best_weights")
_BATCH_OF_ARRAYS = 32  # Keras' own, where none is given


def install(_: ModuleType) -> None:
    """Have the trainings of Keras logged."""
    patch_fit(FLAVOR, "optimizer_")


def patch_fit(flavor: str, prefix: str) -> None:
    """Have them logged as a framework's, its optimizer's params under names with a prefix."""
    fit = functools.partial(_fit, flavor, prefix)
    safe_patch(flavor, keras.Model, "fit", fit, manage_run=True)


def _fit(
    flavor: str,
    prefix: str,
    original: Callable[..., Any],
    model: Any,
    *arguments: Any,
    **options: Any,
) -> None:
    given = inspect.signature(type(model).fit).bind(model, *arguments, **options)
    training, named = Training(flavor), given.arguments
    callbacks = _listed(named.get("callbacks"))
    stopping = next((one for one in callbacks if _stops(one)), None)
    training.do("params", _log_params, training.run_id, given, stopping)
    training.do("datasets", _log_datasets, flavor, named)
    callback = training.do("callback", _follower, flavor, prefix, training)
    if callback is not None and isinstance(named.get("callbacks"), keras.callbacks.CallbackList):
        named["callbacks"].append(callback)
    elif callback is not None:
        named["callbacks"] = [*callbacks, callback]
    original(*given.args, **given.kwargs)
    if stopping is not None:
        training.do("early stopping", _log_stopping, training.run_id, model, stopping)
    training.do("model", _log_model, flavor, model)
    training.tell()


def _follower(flavor: str, prefix: str, training: Training) -> Any:
    option = functools.partial(get_autologging_config, flavor)
    options = FollowerOptions(
        every_n_steps=option("log_every_n_steps", None),
        checkpoints=options_of(option) if option("checkpoint", False) else None,
        prefix=prefix,
    )
    return follower(training, options)


def _listed(callbacks: Any) -> list[Any]:
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return list(callbacks.callbacks)
    return list(keras.tree.flatten(callbacks)) if callbacks else []


def _stops(callback: Any) -> bool:
    return isinstance(callback, keras.callbacks.EarlyStopping)


def _log_params(run_id: str, given: inspect.BoundArguments, stopping: Any) -> None:
    """What was said to `fit`, with the size of batches, and when it is to stop early."""
    record = Record(run_id)
    called = inspect.BoundArguments(given.signature, given.arguments.copy())
    called.apply_defaults()
    named = called.arguments
    size = named["batch_size"] or _batch_size(named["x"])
    record.params({"batch_size": size})
    record.params({name: v for name, v in named.items() if name not in _LEFT_OUT and _is_plain(v)})
    if stopping is not None:
        record.params({name: getattr(stopping, name, None) for name in _STOPPING})
    record.send()


def _is_plain(value: Any) -> bool:
    """Whether a text says what a value is, which it does not of an array."""
    return not hasattr(value, "shape")


def _batch_size(data: Any) -> int | None:
    """How many rows each batch has, where the data say so or are arrays."""
    found = getattr(data, "batch_size", None) or getattr(data, "_batch_size", None)
    if found is not None:
        return int(found)
    return _BATCH_OF_ARRAYS if hasattr(data, "shape") else None


def _log_datasets(flavor: str, named: Mapping[str, Any]) -> None:
    log_data(flavor, named.get("x"), named.get("y"), "train")
    held_out = named.get("validation_data")
    if isinstance(held_out, tuple) and len(held_out) >= 2:
        log_data(flavor, held_out[0], held_out[1], "eval")


def _log_stopping(run_id: str, model: Any, stopping: Any) -> None:
    """Where it stopped, if it did, and what it measured where its weights are from."""
    if not model.stop_training or not stopping.stopped_epoch:
        return
    record = Record(run_id)
    record.metrics({"stopped_epoch": stopping.stopped_epoch})
    if stopping.restore_best_weights and stopping.best_weights is not None:
        history, best = model.history, stopping.best_epoch
        record.metrics({"restored_epoch": best})
        place = history.epoch.index(best)
        measured = {name: values[place] for name, values in history.history.items()}
        record.metrics(measured, stopping.stopped_epoch + 1)
    record.send()


def _log_model(flavor: str, model: Any) -> None:
    options: dict[str, Any] = {}
    if get_autologging_config(flavor, "log_model_signatures", True):
        options["signature"] = signature_of(model)
    for name in ("save_exported_model", "save_model_kwargs", "saved_model_kwargs",
                 "keras_model_kwargs"):  # fmt: skip
        value = get_autologging_config(flavor, name, None)
        if value is not None:
            options[name] = value
    log_trained_model(flavor, model, None, None, **options)


def signature_of(model: Any) -> ModelSignature | None:
    """The shapes and types of what a model takes and gives; None while it has none."""
    if not model.built or not getattr(model, "inputs", None):
        return None
    return ModelSignature(Schema(_specs(model.inputs)), Schema(_specs(model.outputs)))


def _specs(tensors: list[Any]) -> list[TensorSpec]:
    named = len(tensors) > 1
    return [
        TensorSpec(
            np.dtype(keras.backend.standardize_dtype(one.dtype)),
            [-1 if length is None else length for length in one.shape],
            one.name if named else None,
        )
        for one in tensors
    ]
