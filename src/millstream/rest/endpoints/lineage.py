"""The row about where versions come from."""

from __future__ import annotations

from millstream.entities.lineage import Lineage
from millstream.entities.model_versions import GetModelVersion
from millstream.rest.endpoints.row import OWN, Effort, Endpoint, Permission

LINEAGE = (
    Endpoint(
        methods=("GET",),
        path=f"{OWN}/model-versions/lineage",
        request=GetModelVersion,
        operation="lineage.get",
        answer=Lineage,
        effort=Effort.SCAN,
        permission=Permission("read", "registered_model", "name"),
        told="asking",
        summary="Walk from a version back to its model, run, code, datasets and environment",
    ),
)
