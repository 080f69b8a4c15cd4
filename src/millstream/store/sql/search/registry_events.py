"""Finding events of the registry's history."""

from __future__ import annotations

from millstream.entities import validation
from millstream.entities.registry_events import SearchRegistryEvents
from millstream.entities.registry_validation import version_number
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import TRUE, Sql, joined, listed
from millstream.store.sql.search.limits import of_workspace
from millstream.store.sql.search.paging import Found, Phase, Term, find_page

_MOST = 1_000
_SELECT_KEYS = (
    "SELECT DISTINCT registered_model_key FROM registry_events WHERE name = ? AND workspace = ?"
)
_MOST_BRANCHES = 20
_EVENTS = Sql("registry_events AS e")


def find_events(reader: Reader, request: SearchRegistryEvents, readable: Sql = TRUE) -> Found:
    """The keys of one page of those events `e` that a condition says may be read."""
    validation.check_max_results(request.max_results, _MOST)
    conditions = [readable, of_workspace(reader, "e.workspace")]
    if request.version is not None:
        conditions.append(Sql("e.version = ?", (version_number(request.version),)))
    if request.kinds:
        conditions.append(joined(" IN ", [Sql("e.kind"), listed(request.kinds)]))
    if request.user_id is not None:
        conditions.append(Sql("e.user_id = ?", (request.user_id,)))
    if request.since is not None:
        conditions.append(Sql("e.timestamp >= ?", (request.since,)))
    if request.until is not None:
        conditions.append(Sql("e.timestamp <= ?", (request.until,)))
    terms = (Term(Sql("e.event_key"), "whole", request.oldest_first),)
    branches = [(_EVENTS, (*conditions, *within)) for within in _models(reader, request.name)]
    if not branches:
        return Found([])
    phase = Phase("e.event_key", (), terms, tuple(branches))
    query = (
        *("registry_events", request.name, request.version, request.kinds, request.user_id),
        *(request.since, request.until, request.oldest_first),
    )
    return find_page(reader, [phase], request.max_results, query, request.page_token)


def _models(reader: Reader, name: str | None) -> list[tuple[Sql, ...]]:
    """Conditions for the models that ever had the name: one each, as the index has their order.

    Many of them are taken together, and sorted.
    """
    if name is None:
        return [()]
    keys = sorted(key for (key,) in reader.execute(_SELECT_KEYS, (name, reader.workspace.name)))
    if len(keys) > _MOST_BRANCHES:
        return [(joined(" IN ", [Sql("e.registered_model_key"), listed(keys)]),)]
    return [(Sql("e.registered_model_key = ?", (key,)),) for key in keys]
