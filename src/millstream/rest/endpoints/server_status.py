"""The row about how the server is doing."""

from __future__ import annotations

from millstream.entities.server_status import GetServerStatus, ServerStatus
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

SERVER_STATUS = (
    Endpoint(
        methods=("GET",),
        path=f"{OWN}/status",
        request=GetServerStatus,
        operation="server_status.get",
        answer=ServerStatus,
        effort=Effort.SCAN,
        permission=Permission("read", "server"),
        summary="Say how the server is doing",
    ),
)
