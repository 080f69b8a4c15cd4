"""The rows about gates."""

from __future__ import annotations

from millstream.entities import gates as g
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

_PATH = f"{OWN}/gates"
_READ = Permission("read", "registered_model", "name")
_DECIDE = Permission("approve", "registered_model", "name")

GATES = (
    Endpoint(
        methods=("GET",),
        path=_PATH,
        request=g.ListGates,
        operation="gates.list",
        answer=g.GateList,
        effort=Effort.POINT,
        permission=_READ,
        summary="List the gates of a registered model",
    ),
    Endpoint(
        methods=("POST",),
        path=_PATH,
        request=g.SetGate,
        operation="gates.set",
        answer=g.Gate,
        effort=Effort.WRITE,
        permission=_DECIDE,
        summary="Give a registered model a gate",
    ),
    Endpoint(
        methods=("DELETE",),
        path=_PATH,
        request=g.DeleteGate,
        operation="gates.delete",
        answer=None,
        effort=Effort.WRITE,
        permission=_DECIDE,
        summary="Take a gate away",
    ),
    Endpoint(
        methods=("GET",),
        path=f"{_PATH}/check",
        request=g.CheckGates,
        operation="gates.check",
        answer=g.GateFindings,
        effort=Effort.SCAN,
        permission=_READ,
        told="asking",
        summary="Say what the gates would say to a move",
    ),
)
