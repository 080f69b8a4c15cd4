"""Who may move what: the stages' policy, held against every change of a stage or an alias.

Everything that moves a version or an alias needs a `Warrant`, so a new route cannot forget to ask.
"""

from __future__ import annotations

from typing import NamedTuple

from millstream.entities.stages import Stage, StagePolicy, canonical_stage
from millstream.errors import InvalidParameter, PermissionDenied
from millstream.store.sql.registry import aliases, policies, versions
from millstream.store.sql.registry.evidence import NO_EVIDENCE, Evidence
from millstream.store.sql.registry.measures import MayRead, everything
from millstream.store.sql.registry.models import ModelRow
from millstream.store.sql.registry.versions import VersionRow
from millstream.store.sql.transaction import Transaction

_ASK = (
    "Ask for it with a transition request: `create_transition_request({})` in Python, or POST "
    "/api/v1/transition-requests; somebody else approves it."
)


class Warrant(NamedTuple):
    """What entitles to a move: the stages as they are, and what is known about the files.

    A refusal names the metrics of those experiments that `may_read` allows.
    `approved` moves come from an approved request. `returning` ones undo an earlier move, and so
    may go where no move leads otherwise.
    """

    policy: StagePolicy
    evidence: Evidence = NO_EVIDENCE
    may_read: MayRead = everything
    approved: bool = False
    returning: bool = False


def warrant(
    transaction: Transaction,
    evidence: Evidence = NO_EVIDENCE,
    may_read: MayRead = everything,
    *,
    approved: bool = False,
    returning: bool = False,
) -> Warrant:
    """The warrant of a change; the stages stay as they are until the transaction ends."""
    return Warrant(policies.shared(transaction), evidence, may_read, approved, returning)


def check_move(warrant: Warrant, model: ModelRow, row: VersionRow, stage: str) -> None:
    """Refuse a move from or to a protected stage, and one that no stage allows."""
    before = row.current_stage
    if before == stage:
        return
    for name in (before, stage):
        if warrant.policy.protection(name) is not None and not warrant.approved:
            asking = f"name={model.name!r}, version='{row.version}', stage={stage!r}"
            raise PermissionDenied(
                f"The stage '{name}' is protected: version {row.version} of '{model.name}' may not "
                f"go from '{before}' to '{stage}' without approval. {_ASK.format(asking)}",
                protected_stage=name,
            )
    canonical_stage(stage, warrant.policy.names)
    allowed = warrant.policy.allowed_from(before)
    if stage not in allowed and not warrant.returning:
        raise InvalidParameter(
            f"Version {row.version} of '{model.name}' may not go from '{before}' to '{stage}'. "
            f"Allowed from '{before}': {', '.join(allowed) or 'no other stage'}.",
            allowed_stages=allowed,
        )


def check_alias(warrant: Warrant, model: ModelRow, alias: str, version: int | None) -> None:
    """Refuse to move or remove a protected alias."""
    if warrant.policy.alias_protection(alias) is None or warrant.approved:
        return
    what = "be removed" if version is None else f"be moved to version {version}"
    pointing = "" if version is None else f", version='{version}'"
    asking = f"name={model.name!r}{pointing}, alias={alias!r}"
    raise PermissionDenied(
        f"The alias '{alias}' of '{model.name}' is protected and may not {what} without approval. "
        f"{_ASK.format(asking)}",
        protected_alias=alias,
    )


def check_version_may_go(warrant: Warrant, model: ModelRow, row: VersionRow) -> None:
    """Refuse to delete a version that is in a protected stage."""
    stage = warrant.policy.protection(row.current_stage)
    if stage is not None:
        asking = f"name={model.name!r}, version='{row.version}', stage='Archived'"
        raise PermissionDenied(
            f"Version {row.version} of '{model.name}' cannot be deleted: it is in the protected "
            f"stage '{stage.name}', which it has to leave first. {_ASK.format(asking)}",
            protected_stage=stage.name,
        )


def check_model_may_change(transaction: Transaction, model: ModelRow, what: str) -> None:
    """Refuse to delete or rename a model whose versions or aliases are protected."""
    policy = policies.shared(transaction)
    key = model.registered_model_key
    for stage in policy.stages:
        held = versions.in_stage(transaction, key, stage.name) if stage.protected else []
        if held:
            raise _holds(model, what, f"version {held[-1].version} is in", stage)
    for pointing in aliases.of_models(transaction, [key])[key]:
        if policy.alias_protection(pointing.alias) is not None:
            asking = f"name={model.name!r}, alias={pointing.alias!r}"
            raise PermissionDenied(
                f"The model '{model.name}' cannot be {what}: its alias '{pointing.alias}' is "
                f"protected, which has to go first. {_ASK.format(asking)}",
                protected_alias=pointing.alias,
            )


def _holds(model: ModelRow, what: str, why: str, stage: Stage) -> PermissionDenied:
    asking = f"name={model.name!r}, version=…, stage='Archived'"
    return PermissionDenied(
        f"The model '{model.name}' cannot be {what}: its {why} the protected stage "
        f"'{stage.name}', which has to be left first. {_ASK.format(asking)}",
        protected_stage=stage.name,
    )
