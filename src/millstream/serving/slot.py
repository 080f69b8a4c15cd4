"""A place in the server under a name: one model serves there at a time; another may take over."""

from __future__ import annotations

from millstream.serving.served import Served


class Slot:
    """Where requests for a name find the model that serves it now.

    Whoever answers a request takes `model` once and keeps to it, so that a request is read,
    answered and written by one version. Those that were replaced finish what they have begun.
    """

    def __init__(self, model: Served) -> None:
        self.name = model.name
        self.model = model
        self._leaving: list[Served] = []

    @property
    def in_flight(self) -> int:
        """How many requests are being answered, by whichever version."""
        return self.model.in_flight + sum(model.in_flight for model in self._leaving)

    @property
    def queue_length(self) -> int:
        """How many requests wait for a model or its prediction."""
        return self.model.queue_length + sum(model.queue_length for model in self._leaving)

    @property
    def reason(self) -> str | None:
        """Why it is not ready; None if it is."""
        return self.model.reason

    def take(self, model: Served) -> Served:
        """Let a model that is ready serve from now on; gives the one before."""
        before, self.model = self.model, model
        self._leaving.append(before)
        return before

    def left(self, model: Served) -> None:
        """A model that was replaced has answered its last request."""
        self._leaving.remove(model)
