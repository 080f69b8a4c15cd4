"""Stages: the environments that versions of registered models move through, and their policy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from millstream.entities import registry_validation as rules
from millstream.entities.entity import Entity
from millstream.entities.registry_events import RegistryChange
from millstream.errors import InvalidParameter

NO_STAGE = "None"
ARCHIVED = "Archived"
DEFAULT_STAGES = (NO_STAGE, "Staging", "Production", ARCHIVED)
MOST_STAGES = 50
LONGEST_STAGE = 64

_NAME = re.compile(r"[^\W_](?:[\w .\-]*[\w.\-])?")
_NUMBER = re.compile(r"[0-9]+")


def canonical_stage(stage: str, known: Sequence[str] = DEFAULT_STAGES) -> str:
    """The stage of that name, whatever its case; raises `InvalidParameter` if there is none."""
    for name in known:
        if name.lower() == stage.lower():
            return name
    raise InvalidParameter(
        f"Invalid Model Version stage: {stage}. Value must be one of {', '.join(known)}."
    )


class Stage(Entity):
    """One stage. A `protected` one is entered and left by approved requests only.

    Whoever asked may approve too if `self_approval` says so. `next_stages` are the stages that a
    version may go to from here; without it, any.
    """

    name: str
    protected: bool = False
    self_approval: bool = False
    next_stages: list[str] | None = None


class StagePolicy(Entity):
    """All stages, from None, where versions begin, to Archived, in the order people see them.

    `protected_aliases` are moved and removed by approved requests only, in whatever case they are
    written; so are aliases that have the name of a protected stage.
    """

    stages: list[Stage] = []
    protected_aliases: list[str] = []

    @property
    def names(self) -> list[str]:
        """The names of the stages, in their order."""
        return [stage.name for stage in self.stages]

    def stage(self, name: str) -> Stage:
        """The stage of that name, whatever its case; raises `InvalidParameter` if there is none."""
        name = canonical_stage(name, self.names)
        return next(stage for stage in self.stages if stage.name == name)

    def protection(self, name: str) -> Stage | None:
        """The stage of that name if it is protected; a stage that is no more protects nothing."""
        found = [stage for stage in self.stages if stage.name == name and stage.protected]
        return found[0] if found else None

    def allowed_from(self, name: str) -> list[str]:
        """The stages that a version may go to from one; from a stage that is no more, any."""
        for stage in self.stages:
            if stage.name == name and stage.next_stages is not None:
                return [other for other in stage.next_stages if other != name]
        return [other for other in self.names if other != name]

    def alias_protection(self, alias: str) -> Stage | None:
        """What protects an alias: the stage of its name, or one made up for a listed alias."""
        for stage in self.stages:
            if stage.protected and stage.name.lower() == alias.lower():
                return stage
        listed = {name.lower() for name in self.protected_aliases}
        return Stage(alias, protected=True) if alias.lower() in listed else None


def default_policy() -> StagePolicy:
    """MLflow's four stages, none protected, with any move between them."""
    return StagePolicy([Stage(name) for name in DEFAULT_STAGES])


class GetStagePolicy(Entity):
    """Ask for the stages of a store."""


class SetStagePolicy(RegistryChange):
    """Replace all stages and protected aliases; None and Archived are added where they lack.

    A stage that still holds versions cannot be left out.
    """

    stages: list[Stage]
    protected_aliases: list[str] = []


def checked_policy(request: SetStagePolicy) -> StagePolicy:
    """The policy that a request describes, complete; raises `InvalidParameter` for a wrong one."""
    stages = _complete(request.stages)
    names = [stage.name for stage in stages]
    _check_names(names)
    if stages[0].protected:
        raise InvalidParameter(
            f"The stage '{NO_STAGE}' cannot be protected: every new version begins there. Protect "
            "the stages that follow."
        )
    for alias in request.protected_aliases:
        rules.check_alias(alias)
    checked = [
        Stage(stage.name, stage.protected, stage.self_approval, _next_stages(stage, names))
        for stage in stages
    ]
    return StagePolicy(checked, sorted(set(request.protected_aliases)))


def _complete(stages: Iterable[Stage]) -> list[Stage]:
    """None first and Archived last, as given or as they are by default."""
    given = list(stages)
    ends = {name: Stage(name) for name in (NO_STAGE, ARCHIVED)}
    ends.update({stage.name: stage for stage in given if stage.name in ends})
    between = [stage for stage in given if stage.name not in ends]
    doubles = len(given) - len(between) - len({stage.name for stage in given} & set(ends))
    if doubles:
        raise InvalidParameter(f"The stages '{NO_STAGE}' and '{ARCHIVED}' may be given only once.")
    return [ends[NO_STAGE], *between, ends[ARCHIVED]]


def _check_names(names: Sequence[str]) -> None:
    if len(names) > MOST_STAGES:
        raise InvalidParameter(f"There may be {MOST_STAGES} stages, not {len(names)}.")
    seen: set[str] = set()
    for name in names:
        if len(name) > LONGEST_STAGE or not _NAME.fullmatch(name):
            raise InvalidParameter(
                f"Invalid name of a stage: '{name}'. It must have 1 to {LONGEST_STAGE} letters, "
                "digits, blanks, dots, dashes and underscores, and begin with a letter or digit."
            )
        if name.lower() == rules.LATEST or _NUMBER.fullmatch(name):
            raise InvalidParameter(
                f"Invalid name of a stage: '{name}'. In 'models:/<name>/{name}' it would mean a "
                "version."
            )
        if name.lower() in seen:
            raise InvalidParameter(f"The stage '{name}' is given twice (case does not matter).")
        seen.add(name.lower())


def _next_stages(stage: Stage, names: Sequence[str]) -> list[str] | None:
    if stage.next_stages is None:
        return None
    found = {canonical_stage(name, names) for name in stage.next_stages}
    return [name for name in names if name in found]
