"""Things that a deployment is made of, and the changes that lead from one state to another."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec
import yaml

Action = Literal["create", "update", "delete", "keep"]
_SIGNS: Mapping[Action, str] = {"create": "+", "update": "~", "delete": "-", "keep": " "}


class Resource(msgspec.Struct, frozen=True):
    """One thing that a target keeps: its kind, its name there, and what is said of it.

    `body` is of what JSON has, and holds no secret: it is shown.
    """

    kind: str
    name: str
    body: dict[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        """By what it is known to be the same thing."""
        return self.kind, self.name


class Change(msgspec.Struct, frozen=True):
    """What becomes of one thing, as it shall be, or as it was if it goes.

    `before` is what is there.
    """

    action: Action
    resource: Resource
    before: Resource | None = None

    @property
    def is_deletion(self) -> bool:
        """Whether the thing goes."""
        return self.action == "delete"

    @property
    def after(self) -> Resource | None:
        """What shall be there."""
        return None if self.is_deletion else self.resource

    def lines(self) -> list[str]:
        """The change as a difference of YAML, below a line that names it."""
        sign = _SIGNS[self.action]
        head = f"{sign} {self.resource.kind} {self.resource.name}"
        if self.action == "keep":
            return [f"{head} (unchanged)"]
        shown = difflib.unified_diff(_text(self._seen()), _text(self.after), lineterm="", n=2)
        return [head, *(f"    {line}" for line in list(shown)[2:])]

    def _seen(self) -> Resource | None:
        """What is there, without what is only the target's own business."""
        if self.before is None or self.after is None:
            return self.before
        return msgspec.structs.replace(self.before, body=part(self.before.body, self.after.body))


class Plan(msgspec.Struct, frozen=True):
    """The changes that a deployment takes, in the order in which they are made."""

    changes: tuple[Change, ...]

    @property
    def is_empty(self) -> bool:
        """Whether everything is as it shall be."""
        return all(change.action == "keep" for change in self.changes)

    def without(self, leaves: Callable[[Change], bool]) -> Plan:
        """The plan without some changes."""
        return Plan(tuple(one for one in self.changes if not leaves(one)))

    def text(self) -> str:
        """All changes, and how many there are of each kind."""
        lines = [line for change in self.changes for line in change.lines()]
        counts = [sum(one.action == action for one in self.changes) for action in _SIGNS]
        created, updated, deleted, kept = counts
        summary = f"{created} to create, {updated} to update, {deleted} to delete, {kept} unchanged"
        return "\n".join([*lines, summary])


def changes(present: Sequence[Resource], wanted: Sequence[Resource]) -> Plan:
    """From what is there to what shall be: made in the order given, then what is left over goes."""
    there = {one.key: one for one in present}
    found = [_change(there.get(one.key), one) for one in wanted]
    keys = {one.key for one in wanted}
    gone = [Change("delete", one, one) for one in reversed(present) if one.key not in keys]
    return Plan((*found, *gone))


def part(found: Any, wanted: Any) -> Any:
    """Of what a target says of a thing, that which somebody else said: it adds defaults itself."""
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        return {key: part(found[key], wanted[key]) for key in wanted if key in found}
    if isinstance(found, list) and isinstance(wanted, list):
        pairs = [part(one, other) for one, other in zip(found, wanted, strict=False)]
        return pairs + found[len(wanted) :]
    return found


def _change(before: Resource | None, after: Resource) -> Change:
    if before is None:
        return Change("create", after)
    same = part(before.body, after.body) == after.body
    return Change("keep" if same else "update", after, before)


def _text(resource: Resource | None) -> list[str]:
    if resource is None:
        return []
    return yaml.safe_dump(resource.body, sort_keys=False, width=100).splitlines()
