"""Moving versions between stages; the one place that writes a version's stage."""

from __future__ import annotations

from millstream.entities.registry_events import RegistryEvent
from millstream.entities.stages import ARCHIVED
from millstream.store.sql.registry import versions
from millstream.store.sql.registry.events import Change, record
from millstream.store.sql.registry.models import ModelRow
from millstream.store.sql.registry.versions import VersionRow
from millstream.store.sql.transaction import Transaction

_SET_STAGE = (
    "UPDATE model_versions SET current_stage = ?, last_updated_timestamp = ? WHERE version_key = ?"
)


def move(
    transaction: Transaction, change: Change, model: ModelRow, row: VersionRow, stage: str
) -> list[RegistryEvent]:
    """Move one version; to where it is already leaves no event."""
    transaction.run(_SET_STAGE, (stage, change.timestamp, row.version_key))
    if row.current_stage == stage:
        return []
    event = record(
        transaction,
        change,
        model.about(row.version),
        "STAGE_CHANGED",
        subject=stage,
        from_value=row.current_stage,
        to_value=stage,
    )
    return [event]


def archive_others(
    transaction: Transaction, change: Change, model: ModelRow, row: VersionRow, stage: str
) -> list[RegistryEvent]:
    """Move all other versions in a stage to Archived."""
    events: list[RegistryEvent] = []
    for other in versions.in_stage(transaction, model.registered_model_key, stage):
        if other.version_key != row.version_key:
            events += move(transaction, change, model, other, ARCHIVED)
    return events
