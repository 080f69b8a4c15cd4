"""The history of the registry in SQL: read page by page, told again, and turned back."""

from __future__ import annotations

from typing import NamedTuple

from millstream.entities import registry_events as ev
from millstream.entities import registry_validation as rules
from millstream.entities.asking import Asking
from millstream.entities.stages import StagePolicy, canonical_stage
from millstream.errors import InvalidParameter, InvalidState, NotFound
from millstream.store.pending import Pending
from millstream.store.sql.access import visibility
from millstream.store.sql.database import Database
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.lifecycle import Source, now
from millstream.store.sql.reader import Reader
from millstream.store.sql.registry import events, models, moves, policies, protection, versions
from millstream.store.sql.registry.evidence import Evidence, JudgedWrites
from millstream.store.sql.registry.models import ModelRow, no_registered_model
from millstream.store.sql.registry.protection import Warrant
from millstream.store.sql.registry.replay import KINDS, ModelState, replay
from millstream.store.sql.search import find_events
from millstream.store.sql.transaction import Transaction

_SELECT = f"SELECT {events.COLUMNS} FROM registry_events WHERE event_key IN ({{}})"
_SELECT_UNTIL = (
    f"SELECT {events.COLUMNS} FROM registry_events "
    f"WHERE registered_model_key = ? AND timestamp <= ? AND kind IN ({placeholders(len(KINDS))}) "
    "ORDER BY event_key"
)
_SELECT_KEYS = (
    "SELECT DISTINCT registered_model_key FROM registry_events WHERE name = ? AND workspace = ?"
)
_SELECT_LAST = (
    "SELECT change_id FROM registry_events WHERE registered_model_key = ? AND {} "
    "ORDER BY event_key DESC LIMIT 1"
)
_IN_STAGE = "kind = 'STAGE_CHANGED' AND (from_value = ? OR to_value = ?)"
_OF_ALIAS = "kind IN ('ALIAS_SET', 'ALIAS_DELETED') AND subject = ?"
_SELECT_CHANGE = (
    f"SELECT {events.COLUMNS} FROM registry_events "
    "WHERE registered_model_key = ? AND change_id = ? ORDER BY event_key DESC"
)


class SqlRegistryEvents:
    """The history of the registry in a database."""

    def __init__(self, database: Database, judged: JudgedWrites) -> None:
        self._database = database
        self._judged = judged

    def search(
        self, request: ev.SearchRegistryEvents, asking: Asking | None = None
    ) -> ev.RegistryEventPage:
        """The events of a model, under all names it had, or of all models."""
        return self._database.read(_search, request, asking)

    def get_state(
        self, request: ev.GetRegistryState, asking: Asking | None = None
    ) -> ev.RegistryState:
        """Versions, stages and aliases as they were at a moment; told by the history alone."""
        return self._database.read(_state, request, asking)

    def roll_back(
        self, request: ev.RollBack, asking: Asking | None = None
    ) -> Pending[ev.RolledBack]:
        """Undo the last change of a stage's versions or of an alias; nothing to undo raises."""
        rules.check_change(request)
        if (request.stage is None) == (request.alias is None):
            raise InvalidParameter(
                "A roll-back is of a stage or of an alias: give exactly one of 'stage' and "
                f"'alias', not {request.stage!r} and {request.alias!r}."
            )
        return self._judged.write(_roll_back, request, asking)


def _search(
    reader: Reader, request: ev.SearchRegistryEvents, asking: Asking | None
) -> ev.RegistryEventPage:
    column = "e.registered_model_key"
    readable = visibility.readable(reader, asking, "registered_model", column)
    found = find_events(reader, request, readable)
    if not found.keys:
        return ev.RegistryEventPage()
    rows = reader.execute(_SELECT.format(placeholders(len(found.keys))), tuple(found.keys))
    by_key = {row[0]: events.event_of(row) for row in rows}
    return ev.RegistryEventPage([by_key[key] for key in found.keys], found.next_page_token)


def _state(reader: Reader, request: ev.GetRegistryState, asking: Asking | None) -> ev.RegistryState:
    timestamp = now() if request.timestamp is None else request.timestamp
    state = _state_at(reader, request.name, timestamp, asking)
    stage = request.stage and _stage_then(reader, request.stage, state)
    return ev.RegistryState(request.name, timestamp, state.listed(stage))


def _stage_then(reader: Reader, stage: str, state: ModelState) -> str:
    """A stage of today, or one of that time that is no more."""
    then = (version.current_stage for version in state.versions.values())
    return canonical_stage(stage, list(dict.fromkeys([*policies.read(reader).names, *then])))


def _state_at(reader: Reader, name: str, timestamp: int, asking: Asking | None) -> ModelState:
    """The model that had the name then; else the one that has it now, under its name of then."""
    present = models.find(reader, name)
    states: dict[int, ModelState] = {}
    had = reader.execute(_SELECT_KEYS, (name, reader.workspace.name))
    known = {row[0] for row in had}
    if present is not None:
        known.add(present.registered_model_key)
    keys = visibility.readable_keys(reader, asking, "registered_model", sorted(known))
    if not keys:
        raise no_registered_model(name)
    for key in keys:
        rows = reader.execute(_SELECT_UNTIL, (key, timestamp, *KINDS))
        states[key] = replay(events.event_of(row) for row in rows)
    named = [state for state in states.values() if state.name == name]
    if named:
        return named[-1]
    if present is not None and present.registered_model_key in states:
        return states[present.registered_model_key]
    return ModelState()


class _Target(NamedTuple):
    """What a roll-back is about: the events to look for, and its name for a person."""

    condition: str
    params: tuple[str, ...]
    shown: str


def _roll_back(
    transaction: Transaction, request: ev.RollBack, asking: Asking | None, evidence: Evidence
) -> ev.RolledBack:
    model = models.locked(transaction, request.name)
    may_read = visibility.experiment_reader(transaction, asking)
    warrant = protection.warrant(transaction, evidence, may_read, returning=True)
    target = _target(request, warrant.policy)
    undone = _last_change(transaction, model, target)
    change = events.begin(request, f"roll-back of {target.shown}")
    added: list[ev.RegistryEvent] = []
    for event in undone:
        if event.kind == "STAGE_CHANGED" and request.stage is not None:
            added += _move_back(transaction, change, model, event, warrant)
        elif event.subject == request.alias and event.kind in ("ALIAS_SET", "ALIAS_DELETED"):
            added += _point_back(transaction, change, model, event, warrant)
    models.touch(transaction, model.registered_model_key, change.timestamp)
    return ev.RolledBack(added)


def _target(request: ev.RollBack, policy: StagePolicy) -> _Target:
    if request.stage is not None:
        stage = canonical_stage(request.stage, policy.names)
        return _Target(_IN_STAGE, (stage, stage), f"stage '{stage}'")
    return _Target(_OF_ALIAS, (request.alias or "",), f"alias '{request.alias}'")


def _last_change(source: Source, model: ModelRow, target: _Target) -> list[ev.RegistryEvent]:
    """All events of the change that touched the target last, the last one first."""
    key = model.registered_model_key
    rows = source.execute(_SELECT_LAST.format(target.condition), (key, *target.params))
    if not rows:
        raise NotFound(
            f"There is nothing to roll back: {target.shown} of the model '{model.name}' never "
            "changed."
        )
    found = source.execute(_SELECT_CHANGE, (key, rows[0][0]))
    return [events.event_of(row) for row in found]


def _move_back(
    transaction: Transaction,
    change: events.Change,
    model: ModelRow,
    event: ev.RegistryEvent,
    warrant: Warrant,
) -> list[ev.RegistryEvent]:
    way = f"go back from {event.to_value} to {event.from_value}"
    row = _still_there(transaction, model, event.version or "", way)
    if row.current_stage != event.to_value:
        raise InvalidState(
            f"Version {event.version} of '{model.name}' cannot go back from {event.to_value} to "
            f"{event.from_value}: it is in {row.current_stage} now. Move it there yourself."
        )
    return moves.move(transaction, change, model, row, event.from_value or "", warrant)


def _point_back(
    transaction: Transaction,
    change: events.Change,
    model: ModelRow,
    event: ev.RegistryEvent,
    warrant: Warrant,
) -> list[ev.RegistryEvent]:
    version = None
    if event.from_value is not None:
        way = f"get the alias '{event.subject}' back"
        version = _still_there(transaction, model, event.from_value, way).version
    return moves.point(transaction, change, model, event.subject or "", version, warrant)


def _still_there(source: Source, model: ModelRow, version: str, way: str) -> versions.VersionRow:
    """A version that a roll-back moves; raises `NotFound` if it was deleted since."""
    try:
        return versions.required(source, model.name, version)
    except NotFound as error:
        raise NotFound(
            f"Version {version} of '{model.name}' cannot {way}: it was deleted. What moved "
            "together goes back together, so nothing moved; move the other versions yourself."
        ) from error
