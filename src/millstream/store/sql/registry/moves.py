"""Moving versions and aliases; the one place that writes a version's stage or an alias.

Whatever moves shows a warrant and passes the gates first, on whichever way it comes.
"""

from __future__ import annotations

from millstream.entities.registry_events import RegistryEvent
from millstream.entities.stages import ARCHIVED, NO_STAGE
from millstream.errors import InvalidParameter
from millstream.store.sql.registry import aliases, gatekeeping, protection, versions
from millstream.store.sql.registry.champions import Target
from millstream.store.sql.registry.events import Change, record
from millstream.store.sql.registry.models import ModelRow
from millstream.store.sql.registry.protection import Warrant
from millstream.store.sql.registry.versions import VersionRow
from millstream.store.sql.transaction import Transaction

_SET_STAGE = (
    "UPDATE model_versions SET current_stage = ?, last_updated_timestamp = ? WHERE version_key = ?"
)


def move(
    transaction: Transaction,
    change: Change,
    model: ModelRow,
    row: VersionRow,
    stage: str,
    warrant: Warrant,
    *,
    archive_existing_versions: bool = False,
) -> list[RegistryEvent]:
    """Move one version, and on request all others in the stage to Archived.

    To where it is already leaves no event. `stage` is spelled as the policy spells it.
    """
    protection.check_move(warrant, model, row, stage)
    if row.current_stage != stage and stage not in (NO_STAGE, ARCHIVED):
        gatekeeping.judge(
            transaction,
            model,
            row,
            Target(stage=stage),
            warrant.evidence,
            warrant.may_read,
            returning=warrant.returning,
        )
    events: list[RegistryEvent] = []
    if archive_existing_versions:
        _check_active(stage)
        for other in versions.in_stage(transaction, model.registered_model_key, stage):
            if other.version_key != row.version_key:
                protection.check_move(warrant, model, other, ARCHIVED)
                events += _set_stage(transaction, change, model, other, ARCHIVED)
    return events + _set_stage(transaction, change, model, row, stage)


def point(
    transaction: Transaction,
    change: Change,
    model: ModelRow,
    alias: str,
    version: int | None,
    warrant: Warrant,
) -> list[RegistryEvent]:
    """Let an alias point to a version, or to none; the same as before leaves no event."""
    before = aliases.pointed(transaction, model.registered_model_key, alias)
    if before == version:
        return []
    protection.check_alias(warrant, model, alias, version)
    if version is not None:
        gatekeeping.judge(
            transaction,
            model,
            versions.required(transaction, model.name, str(version)),
            Target(alias=alias),
            warrant.evidence,
            warrant.may_read,
            returning=warrant.returning,
        )
    aliases.write(transaction, model.registered_model_key, alias, version)
    event = record(
        transaction,
        change,
        model.about(before if version is None else version),
        "ALIAS_DELETED" if version is None else "ALIAS_SET",
        subject=alias,
        from_value=None if before is None else str(before),
        to_value=None if version is None else str(version),
    )
    return [event]


def _check_active(stage: str) -> None:
    if stage in (NO_STAGE, ARCHIVED):
        raise InvalidParameter(
            "Model version transition cannot archive existing model versions because "
            f"'{stage}' is not an active stage."
        )


def _set_stage(
    transaction: Transaction, change: Change, model: ModelRow, row: VersionRow, stage: str
) -> list[RegistryEvent]:
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
