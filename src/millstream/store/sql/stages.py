"""The stages of a store in SQL."""

from __future__ import annotations

from millstream.entities import registry_validation as rules
from millstream.entities import stages as st
from millstream.errors import InvalidParameter
from millstream.store.pending import Pending
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.reader import Reader
from millstream.store.sql.registry import events, policies
from millstream.store.sql.registry.events import About
from millstream.store.sql.transaction import Transaction

_SELECT_HELD = (
    "SELECT current_stage, COUNT(*) FROM model_versions WHERE current_stage NOT IN ({}) "
    "GROUP BY current_stage ORDER BY current_stage"
)
_EVERY_MODEL = About(0, "")


class SqlStages:
    """The stages that versions in a database move through."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get_policy(self, request: st.GetStagePolicy) -> st.StagePolicy:
        """The stages in their order; MLflow's four if nobody said otherwise."""
        return self._database.read(_get, request)

    def set_policy(self, request: st.SetStagePolicy) -> Pending[st.StagePolicy]:
        """Replace them; a stage that still holds versions cannot go."""
        rules.check_change(request)
        policy = st.checked_policy(request)
        return self._database.write(_set, request, policy)


def _get(reader: Reader, _: st.GetStagePolicy) -> st.StagePolicy:
    return policies.read(reader)


def _set(
    transaction: Transaction, request: st.SetStagePolicy, policy: st.StagePolicy
) -> st.StagePolicy:
    before = policies.locked(transaction)
    if before == policy:
        return policy
    names = policy.names
    held = transaction.execute(_SELECT_HELD.format(placeholders(len(names))), tuple(names))
    if held:
        stage, count = held[0]
        raise InvalidParameter(
            f"The stage '{stage}' cannot be left out: {count} "
            f"{'version is' if count == 1 else 'versions are'} in it. Move them first."
        )
    policies.write(transaction, policy)
    events.record(
        transaction,
        events.begin(request),
        _EVERY_MODEL,
        "STAGES_CHANGED",
        from_value=policies.as_text(before),
        to_value=policies.as_text(policy),
    )
    return policy
