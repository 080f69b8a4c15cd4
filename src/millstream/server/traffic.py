"""How many requests were answered within the last minute, and how fast."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter

from millstream.entities.server_status import TrafficStatus

_SECONDS = 60
_STEP = 1.05
_LOG_STEP = math.log(_STEP)


class Traffic:
    """Counts times in classes that are a twentieth wide, for each of the last 60 seconds.

    Noted on the event loop, read on any thread.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, Counter[int]] = {}
        self._lock = threading.Lock()

    def note(self, seconds: float) -> None:
        """Note that a request was answered in this time."""
        now = int(time.monotonic())
        place = round(math.log(max(seconds, 1e-6)) / _LOG_STEP)
        with self._lock:
            counts = self._seconds.get(now)
            if counts is None:
                self._forget(now)
                counts = self._seconds[now] = Counter()
            counts[place] += 1

    def status(self) -> TrafficStatus:
        """The last minute."""
        with self._lock:
            self._forget(int(time.monotonic()))
            counts: Counter[int] = Counter()
            for second in self._seconds.values():
                counts.update(second)
        number = counts.total()
        if not number:
            return TrafficStatus(0)
        return TrafficStatus(number, _quantile(counts, 0.5), _quantile(counts, 0.99))

    def _forget(self, now: int) -> None:
        for second in [second for second in self._seconds if second <= now - _SECONDS]:
            del self._seconds[second]


def _quantile(counts: Counter[int], part: float) -> float:
    """The time, in ms, that this part of the requests did not exceed."""
    left = math.ceil(counts.total() * part)
    place = 0
    for place in sorted(counts):
        left -= counts[place]
        if left <= 0:
            break
    return float(1_000 * _STEP**place)
