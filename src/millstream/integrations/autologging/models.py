"""Logs the model that a patched call trained, with its signature and example."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from millstream.integrations.autologging.configuration import get_autologging_config
from millstream.integrations.autologging.data import example_of
from millstream.integrations.autologging.reports import unheard
from millstream.integrations.models import ModelInfo
from millstream.model_format.signature import ModelSignature, infer_signature

MODEL = "model"

_logger = logging.getLogger("millstream.autologging")


def log_trained_model(
    flavor: str,
    model: Any,
    data: Any,
    predict: Callable[[Any], Any] | None,
    **options: Any,
) -> ModelInfo | None:
    """Log a trained model to the active run as `model`, unless the integration's options say no.

    The signature is that of the first rows of `data` and what `predict` answers to them; an
    example is kept if the options say so. `options` go to the framework's `log_model`.
    """

    def option(name: str, default: Any) -> Any:
        return get_autologging_config(flavor, name, default)

    if not option("log_models", True):
        return None
    example = None if data is None else example_of(data)
    signature = None
    if example is not None and predict is not None and option("log_model_signatures", True):
        signature = signature_of(example, predict)
    kept = example if option("log_input_examples", False) else None
    logged: ModelInfo = import_module(f"millstream.integrations.{flavor}").log_model(
        model,
        **{
            "name": MODEL,
            "signature": signature,
            "input_example": kept,
            "registered_model_name": option("registered_model_name", None),
            **options,
        },
    )
    return logged


def signature_of(example: Any, predict: Callable[[Any], Any]) -> ModelSignature | None:
    """The signature of an example and the answer to it; None if the model gives it none."""
    try:
        return unheard(lambda: infer_signature(example, predict(example.copy())))()
    except Exception as error:  # noqa: BLE001  # whatever a model may raise, it is logged without
        _logger.debug("the model has no signature, since its prediction fails: %s", error)
        return None
