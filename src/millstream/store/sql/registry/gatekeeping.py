"""What the gates of a model say to a move: each rule held against the facts, all at once."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from millstream.entities.decoding import json_decoder
from millstream.entities.gates import Gate, GateFinding
from millstream.errors import InvalidParameter, MillstreamError
from millstream.store.sql.dialect import per_dialect
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.registry import champions, places
from millstream.store.sql.registry.champions import Target
from millstream.store.sql.registry.evidence import Answer, Evidence, Question, Unanswered
from millstream.store.sql.registry.measures import MayRead, Measure, everything, measures
from millstream.store.sql.registry.models import ModelRow
from millstream.store.sql.registry.versions import VersionRow
from millstream.store.sql.transaction import Transaction

_SELECT = "SELECT rule FROM gates WHERE registered_model_key = ? ORDER BY gate"
_DELETE = "DELETE FROM gates WHERE registered_model_key = ? AND gate = ?"
_UPSERT = per_dialect(
    lambda dialect: dialect.insert_or_replace(
        "gates", "registered_model_key gate rule", key="registered_model_key gate", replaced="rule"
    )
)
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}
_COMPARATIVE = ("metric_against_champion", "signature_compatible")
_SHOWN = 5


_HIDDEN = "a value that you may not read"


class Case(NamedTuple):
    """A version before a move, with the champion it would join or replace."""

    source: Source
    row: VersionRow
    champion: VersionRow | None
    evidence: Evidence
    may_read: MayRead


def of_model(source: Source, registered_model_key: int) -> list[Gate]:
    """The gates of a model, by name."""
    rows = source.execute(_SELECT, (registered_model_key,))
    return [json_decoder(Gate).decode(text) for (text,) in rows]


def put(transaction: Transaction, registered_model_key: int, gate: Gate) -> None:
    """Keep a gate, in the place of one of the same name."""
    text = msgspec.json.encode(gate).decode()
    transaction.run(_UPSERT[transaction.dialect.name], (registered_model_key, gate.gate, text))


def remove(transaction: Transaction, registered_model_key: int, gate: str) -> None:
    """Forget a gate."""
    transaction.run(_DELETE, (registered_model_key, gate))


def judge(
    source: Source,
    model: ModelRow,
    row: VersionRow,
    target: Target,
    evidence: Evidence,
    may_read: MayRead = everything,
    *,
    returning: bool = False,
) -> None:
    """Refuse a move that a gate is against, with all findings; before anything is written.

    A version `returning` by a roll-back is not compared with the champion that it replaces.
    """
    found = findings(source, model, row, target, evidence, may_read, returning=returning)
    failed = [finding for finding in found if not finding.passed]
    if failed:
        reasons = "; ".join(
            f"gate '{each.gate}' ({each.rule}) expected {each.expected}, got {each.got}"
            for each in failed
        )
        raise InvalidParameter(
            f"Version {row.version} of '{model.name}' may not {target.shown}: {reasons}.",
            findings=msgspec.to_builtins(failed),
        )


def findings(
    source: Source,
    model: ModelRow,
    row: VersionRow,
    target: Target,
    evidence: Evidence,
    may_read: MayRead = everything,
    *,
    returning: bool = False,
) -> list[GateFinding]:
    """What each gate of the move says; raises `Unanswered` if they need more evidence."""
    found: list[GateFinding] = []
    questions: list[Question] = []
    for gate in of_model(source, model.registered_model_key):
        if not gate.guards(target.stage, target.alias):
            continue
        if returning and gate.rule in _COMPARATIVE:
            continue
        champion = champions.champion(source, model, row, target, gate.champion_alias)
        try:
            case = Case(source, row, champion, evidence, may_read)
            found.append(_RULES[gate.rule](gate, case))
        except Unanswered as unanswered:
            questions += unanswered.questions
    if questions:
        raise Unanswered(questions)
    return found


def _threshold(gate: Gate, case: Case) -> GateFinding:
    compare, threshold = _COMPARE[gate.comparison or ">="], gate.threshold or 0.0
    found = measures(case.source, case.row, gate)
    passed = bool(found) and all(compare(measure.value, threshold) for measure in found)
    expected = f"{gate.metric} {gate.comparison} {threshold}{_on(gate)}"
    return GateFinding(gate.gate, gate.rule, passed, expected, _values(case, found))


def _against_champion(gate: Gate, case: Case) -> GateFinding:
    sense = "above" if gate.greater_is_better else "below"
    least = gate.least_improvement
    if case.champion is None:
        return GateFinding(gate.gate, gate.rule, True, _nobody(gate), "no champion")
    theirs = measures(case.source, case.champion, gate)
    ours = measures(case.source, case.row, gate)
    common = {m.dataset_digest for m in theirs} & {m.dataset_digest for m in ours} - {""}
    name = f"{gate.metric} of version {case.champion.version}"
    if not common:
        expected = f"{gate.metric} on a dataset digest that version {case.champion.version} has too"
        got = f"{_values(case, ours)} here, {_values(case, theirs)} there"
        return GateFinding(gate.gate, gate.rule, False, expected, got)
    theirs, ours = _on_digests(theirs, common), _on_digests(ours, common)
    passed = all(
        _improves(mine.value, other.value, gate)
        for mine, other in itertools.product(ours, theirs)
        if mine.dataset_digest == other.dataset_digest
    )
    margin = f"at least {least} {sense}" if least else "no worse than"
    there = _listed([_compared(case, measure) for measure in theirs])
    here = _listed([_compared(case, measure) for measure in ours])
    return GateFinding(gate.gate, gate.rule, passed, f"{margin} {name}: {there}", here)


def _on_digests(found: Iterable[Measure], digests: set[str]) -> list[Measure]:
    """The values on these digests, by digest: data that goes by two names has one under each."""
    chosen = [measure for measure in found if measure.dataset_digest in digests]
    return sorted(chosen, key=lambda measure: measure.dataset_digest)


def _improves(value: float, other: float, gate: Gate) -> bool:
    """Whether a value is better by enough; a margin such as 0.3 - 0.2 counts as 0.1."""
    least = gate.least_improvement
    gain = 0.0 if value == other else value - other if gate.greater_is_better else other - value
    return gain >= least or (least > 0 and math.isclose(gain, least, rel_tol=1e-9))


def _signature(gate: Gate, case: Case) -> GateFinding:
    if case.champion is None:
        return GateFinding(gate.gate, gate.rule, True, _nobody(gate), "no champion")
    files = (_files(case, case.champion), _files(case, case.row))
    answer = _answer(case, Question("mismatches", files))
    expected = f"a signature compatible with that of version {case.champion.version}"
    return _told(gate, answer, expected, "a compatible one")


def _size(gate: Gate, case: Case) -> GateFinding:
    answer = _answer(case, Question("size", (_files(case, case.row),)))
    expected = f"at most {gate.most_bytes} bytes"
    if isinstance(answer, int):
        passed = answer <= (gate.most_bytes or 0)
        return GateFinding(gate.gate, gate.rule, passed, expected, f"{answer} bytes")
    return _told(gate, answer, expected, "")


def _digests(gate: Gate, case: Case) -> GateFinding:
    answer = _answer(case, Question("damage", (_files(case, case.row),)))
    return _told(gate, answer, "all files as recorded in MLmodel", "all as recorded")


_RULES: dict[str, Callable[[Gate, Case], GateFinding]] = {
    "metric_threshold": _threshold,
    "metric_against_champion": _against_champion,
    "signature_compatible": _signature,
    "size_limit": _size,
    "digests_intact": _digests,
}


def _told(gate: Gate, answer: Answer, expected: str, good: str) -> GateFinding:
    if isinstance(answer, MillstreamError):
        return GateFinding(gate.gate, gate.rule, False, expected, answer.message)
    faults = answer if isinstance(answer, list) else []
    return GateFinding(gate.gate, gate.rule, not faults, expected, _listed(faults) or good)


def _answer(case: Case, question: Question) -> Answer:
    answer = case.evidence.get(question)
    if answer is None:
        raise Unanswered([question])
    return answer


def _files(case: Case, row: VersionRow) -> str:
    return places.files(case.source, row)


def _values(case: Case, found: Iterable[Measure]) -> str:
    return _listed([_value(case, measure) for measure in found]) or "no value"


def _value(case: Case, measure: Measure) -> str:
    if not case.may_read(measure.experiment_key):
        return _HIDDEN
    if not measure.dataset_digest:
        return f"{measure.value}"
    return f"{measure.value} on {measure.dataset_name} ({measure.dataset_digest})"


def _compared(case: Case, measure: Measure) -> str:
    if not case.may_read(measure.experiment_key):
        return _HIDDEN
    return f"{measure.value} on {measure.dataset_digest}"


def _listed(shown: list[str]) -> str:
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return "; ".join(shown[:_SHOWN]) + more


def _on(gate: Gate) -> str:
    if gate.dataset_name is None and gate.dataset_digest is None:
        return ""
    parts = [part for part in (gate.dataset_name, gate.dataset_digest) if part is not None]
    return f" on {' '.join(parts)}"


def _nobody(gate: Gate) -> str:
    """What is expected where there is no champion to compare with."""
    whom = f" under the alias '{gate.champion_alias}'" if gate.champion_alias else ""
    if gate.metric is not None:
        return f"{gate.metric} as good as that of the champion{whom}"
    return f"a signature compatible with that of the champion{whom}"
