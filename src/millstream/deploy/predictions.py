"""What goes to a deployed model, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from millstream.client.extras import load
from millstream.errors import InvalidParameter, MillstreamError
from millstream.model_format.example import request_body

_PURPOSE = "Predictions as a table or array"
_FORMATS = ("dataframe", "ndarray")
_FIELDS = frozenset({"dataframe_split", "dataframe_records", "inputs", "instances", "data"})


class PredictionsResponse(dict[str, Any]):
    """The answer of a deployed model: a dictionary with `predictions`, as it was sent."""

    def get_predictions(self, predictions_format: str = "dataframe", dtype: Any = None) -> Any:
        """The predictions as a pandas DataFrame or, with "ndarray", a numpy array of `dtype`."""
        found = self["predictions"]
        if predictions_format == "dataframe":
            frame = load("pandas", _PURPOSE).DataFrame(data=found)
            return frame if dtype is None else frame.astype(dtype)
        if predictions_format == "ndarray":
            return load("numpy", _PURPOSE).array(found, dtype)
        raise InvalidParameter(
            f"predictions_format is {predictions_format!r}; it is one of {', '.join(_FORMATS)}."
        )

    def to_json(self, path: str | Path | None = None) -> str | None:
        """The answer as JSON, or that in a file."""
        if path is None:
            return json.dumps(self)
        Path(path).write_text(json.dumps(self), "utf-8")
        return None

    @classmethod
    def from_json(cls, json_str: str | bytes) -> PredictionsResponse:
        """An answer of JSON; one without predictions raises `MillstreamError`."""
        try:
            found = json.loads(json_str)
        except ValueError as error:
            raise MillstreamError(f"The model's answer is not JSON: {error}") from error
        if not isinstance(found, dict) or "predictions" not in found:
            raise MillstreamError(f"The model's answer has no predictions: {str(found)[:200]}")
        return cls(found)


def as_body(inputs: Any) -> bytes:
    """Inputs as a body of `POST /invocations`: whatever can be an input example, or a body itself.

    A dictionary with a field of the protocol, such as `inputs`, is a body already.
    """
    if isinstance(inputs, bytes):
        return inputs
    if isinstance(inputs, str):
        return inputs.encode()
    if isinstance(inputs, Mapping) and _FIELDS & inputs.keys():
        return json.dumps(inputs, allow_nan=False).encode()
    return request_body(inputs).encode()
