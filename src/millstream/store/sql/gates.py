"""Gates of registered models in SQL."""

from __future__ import annotations

import msgspec

from millstream.entities import gates as g
from millstream.entities import registry_validation as rules
from millstream.entities.asking import Asking
from millstream.entities.decoding import json_decoder
from millstream.entities.stages import ARCHIVED, NO_STAGE, canonical_stage
from millstream.errors import InvalidParameter, NotFound
from millstream.store.pending import Pending
from millstream.store.sql.access import visibility
from millstream.store.sql.database import Database
from millstream.store.sql.reader import Reader
from millstream.store.sql.registry import events, gatekeeping, models, policies, versions
from millstream.store.sql.registry.champions import Target
from millstream.store.sql.registry.evidence import Evidence, JudgedWrites
from millstream.store.sql.transaction import Transaction


class SqlGates:
    """The gates of the registered models in a database."""

    def __init__(self, database: Database, judged: JudgedWrites) -> None:
        self._database = database
        self._judged = judged

    def set(self, request: g.SetGate) -> Pending[g.Gate]:
        """Give a model a gate, in the place of one of the same name."""
        rules.check_change(request)
        g.check_gate(request.gate)
        return self._database.write(_set, request)

    def delete(self, request: g.DeleteGate) -> Pending[None]:
        """Take a gate away; an absent one raises `NotFound`."""
        rules.check_change(request)
        return self._database.write(_delete, request)

    def list(self, request: g.ListGates) -> g.GateList:
        """The gates of a model, by name."""
        return self._database.read(_list, request)

    def check(self, request: g.CheckGates, asking: Asking | None = None) -> g.GateFindings:
        """What the gates say to a move that is not made; may read files."""
        if (request.stage is None) == (request.alias is None):
            raise InvalidParameter(
                "A check is for a stage or for an alias: give exactly one of 'stage' and 'alias', "
                f"not {request.stage!r} and {request.alias!r}."
            )
        return self._judged.read(_check, request, asking)


def _set(transaction: Transaction, request: g.SetGate) -> g.Gate:
    model = models.locked(transaction, request.name)
    known = policies.shared(transaction).names
    json_decoder(g.Gate)  # so that the conversion is safe
    gate = msgspec.convert(msgspec.structs.asdict(request.gate), g.Gate)
    gate.stages = [canonical_stage(stage, known) for stage in gate.stages]
    for stage in (NO_STAGE, ARCHIVED):
        if stage in gate.stages:
            raise InvalidParameter(
                f"The gate '{gate.gate}' cannot guard the stage '{stage}': gates stand before the "
                f"stages between '{NO_STAGE}' and '{ARCHIVED}'."
            )
    key = model.registered_model_key
    present = {each.gate: each for each in gatekeeping.of_model(transaction, key)}
    before = present.get(gate.gate)
    if before is None and len(present) >= g.MOST_GATES:
        raise InvalidParameter(f"The model '{model.name}' has {g.MOST_GATES} gates already.")
    if before == gate:
        return gate
    gatekeeping.put(transaction, key, gate)
    events.record(
        transaction,
        events.begin(request),
        model.about(),
        "GATE_SET",
        subject=gate.gate,
        from_value=None if before is None else _as_text(before),
        to_value=_as_text(gate),
    )
    return gate


def _delete(transaction: Transaction, request: g.DeleteGate) -> None:
    model = models.locked(transaction, request.name)
    key = model.registered_model_key
    present = {each.gate: each for each in gatekeeping.of_model(transaction, key)}
    if request.gate not in present:
        known = ", ".join(sorted(present)) or "none"
        raise NotFound(f"The model '{model.name}' has no gate '{request.gate}'; it has: {known}.")
    gatekeeping.remove(transaction, key, request.gate)
    events.record(
        transaction,
        events.begin(request),
        model.about(),
        "GATE_DELETED",
        subject=request.gate,
        from_value=_as_text(present[request.gate]),
    )


def _list(reader: Reader, request: g.ListGates) -> g.GateList:
    model = models.required(reader, request.name)
    return g.GateList(gatekeeping.of_model(reader, model.registered_model_key))


def _check(
    reader: Reader, request: g.CheckGates, asking: Asking | None, evidence: Evidence
) -> g.GateFindings:
    model = models.required(reader, request.name)
    own = [model.registered_model_key]
    if not visibility.readable_keys(reader, asking, "registered_model", own):
        raise models.no_registered_model(request.name)
    row = versions.required(reader, request.name, request.version)
    stage = request.stage
    if stage is not None:
        stage = canonical_stage(stage, policies.read(reader).names)

    may_read = visibility.experiment_reader(reader, asking)
    target = Target(stage, request.alias)
    found = gatekeeping.findings(reader, model, row, target, evidence, may_read)
    return g.GateFindings(all(finding.passed for finding in found), found)


def _as_text(gate: g.Gate) -> str:
    return msgspec.json.encode(gate).decode()
