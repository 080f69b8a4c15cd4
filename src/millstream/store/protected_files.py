"""What a server asks of a store before it changes artifacts: whether the registry protects them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


class ProtectedFiles(Protocol):
    """The files of versions that are in protected stages. May be asked from any thread."""

    @property
    def known_to_be_none(self) -> bool:
        """Whether it is known, without asking the database, that no stage is protected."""

    def check(self, names: Sequence[str], *, whole: bool = False) -> None:
        """Refuse to change a file or folder that belongs to a version in a protected stage.

        `names` are the URIs by which that one place may be known. With `whole` it is to go with all
        that is below it. Raises `PermissionDenied`.
        """


@runtime_checkable
class HasProtectedFiles(Protocol):
    """A store that knows which files the registry protects."""

    @property
    def protected_files(self) -> ProtectedFiles:
        """The files of versions in protected stages."""
