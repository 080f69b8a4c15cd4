"""The row that says which stages there are."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from millstream.entities.decoding import json_decoder
from millstream.entities.stages import StagePolicy, canonical_stage, default_policy
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import per_dialect
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.partners import Rows
from millstream.store.sql.transaction import Transaction

_SELECT = "SELECT policy FROM stage_policies"
_SHARE = per_dialect(lambda dialect: f"{_SELECT} {dialect.for_share}")
CHANGED = "stages"
_UPDATE = "UPDATE stage_policies SET policy = ?"


def read(source: Rows) -> StagePolicy:
    """The stages as they are now."""
    return _policy(source.execute(_SELECT))


def shared(transaction: Transaction) -> StagePolicy:
    """The stages, which nobody changes until the transaction ends.

    Whoever holds them for a change waits for nothing else, so waiting here ends.
    """
    return _policy(transaction.execute(_SHARE[transaction.dialect.name]))


def locked(transaction: Transaction) -> StagePolicy:
    """The stages, to be changed: whoever moves a version waits until the transaction ends."""
    return _policy(transaction.lock(_SELECT, ()))


def write(transaction: Transaction, policy: StagePolicy) -> None:
    """Replace the stages, and announce it under `CHANGED`."""
    transaction.run(_UPDATE, (as_text(policy),))
    transaction.announce(CHANGED)


def as_text(policy: StagePolicy) -> str:
    """The policy as JSON, as the table and the history keep it."""
    return msgspec.json.encode(policy).decode()


def canonical(source: Source, stages: Sequence[str]) -> set[str]:
    """The stages of these names, whatever their case; asks the database only if there are any."""
    if not stages:
        return set()
    known = read(source).names
    return {canonical_stage(stage, known) for stage in stages}


def _policy(rows: list[Row]) -> StagePolicy:
    text = rows[0][0] if rows else None
    return default_policy() if text is None else json_decoder(StagePolicy).decode(text)
