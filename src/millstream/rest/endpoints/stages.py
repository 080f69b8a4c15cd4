"""The rows about stages."""

from __future__ import annotations

from millstream.entities import stages as st
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

STAGES = (
    Endpoint(
        methods=("GET",),
        path=f"{OWN}/stages",
        request=st.GetStagePolicy,
        operation="stages.get_policy",
        answer=st.StagePolicy,
        effort=Effort.POINT,
        permission=Permission("read", "stages"),
        summary="Get the stages, the moves between them and what is protected",
    ),
    Endpoint(
        methods=("PUT",),
        path=f"{OWN}/stages",
        request=st.SetStagePolicy,
        operation="stages.set_policy",
        answer=st.StagePolicy,
        effort=Effort.WRITE,
        permission=Permission("edit", "stages"),
        summary="Replace the stages, the moves between them and what is protected",
    ),
)
