"""Whom a version has to beat before a move."""

from __future__ import annotations

from typing import NamedTuple

from millstream.store.sql.lifecycle import Source
from millstream.store.sql.registry import aliases, versions
from millstream.store.sql.registry.models import ModelRow
from millstream.store.sql.registry.versions import VersionRow


class Target(NamedTuple):
    """Where a version is to go: a stage, or under an alias."""

    stage: str | None = None
    alias: str | None = None

    @property
    def shown(self) -> str:
        """What it is to do, for a sentence."""
        if self.stage is not None:
            return f"move to the stage '{self.stage}'"
        return f"get the alias '{self.alias}'"


def champion(
    source: Source, model: ModelRow, row: VersionRow, target: Target, alias: str | None
) -> VersionRow | None:
    """The version under an alias, else the highest at the target; None if there is no other."""
    key = model.registered_model_key
    pointing = alias or target.alias
    if pointing is not None:
        number = aliases.pointed(source, key, pointing)
        found = [] if number is None else [versions.required(source, model.name, str(number))]
    else:
        found = versions.in_stage(source, key, target.stage or "")
    others = [other for other in found if other.version_key != row.version_key]
    return others[-1] if others else None
