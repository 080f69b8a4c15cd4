"""Bodies in, bodies out: what the scoring server reads and answers."""

from __future__ import annotations

from typing import Any

from millstream.model_format.pyfunc import PyFuncModel
from millstream.serving.errors import (
    BadRequest,
    SchemaMismatch,
    TooLarge,
    UnsupportedMediaType,
    error_body,
)
from millstream.serving.request import Request

__all__ = [
    "BadRequest",
    "Decoder",
    "Request",
    "SchemaMismatch",
    "TooLarge",
    "UnsupportedMediaType",
    "encode",
    "error_body",
]


class Decoder:
    """Reads the bodies that one model understands; what can be computed once is computed here."""

    def __init__(self, model: PyFuncModel) -> None:
        self._model = model

    def decode(self, content_type: str | None, body: bytes) -> Request:
        """The request of a body; without a content type it is taken for JSON.

        Raises `BadRequest`, and nothing else, for whatever is wrong with it: its `status` is 400,
        or 415 (`UnsupportedMediaType`, answered as plain text) or 413 (`TooLarge`); its message
        names the column, the row (counted from 0), what was expected and what was got.
        """
        raise BadRequest(f"{len(body)} bytes of {content_type} are not read yet")


def encode(predictions: Any, request: Request, accept: str | None = None) -> tuple[bytes, bytes]:
    """The body of an answer and its content type.

    JSON as MLflow's server writes it; Arrow, MessagePack or CSV where `accept` prefers them.
    Raises `MillstreamError` (500) if the model's answer has no such form.
    """
    raise NotImplementedError
