"""Finding transition requests."""

from __future__ import annotations

from millstream.entities import validation
from millstream.entities.registry_validation import version_number
from millstream.entities.transition_requests import SearchTransitionRequests
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import TRUE, Sql
from millstream.store.sql.search.limits import of_workspace
from millstream.store.sql.search.paging import Found, Phase, Term, find_page

_MOST = 1_000


def find_requests(reader: Reader, request: SearchTransitionRequests, readable: Sql = TRUE) -> Found:
    """The keys of one page of those requests `q` that may be read, newest first."""
    validation.check_max_results(request.max_results, _MOST)
    conditions = [readable, of_workspace(reader, "q.workspace")]
    if request.name is not None:
        conditions.append(
            Sql("q.name = ? AND q.workspace = ?", (request.name, reader.workspace.name))
        )
    if request.version is not None:
        conditions.append(Sql("q.version = ?", (version_number(request.version),)))
    if request.status is not None:
        conditions.append(Sql("q.status = ?", (request.status,)))
    terms = (Term(Sql("q.request_key"), "whole", ascending=False),)
    source = Sql("transition_requests AS q")
    phase = Phase("q.request_key", (), terms, ((source, tuple(conditions)),))
    query = ("transition_requests", request.name, request.version, request.status)
    return find_page(reader, [phase], request.max_results, query, request.page_token)
