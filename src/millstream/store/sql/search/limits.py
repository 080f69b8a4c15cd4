"""What a request for a page may ask for."""

from __future__ import annotations

from collections.abc import Iterable

from millstream.entities.experiments import LifecycleStage
from millstream.errors import InvalidParameter
from millstream.store.sql.confinement import Within, experiments_within
from millstream.store.sql.search.fragment import TRUE, Sql

MOST_RESULTS = 50_000
MOST_EXPERIMENTS = 10_000
MOST_DATASETS = 1_000
_STAGES = {
    "ACTIVE_ONLY": (LifecycleStage.ACTIVE,),
    "DELETED_ONLY": (LifecycleStage.DELETED,),
    "ALL": (LifecycleStage.ACTIVE, LifecycleStage.DELETED),
}


def check_page_size(max_results: int) -> None:
    """Raises `InvalidParameter` unless it is 1 to 50,000."""
    wrong = f"Invalid value {max_results} for parameter 'max_results' supplied."
    if max_results < 1:
        raise InvalidParameter(f"{wrong} It must be a positive integer")
    if max_results > MOST_RESULTS:
        raise InvalidParameter(f"{wrong} It must be at most {MOST_RESULTS}")


def experiment_keys(experiment_ids: Iterable[str]) -> list[int]:
    """The distinct experiments asked for, in order.

    Raises:
        InvalidParameter: if an id is no whole number, or there are too many.
    """
    keys = sorted({_experiment_key(experiment_id) for experiment_id in experiment_ids})
    if len(keys) > MOST_EXPERIMENTS:
        raise InvalidParameter(
            f"Invalid experiment_ids: there are {len(keys)}; the limit is {MOST_EXPERIMENTS}"
        )
    return keys


def searched_experiments(
    source: Within, experiment_ids: Iterable[str], readable_ids: Iterable[str] | None = None
) -> list[int]:
    """The same without those that are not in the workspace, or not among those to be read."""
    asked = experiment_keys(experiment_ids)
    kept = asked if readable_ids is None else experiment_keys(readable_ids)
    return experiments_within(source, kept)


def of_workspace(source: Within, column: str) -> Sql:
    """The condition that a row is of the workspace that is searched."""
    workspace = source.workspace
    return Sql(f"{column} = ?", (workspace.name,)) if workspace.confines else TRUE


def check_datasets(number: int) -> None:
    """Raises `InvalidParameter` if a search names more datasets than a statement bears."""
    if number > MOST_DATASETS:
        raise InvalidParameter(
            f"Invalid datasets: there are {number}; the limit is {MOST_DATASETS}"
        )


def stages_of(view: str) -> tuple[str, ...]:
    """The lifecycle stages that a view shows."""
    return _STAGES[view]


def _experiment_key(experiment_id: str) -> int:
    text = experiment_id.removeprefix("-")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidParameter(
            f"Invalid experiment ID {experiment_id!r}. Experiment ID must be a valid integer."
        )
    return int(experiment_id)
