"""What a model says of its input: the example given, and the signature given or seen."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from millstream import settings
from millstream.errors import InvalidParameter
from millstream.model_format.example import save_example, split_params
from millstream.model_format.inference import column_of
from millstream.model_format.manifest import Manifest
from millstream.model_format.signature import ModelSignature, infer_signature
from millstream.model_format.variables import variables_read, write_variables

_logger = logging.getLogger("millstream.models")


def describe(
    model: Manifest,
    directory: Path,
    input_example: Any,
    signature: ModelSignature | None,
    predict: Callable[..., Any] | None,
) -> None:
    """Write the example beside the model and the signature into its manifest.

    A signature that was not given is seen from the example and its prediction. An example that
    cannot be written, or that the model cannot predict, costs a warning, never the model.
    """
    if signature is not None and not isinstance(signature, ModelSignature):
        raise InvalidParameter(f"`signature` must be a ModelSignature or None, not {signature!r}")
    model.signature = signature or model.signature
    if input_example is None:
        return
    try:
        model.saved_input_example_info = save_example(input_example, directory)
    except InvalidParameter as error:
        _logger.warning("The model is saved without its input example, since %s", error)
    if model.signature is None:
        data, params = split_params(input_example)
        output = predicted(model, directory, input_example, predict)
        model.signature = _seen(data, params, output)


def predicted(
    model: Manifest, directory: Path, input_example: Any, predict: Callable[..., Any] | None
) -> Any:
    """The prediction of the example; None, with a warning, if there is none.

    The names of variables with keys that it read are recorded with the model.
    """
    if predict is None:
        return None
    data, params = split_params(input_example)
    with variables_read() as names:
        try:
            output = predict(data, **params) if params else predict(data)
        except Exception as error:  # noqa: BLE001 - whatever the model's own code raises
            _logger.warning("The model cannot predict its input example: %s", error)
            return None
    if names and settings.load().record_env_vars_in_model_logging:
        model.env_vars = sorted(names)
        write_variables(directory, model.env_vars)
    return output


def _seen(data: Any, params: dict[str, Any] | None, output: Any) -> ModelSignature | None:
    try:
        seen = infer_signature(data, output, params)
    except (InvalidParameter, ValueError) as error:
        _logger.warning("The model is saved without a signature, since %s", error)
        return None
    one_column = getattr(output, "ndim", 0) == 1 and not hasattr(output, "name")
    if hasattr(data, "columns") and one_column:
        seen.outputs = column_of(output)
    return seen
