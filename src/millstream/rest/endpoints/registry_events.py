"""The rows about the history of the model registry."""

from __future__ import annotations

from millstream.entities import registry_events as ev
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

REGISTRY_EVENTS = (
    Endpoint(
        methods=("GET",),
        path=f"{OWN}/registry-events",
        request=ev.SearchRegistryEvents,
        operation="registry_events.search",
        answer=ev.RegistryEventPage,
        effort=Effort.SCAN,
        permission=Permission("read", "registered_model", "name"),
        told="asking",
        summary="Read the history of a registered model, or of all",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{OWN}/registry-events/state",
        request=ev.GetRegistryState,
        operation="registry_events.get_state",
        answer=ev.RegistryState,
        effort=Effort.SCAN,
        permission=Permission("read", "registered_model", "name"),
        told="asking",
        summary="Say what was in which stage, and where aliases pointed, at a moment",
    ),
    Endpoint(
        methods=("POST",),
        path=f"{OWN}/registry-events/roll-back",
        request=ev.RollBack,
        operation="registry_events.roll_back",
        answer=ev.RolledBack,
        effort=Effort.WRITE,
        permission=Permission("edit", "registered_model", "name"),
        told="asking",
        summary="Undo the last change of a stage or an alias",
    ),
)
