"""Asking, before a file of the proxy is changed, whether the registry protects it."""

from __future__ import annotations

from millstream.rest.protected_files import FileProtection
from millstream.server.bodies import run


class ProxiedProtection:
    """What the registry protects, among the files that the proxy serves."""

    def __init__(self, protection: FileProtection) -> None:
        self._protection = protection

    def change_of(self, path: str, *, whole: bool = False) -> IntendedChange:
        """A change of a file; `whole` if it goes with all that is below it."""
        return IntendedChange(self._protection, path, whole)


class IntendedChange:
    """A `Consent` that is refused where a file belongs to a version in a protected stage."""

    def __init__(self, protection: FileProtection, path: str, whole: bool) -> None:
        self._protection = protection
        self._path = path
        self._whole = whole

    async def ask(self) -> None:
        """Ask from the event loop: a database on a thread, or nobody if no stage is protected."""
        if not self._protection.known_to_be_none:
            await run(self.ask_here)

    def ask_here(self) -> None:
        """Ask from a thread that may wait."""
        self._protection.check_proxied(self._path, whole=self._whole)
