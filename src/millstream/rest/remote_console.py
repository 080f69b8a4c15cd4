"""The console output of a server's runs as requests."""

from __future__ import annotations

from millstream.entities import console as c
from millstream.rest.caller import Caller
from millstream.store.pending import Pending


class RemoteConsole:
    """What the runs of a server wrote to their terminals."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def log(self, request: c.LogConsole) -> Pending[None]:
        """Append lines of a process."""
        return self._caller.command("console.log", request)

    def list(self, request: c.ListConsole) -> c.ConsolePage:
        """Lines from a position on."""
        return self._caller.read("console.list", request, c.ConsolePage)

    def search(self, request: c.SearchConsole) -> c.ConsoleHits:
        """Lines that contain a text."""
        return self._caller.read("console.search", request, c.ConsoleHits)
