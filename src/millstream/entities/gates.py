"""Gates: rules of a registered model that a version must meet before it moves."""

from __future__ import annotations

import math
from typing import Literal

from millstream.entities import registry_validation as rules
from millstream.entities import validation
from millstream.entities.entity import Entity
from millstream.entities.registry_events import RegistryChange
from millstream.errors import InvalidParameter

GateRule = Literal[
    "metric_threshold",
    "metric_against_champion",
    "signature_compatible",
    "size_limit",
    "digests_intact",
]
Comparison = Literal[">=", ">", "<=", "<"]
LONGEST_GATE = 64
MOST_GATES = 100


class Gate(Entity):
    """One rule, and before which moves it is checked: into `stages`, and of `aliases`.

    - `metric_threshold`: the `metric` compares with the `threshold` as `comparison` says.
    - `metric_against_champion`: the `metric` is better than the champion's by at least
      `least_improvement`, on every dataset digest that both were measured on.
    - `signature_compatible`: the signature fits wherever the champion's does.
    - `size_limit`: the files have at most `most_bytes` together.
    - `digests_intact`: all files are as recorded when the model was saved.

    The champion is the version that `champion_alias` points to; without it, the highest version in
    the stage, or the one the alias points to. Where there is none, there is nothing to beat.
    `dataset_name` and `dataset_digest` keep only the metric's values on that dataset.
    """

    gate: str
    rule: GateRule
    stages: list[str] = []
    aliases: list[str] = []
    metric: str | None = None
    comparison: Comparison | None = None
    threshold: float | None = None
    greater_is_better: bool = True
    least_improvement: float = 0.0
    champion_alias: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    most_bytes: int | None = None

    def guards(self, stage: str | None, alias: str | None) -> bool:
        """Whether it is checked for a move into a stage or of an alias.

        Stages are compared in any case, for an administrator may change it; an alias of a stage's
        name counts as the stage.
        """
        guarded = {name.lower() for name in self.stages}
        if stage is not None:
            return stage.lower() in guarded
        return (alias or "").lower() in guarded | {name.lower() for name in self.aliases}


class SetGate(RegistryChange):
    """Give a registered model a gate, in the place of one of the same name."""

    name: str
    gate: Gate


class DeleteGate(RegistryChange):
    """Take a gate away; an absent one raises `NotFound`."""

    name: str
    gate: str


class ListGates(Entity):
    """Names the registered model whose gates are asked for."""

    name: str


class GateList(Entity):
    """The gates of a registered model, by name."""

    gates: list[Gate] = []


class CheckGates(Entity):
    """Ask what the gates would say to a move to `stage`, or of `alias`: give one of both."""

    name: str
    version: str
    stage: str | None = None
    alias: str | None = None


class GateFinding(Entity):
    """What one gate says about a version: what it expects, and what it found instead."""

    gate: str
    rule: GateRule
    passed: bool
    expected: str
    got: str


class GateFindings(Entity):
    """What all gates of a move say; `passed` if none is against it."""

    passed: bool
    findings: list[GateFinding] = []


_NEEDS: dict[str, tuple[str, ...]] = {
    "metric_threshold": ("metric", "comparison", "threshold"),
    "metric_against_champion": ("metric",),
    "signature_compatible": (),
    "size_limit": ("most_bytes",),
    "digests_intact": (),
}
_OF_CHAMPION = ("metric_against_champion", "signature_compatible")
_OF_METRIC = ("metric_threshold", "metric_against_champion")


def check_gate(gate: Gate) -> None:
    """Check what a gate says of itself; the stages it names are checked against the policy."""
    if not gate.gate.strip():
        raise InvalidParameter("A gate needs a name: 'gate' is empty.")
    validation.check_length(gate.gate, "gate", LONGEST_GATE)
    if not gate.stages and not gate.aliases:
        raise InvalidParameter(
            f"The gate '{gate.gate}' guards nothing: name stages in 'stages' or aliases in "
            "'aliases'."
        )
    for alias in (*gate.aliases, *([gate.champion_alias] if gate.champion_alias else [])):
        rules.check_alias(alias)
    for field in _NEEDS[gate.rule]:
        if getattr(gate, field) is None:
            raise InvalidParameter(
                f"The gate '{gate.gate}' of the rule {gate.rule} needs '{field}'."
            )
    _check_fields(gate)


def _check_fields(gate: Gate) -> None:
    """Refuse what would be ignored, since whoever wrote it relies on it."""
    allowed = {"gate", "rule", "stages", "aliases", *_NEEDS[gate.rule]}
    if gate.rule in _OF_METRIC:
        allowed |= {"dataset_name", "dataset_digest"}
        validation.check_length(gate.metric, "metric", 250)
    if gate.rule in _OF_CHAMPION:
        allowed |= {"champion_alias"}
    if gate.rule == "metric_against_champion":
        allowed |= {"greater_is_better", "least_improvement"}
    default = Gate(gate.gate, gate.rule)
    for field in gate.__struct_fields__:
        if field not in allowed and getattr(gate, field) != getattr(default, field):
            raise InvalidParameter(
                f"The gate '{gate.gate}' of the rule {gate.rule} cannot have '{field}', which the "
                "rule does not know."
            )
    if gate.threshold is not None and not math.isfinite(gate.threshold):
        raise InvalidParameter(f"'threshold' must be a finite number, not {gate.threshold}.")
    if not (math.isfinite(gate.least_improvement) and gate.least_improvement >= 0):
        raise InvalidParameter(
            f"'least_improvement' must be a number of at least 0, not {gate.least_improvement}."
        )
    if gate.most_bytes is not None and gate.most_bytes < 0:
        raise InvalidParameter(f"'most_bytes' must be at least 0, not {gate.most_bytes}.")
