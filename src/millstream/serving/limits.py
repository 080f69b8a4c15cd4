"""Requests that get no prediction: what they took too much of, or what the model did with them."""

from __future__ import annotations

import traceback

from millstream.errors import MillstreamError


class TimedOut(MillstreamError):
    """There was no prediction within the time that a request may take."""

    default_code = "DEADLINE_EXCEEDED"

    def __init__(self) -> None:
        super().__init__("Request processing time exceeded limit")


class Overloaded(MillstreamError):
    """More requests wait than this server is willing to let wait; try again in `retry_after` s."""

    default_code = "TEMPORARILY_UNAVAILABLE"

    def __init__(self, name: str, waiting: int, seconds: float) -> None:
        self.retry_after = max(1, round(seconds))
        super().__init__(
            f"The model {name!r} has {waiting} requests waiting, the most this server lets wait "
            f"(--max-queue). Try again in {self.retry_after} s."
        )


class ModelFailed(MillstreamError):
    """The code of the model raised; `stack_trace` says where."""

    default_code = "BAD_REQUEST"

    def __init__(self, error: BaseException) -> None:
        self.stack_trace = "".join(traceback.format_exception(error))
        super().__init__(
            "Encountered an unexpected error while evaluating the model. Verify that the "
            "serialized input Dataframe is compatible with the model for inference. "
            f"The error was {type(error).__name__}: {error}"
        )


class Abandoned(Exception):
    """The client went away while its request waited."""
