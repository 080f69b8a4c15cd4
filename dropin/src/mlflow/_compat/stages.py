"""The four stages, under the names of `mlflow.entities.model_registry.model_version_stages`."""

from __future__ import annotations

from millstream.entities.stages import ARCHIVED, DEFAULT_STAGES, NO_STAGE, canonical_stage

STAGE_NONE, STAGE_STAGING, STAGE_PRODUCTION, STAGE_ARCHIVED = DEFAULT_STAGES
STAGE_DELETED_INTERNAL = "Deleted_Internal"

ALL_STAGES = list(DEFAULT_STAGES)
DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS = [
    stage for stage in DEFAULT_STAGES if stage not in (NO_STAGE, ARCHIVED)
]
_CANONICAL_MAPPING = {stage.lower(): stage for stage in DEFAULT_STAGES}


def get_canonical_stage(stage: str) -> str:
    """The stage of that name, whatever its case."""
    return canonical_stage(stage)
