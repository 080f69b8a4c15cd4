"""Search for runs, over as many pages and experiments as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from millstream.client import frames
from millstream.client.away import warn
from millstream.client.experiments import (
    active_experiment_id,
    get_experiment_by_name,
    search_experiments,
)
from millstream.client.paging import PagedList, collect
from millstream.client.runs import RunMethods
from millstream.client.session import SESSION
from millstream.entities.experiments import ViewType
from millstream.entities.runs import Run
from millstream.errors import InvalidParameter

PAGE = 1_000
MOST = 100_000


def search_runs(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = MOST,
    order_by: Sequence[str] | None = None,
    output_format: Literal["pandas", "list"] = "pandas",
    search_all_experiments: bool = False,
    experiment_names: Sequence[str] | None = None,
) -> Any:
    """Up to `max_results` runs that a filter lets through, as a DataFrame or a list of runs.

    They are searched in the experiments that are named by id or by name, or in all, or else in
    the active one.
    """
    frames.check_format(output_format)
    ids = _experiments(experiment_ids, experiment_names, search_all_experiments)
    client = RunMethods()

    def page(size: int, token: str | None) -> PagedList[Run]:
        return client.search_runs(ids, filter_string, run_view_type, size, order_by, token)

    runs = collect(page, max_results, PAGE) if ids else []
    return runs if output_format == "list" else frames.of_runs(runs)


def _experiments(
    ids: Sequence[str] | None, names: Sequence[str] | None, everywhere: bool
) -> list[str]:
    if ids and names:
        raise InvalidParameter("Only experiment_ids or experiment_names can be used, but not both")
    if ids:
        return [ids] if isinstance(ids, str) else [str(experiment_id) for experiment_id in ids]
    if names:
        found = {name: get_experiment_by_name(name) for name in names}
        for name, experiment in found.items():
            if experiment is None:
                warn(f"there is no experiment named '{name}' to search runs in")
        return [experiment.experiment_id for experiment in found.values() if experiment]
    if everywhere:
        return [experiment.experiment_id for experiment in search_experiments()]
    return [active_experiment_id(SESSION.place)]
