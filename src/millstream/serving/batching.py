"""Batches: how long it pays to gather requests, and what one prediction for all of them gives."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from millstream.errors import MillstreamError
from millstream.serving import merging
from millstream.serving.request import Request

Predict = Callable[[Any, dict[str, Any] | None], Any]
"""The predictions for the data and params of a request; raises nothing but `MillstreamError`."""


class Gathering:
    """Decides whether to wait for more requests, which pays only if they come soon.

    Clients that have just got their answers tend to ask again at once. So it waits until as many
    have come as were answered before, but after the last answers no longer than half of the time
    that a prediction takes, nor than `longest` seconds. If they do not come, fewer are expected.
    """

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._expected = 1
        self._last = 1
        self._ended = float("-inf")

    def pause(self, queued: int, since: float, seconds: float) -> float:
        """How many seconds to wait while so many requests are there, the first of them `since`.

        `seconds` is what their prediction will take.
        """
        if queued >= self._expected:
            return 0.0
        until = min(since + self._longest, self._ended + min(self._longest, seconds / 2))
        left = until - time.perf_counter()
        if left <= 0:
            self._expected = self._last = queued
        return max(0.0, left)

    def took(self, requests: int) -> None:
        """A prediction for so many requests begins."""
        self._expected = max(requests, self._last)
        self._last = requests

    def ended(self) -> None:
        """A prediction has ended."""
        self._ended = time.perf_counter()


def answer_each(predict: Predict, requests: Sequence[Request]) -> list[Any]:
    """The predictions for each request, or the error that it gets instead, one after the other."""
    return [_alone(predict, request) for request in requests]


def answer_together(predict: Predict, requests: Sequence[Request]) -> list[Any]:
    """The same from one prediction for requests of one kind.

    If that fails, each is predicted alone, so that a bad request does not fail its neighbours.
    Raises `merging.Unsplittable` if the predictions do not belong to the rows one by one.
    """
    if len(requests) == 1:
        return answer_each(predict, requests)
    try:
        predictions = predict(merging.join([r.data for r in requests]), requests[0].params)
        return merging.split(predictions, [request.rows for request in requests])
    except merging.Unsplittable:
        raise
    except Exception:  # noqa: BLE001  # whatever it is: alone, each request gets its own answer
        return answer_each(predict, requests)


def _alone(predict: Predict, request: Request) -> Any:
    try:
        return predict(request.data, request.params)
    except MillstreamError as error:
        return error
