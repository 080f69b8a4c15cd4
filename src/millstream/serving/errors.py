"""What is wrong with a request: errors that a client can act on, and the JSON they travel as."""

from __future__ import annotations

from typing import Any

import msgspec

from millstream.errors import BadRequest, InvalidParameter, MillstreamError

__all__ = ["BadRequest", "SchemaMismatch", "TooLarge", "UnsupportedMediaType", "error_body"]

_MOST_SHOWN = 120


class SchemaMismatch(BadRequest):
    """Inputs that the signature asks for are missing, or do not have its shape."""

    default_code = InvalidParameter.default_code

    @property
    def sqlstate(self) -> str:
        """MLflow's state of a failed enforcement."""
        return "KAM01"

    @property
    def error_class(self) -> str:
        """MLflow's class of a failed enforcement."""
        return "SCHEMA_ENFORCEMENT_FAILED"


class UnsupportedMediaType(BadRequest):
    """A body of a kind that nobody here reads; MLflow answers its message as plain text."""

    @property
    def status(self) -> int:
        """The HTTP status of it."""
        return 415


class TooLarge(BadRequest):
    """More values than are read into memory for one request."""

    @property
    def status(self) -> int:
        """The HTTP status of it."""
        return 413


def error_body(error: MillstreamError, stack_trace: str | None = None) -> bytes:
    """The JSON object that MLflow's scoring server answers with."""
    trace = {} if stack_trace is None else {"stack_trace": stack_trace}
    body = {**error.to_wire(), **trace}
    return msgspec.json.encode({key: _without_surrogates(value) for key, value in body.items()})


def shown(value: Any) -> str:
    """A value as an error message quotes it: its JSON or Python form, cut when long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of very many digits, or lists of lists of…
        text = f"a {type(value).__name__}"
    text = _without_surrogates(text)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _without_surrogates(value: Any) -> Any:
    """Text that UTF-8 can carry."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def kind_of(value: Any) -> str:
    """What a value of JSON is called."""
    return _JSON_NAMES.get(type(value), type(value).__name__)


def expected_and_got(expected: str, value: Any) -> str:
    """The end of a message about a value that is something else."""
    return f"expected {expected}, got {shown(value)}"


def incompatible(what: str, kind: str, place: str, expected: str, value: Any) -> BadRequest:
    """The error for a value that the type of its column or tensor does not take."""
    return BadRequest(
        "Invalid input. Data is not compatible with model signature. "
        f"Failed to convert {what} to type '{kind}'. "
        f"Error: '{place}: {expected_and_got(expected, value)}'"
    )


_JSON_NAMES = {
    dict: "dictionary",
    list: "list",
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
}
