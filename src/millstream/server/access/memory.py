"""What a process remembers of access, for as long as nothing of access changes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from millstream.server.access.freshness import Freshness

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memory(Generic[K, V]):
    """A bounded dictionary that forgets all of it with each new epoch."""

    def __init__(self, freshness: Freshness, most: int = 10_000) -> None:
        self._freshness = freshness
        self._most = most
        self._epoch = -1
        self._kept: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """What is remembered under a key."""
        if self._epoch != self._freshness.epoch:
            return None
        return self._kept.get(key)

    def keep(self, key: K, value: V, epoch: int) -> None:
        """Remember what was found out in an epoch, unless that has ended meanwhile."""
        if epoch != self._freshness.epoch:
            return
        if self._epoch != epoch or len(self._kept) >= self._most:
            self._kept = {}
            self._epoch = epoch
        self._kept[key] = value
