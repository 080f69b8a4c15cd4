"""Stages: the environments that versions of registered models move through."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.errors import InvalidParameter

NO_STAGE = "None"
ARCHIVED = "Archived"
DEFAULT_STAGES = (NO_STAGE, "Staging", "Production", ARCHIVED)


def canonical_stage(stage: str, known: Sequence[str] = DEFAULT_STAGES) -> str:
    """The stage of that name, whatever its case; raises `InvalidParameter` if there is none."""
    for name in known:
        if name.lower() == stage.lower():
            return name
    raise InvalidParameter(
        f"Invalid Model Version stage: {stage}. Value must be one of {', '.join(known)}."
    )
