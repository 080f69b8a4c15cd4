"""What browsers are told of changes."""

from __future__ import annotations

from millstream.entities.entity import Entity


class NewsEvent(Entity):
    """What changed since the last event of a stream.

    `runs` were written to, and `runs_of` are their experiments; `experiments` were themselves
    changed, as were the registered models of these names. `everything` says that more may have
    changed than can be told.
    """

    runs: list[str] = []
    runs_of: list[str] = []
    experiments: list[str] = []
    models: list[str] = []
    everything: bool = False
