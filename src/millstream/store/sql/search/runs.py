"""Searching runs: the order decides where to begin, and pages follow it."""

from __future__ import annotations

from collections.abc import Sequence

from millstream.entities.runs import SearchRuns
from millstream.query.ordering import OrderKey, parse_order
from millstream.query.parser import parse
from millstream.query.tree import Field
from millstream.query.vocabulary import RUNS
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.reader import Reader
from millstream.store.sql.search.candidates import candidates, few_runs
from millstream.store.sql.search.compile import condition
from millstream.store.sql.search.limits import (
    check_page_size,
    experiment_keys,
    searched_experiments,
    stages_of,
)
from millstream.store.sql.search.paging import Found, Phase, find_page
from millstream.store.sql.search.phases import Phases
from millstream.store.sql.search.run_fields import RunFields

_DEFAULT = OrderKey(Field("attribute", "start_time", "time"), ascending=False)


def find_runs(
    reader: Reader,
    request: SearchRuns,
    root: ArtifactRoot | None = None,
    readable_ids: Sequence[str] | None = None,
) -> Found:
    """The keys of one page of runs; `root` is what relative artifact locations are below.

    `readable_ids` are those of the experiments that may be read, if that is not all of them. A page
    token holds also when they are others by then.
    """
    check_page_size(request.max_results)
    tree = parse(request.filter, RUNS)
    keys = parse_order(request.order_by, RUNS)
    experiments = searched_experiments(reader, request.experiment_ids, readable_ids)
    if not experiments:
        return Found([])
    if all(key.field != _DEFAULT.field for key in keys):
        keys = (*keys, _DEFAULT)
    stages = stages_of(request.run_view_type)
    fields = RunFields(reader, root)
    found = candidates(tree, fields, experiments)
    if found is not None:
        rest = condition(found.rest, fields.leaf)
        phases = Phases(fields, experiments, stages, rest).sorted(keys, found.select)
    else:
        phases = _ordered(Phases(fields, experiments, stages, condition(tree, fields.leaf)), keys)
    asked = experiment_keys(request.experiment_ids)
    query = (request.filter, request.order_by, asked, request.run_view_type)
    return find_page(reader, phases, request.max_results, query, request.page_token)


def _ordered(phases: Phases, keys: Sequence[OrderKey]) -> list[Phase]:
    """In the order of indexes; but the runs of many small experiments are simply sorted."""
    if not phases.merges:
        few = few_runs(phases.fields.reader, phases.experiments, phases.stages)
        if few is not None:
            return phases.sorted(keys, few)
    return phases.ordered(keys)
