"""The history of the model registry: what each change leaves behind, and what can be asked."""

from __future__ import annotations

from typing import Literal

import msgspec

from millstream.entities.entity import Entity

EventKind = Literal[
    "MODEL_CREATED",
    "MODEL_RENAMED",
    "MODEL_DESCRIBED",
    "MODEL_DELETED",
    "MODEL_TAG_SET",
    "MODEL_TAG_DELETED",
    "VERSION_CREATED",
    "VERSION_DESCRIBED",
    "VERSION_DELETED",
    "VERSION_TAG_SET",
    "VERSION_TAG_DELETED",
    "STAGE_CHANGED",
    "ALIAS_SET",
    "ALIAS_DELETED",
    "TRANSITION_REQUESTED",
    "TRANSITION_APPROVED",
    "TRANSITION_REJECTED",
    "TRANSITION_CANCELLED",
    "GATE_SET",
    "GATE_DELETED",
    "STAGES_CHANGED",
]


class RegistryChange(Entity, kw_only=True):
    """What every request that changes the registry may carry: who asks, and why.

    A server that knows who calls puts that name in the place of `user_id`.
    """

    user_id: str | None = None
    comment: str | None = None


class RegistryEvent(Entity):
    """One change, which is never changed itself. `timestamp` is in ms since 1970-01-01 UTC.

    Events that belong to one change share `change_id`. `name` is the model's name at that time, and
    `version` is absent when the event is about the model as a whole. `subject` is what was changed
    where a model or version has several of it: the key of a tag, an alias, a gate, a stage.
    `from_value` is what stood there before and `to_value` what stands there since: a stage, a
    version's number for an alias, a text for tags, names and descriptions, and for a new version a
    JSON object of its source, run and model.
    """

    event_id: int
    change_id: str
    timestamp: int
    kind: EventKind
    name: str
    version: str | None = None
    subject: str | None = None
    from_value: str | None = None
    to_value: str | None = None
    user_id: str | None = None
    comment: str | None = None


class SearchRegistryEvents(Entity):
    """The events of a model, under all names it had, or of all models; newest first by default.

    `since` and `until` are in ms since 1970-01-01 UTC, both included. `max_results` is 1 to 1,000.
    """

    name: str | None = None
    version: str | None = None
    kinds: list[EventKind] = []
    user_id: str | None = None
    since: int | None = None
    until: int | None = None
    oldest_first: bool = False
    max_results: int = 100
    page_token: str | None = None


class RegistryEventPage(Entity):
    """One page of events; the token is absent on the last page."""

    events: list[RegistryEvent] = []
    next_page_token: str | None = None


class GetRegistryState(Entity):
    """Ask what a model's versions, stages and aliases were at a moment.

    `timestamp` is in ms since 1970-01-01 UTC; without it, now. `stage` keeps only the versions
    that were in that stage.
    """

    name: str
    timestamp: int | None = None
    stage: str | None = None


class VersionState(Entity):
    """Stage and aliases of a version at a moment; it came into the stage `since`, in ms."""

    version: str
    current_stage: str
    since: int
    aliases: list[str] = []
    user_id: str | None = None
    comment: str | None = None


class RegistryState(Entity):
    """The versions that a model had at a moment, highest first."""

    name: str
    timestamp: int
    versions: list[VersionState] = msgspec.field(default_factory=list)


class RollBack(RegistryChange):
    """Undo the last change of who is in a stage, or of where an alias points: give one of both."""

    name: str
    stage: str | None = None
    alias: str | None = None


class RolledBack(Entity):
    """The events that a roll-back added."""

    events: list[RegistryEvent] = []
