"""The rows about what runs wrote to their terminals."""

from __future__ import annotations

from millstream.entities import console as c
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

_READ = Permission("read", "run", "run_id")

CONSOLE = (
    Endpoint(
        methods=("POST",),
        path=f"{OWN}/runs/console/append",
        request=c.LogConsole,
        operation="console.log",
        answer=None,
        effort=Effort.WRITE,
        permission=Permission("edit", "run", "run_id"),
        summary="Append lines that a process of a run wrote to its terminal",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{OWN}/runs/console",
        request=c.ListConsole,
        operation="console.list",
        answer=c.ConsolePage,
        effort=Effort.SCAN,
        permission=_READ,
        summary="List lines that a run wrote to its terminal, from a position on",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{OWN}/runs/console/search",
        request=c.SearchConsole,
        operation="console.search",
        answer=c.ConsoleHits,
        effort=Effort.SCAN,
        permission=_READ,
        summary="Search what a run wrote to its terminal",
    ),
)
