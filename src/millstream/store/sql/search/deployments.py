"""Finding deployments."""

from __future__ import annotations

from millstream.entities import validation
from millstream.entities.deployments import SearchDeployments
from millstream.entities.registry_validation import version_number
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.fragment import TRUE, Sql
from millstream.store.sql.search.limits import of_workspace
from millstream.store.sql.search.paging import Found, Phase, Term, find_page

_MOST = 1_000
_SOURCE = Sql("deployments AS d JOIN deployment_slots AS s ON s.slot_key = d.slot_key")
_OF_MODEL = (
    "d.registered_model_key = "
    "(SELECT registered_model_key FROM registered_models WHERE workspace = ? AND name = ?)"
)


def find_deployments(reader: Reader, request: SearchDeployments, readable: Sql = TRUE) -> Found:
    """The keys of one page of those deployments `d` that may be read, newest first.

    What is said of a registered model is meant of the one that has the name now.
    """
    validation.check_max_results(request.max_results, _MOST)
    conditions = [readable, of_workspace(reader, "s.workspace")]
    if request.model_name is not None:
        conditions.append(Sql(_OF_MODEL, (reader.workspace.name, request.model_name)))
    if request.model_version is not None:
        conditions.append(Sql("d.model_version = ?", (version_number(request.model_version),)))
    for column, value in (
        ("s.target", request.target),
        ("s.name", request.name),
        ("s.endpoint", request.endpoint),
        ("d.state", request.state),
    ):
        if value is not None:
            conditions.append(Sql(f"{column} = ?", (value,)))
    terms = (Term(Sql("d.deployment_key"), "whole", ascending=False),)
    phase = Phase("d.deployment_key", (), terms, ((_SOURCE, tuple(conditions)),))
    query = (
        *("deployments", request.model_name, request.model_version, request.target, request.name),
        *(request.endpoint, request.state),
    )
    return find_page(reader, [phase], request.max_results, query, request.page_token)
