"""Interned names: metrics, params and tags are stored by the number of their name."""

from __future__ import annotations

_MOST = 50_000


class KeyNames:
    """The names whose numbers this process has seen committed; numbers never change.

    May be used from any thread. It forgets everything when it grows too large, since it only
    saves looking names up.
    """

    __slots__ = ("ids", "names")

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.names: dict[int, str] = {}

    def learn(self, name: str, key_id: int) -> None:
        """Remember a committed name."""
        if len(self.ids) >= _MOST:
            self.ids.clear()
            self.names.clear()
        self.ids[name] = key_id
        self.names[key_id] = name
