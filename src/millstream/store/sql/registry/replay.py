"""The history told again: events in their order give the state that they led to."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from millstream.entities.registry_events import EventKind, RegistryEvent, VersionState
from millstream.entities.stages import NO_STAGE

KINDS: tuple[EventKind, ...] = (
    "MODEL_CREATED",
    "MODEL_RENAMED",
    "MODEL_DELETED",
    "VERSION_CREATED",
    "VERSION_DELETED",
    "STAGE_CHANGED",
    "ALIAS_SET",
    "ALIAS_DELETED",
)


class ModelState(msgspec.Struct):
    """What is known of one model: its name while it exists, its versions and its aliases."""

    name: str | None = None
    versions: dict[str, VersionState] = msgspec.field(default_factory=dict)
    aliases: dict[str, str] = msgspec.field(default_factory=dict)

    def apply(self, event: RegistryEvent) -> None:
        """Follow one event; those that say nothing about versions change nothing."""
        version, subject = event.version or "", event.subject or ""
        if event.kind in ("MODEL_CREATED", "MODEL_RENAMED"):
            self.name = event.to_value
        elif event.kind == "MODEL_DELETED":
            self.name = None
            self.versions.clear()
            self.aliases.clear()
        elif event.kind == "VERSION_CREATED":
            self.versions[version] = _placed(event, NO_STAGE)
        elif event.kind == "VERSION_DELETED":
            self.versions.pop(version, None)
        elif event.kind == "STAGE_CHANGED":
            self.versions[version] = _placed(event, event.to_value or NO_STAGE)
        elif event.kind == "ALIAS_SET":
            self.aliases[subject] = event.to_value or ""
        elif event.kind == "ALIAS_DELETED":
            self.aliases.pop(subject, None)

    def listed(self, stage: str | None = None) -> list[VersionState]:
        """The versions with their aliases, highest first; of one stage if it is given."""
        pointing: dict[str, list[str]] = {}
        for alias, version in sorted(self.aliases.items()):
            pointing.setdefault(version, []).append(alias)
        return [
            msgspec.structs.replace(state, aliases=pointing.get(version, []))
            for version, state in sorted(
                self.versions.items(), key=lambda item: int(item[0]), reverse=True
            )
            if stage is None or state.current_stage == stage
        ]


def replay(events: Iterable[RegistryEvent]) -> ModelState:
    """The state that the events of one model, oldest first, led to."""
    state = ModelState()
    for event in events:
        state.apply(event)
    return state


def _placed(event: RegistryEvent, stage: str) -> VersionState:
    return VersionState(
        version=event.version or "",
        current_stage=stage,
        since=event.timestamp,
        user_id=event.user_id,
        comment=event.comment,
    )
