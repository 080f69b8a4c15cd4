"""What gates ask about the files of models; the server answers it, or whoever opens a store."""

from __future__ import annotations

from typing import Protocol


class ModelFiles(Protocol):
    """What gates have to know of the files of models. No model is loaded.

    A store that has gates is opened with it. Files that cannot be read raise a `MillstreamError`,
    which a gate counts as a fault of the model.
    """

    def size(self, uri: str) -> int:
        """The size of all files below, in bytes."""

    def damage(self, uri: str) -> list[str]:
        """What differs from the digests in MLmodel, a sentence each; empty if nothing does."""

    def mismatches(self, champion_uri: str, uri: str) -> list[str]:
        """Why a model cannot take the champion's place, a sentence each; empty if it can."""
