"""Experiments, as scripts and the client see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millstream.client.offline import (
    create_experiment_at,
    experiment_to_make,
    get_experiment_at,
    made_meanwhile,
    tag_experiment_at,
)
from millstream.client.paging import PagedList, collect
from millstream.client.session import SESSION, Connection
from millstream.client.spool import PATIENCE, attempt, is_kept
from millstream.entities.experiments import (
    CreateExperiment,
    Experiment,
    ExperimentId,
    ExperimentTag,
    GetExperimentByName,
    LifecycleStage,
    SearchExperiments,
    UpdateExperiment,
    ViewType,
)
from millstream.errors import AlreadyExists, InvalidParameter, NotFound

DEFAULT_ID = "0"
PAGE = 1_000


class ExperimentMethods(Connection):
    """What a client can do with experiments."""

    def create_experiment(
        self,
        name: str,
        artifact_location: str | None = None,
        tags: Mapping[str, Any] | None = None,
    ) -> str:
        """Create an experiment and give its id; a taken name raises `AlreadyExists`."""
        request = CreateExperiment(
            name=name,
            artifact_location=artifact_location,
            tags=[ExperimentTag(key, str(value)) for key, value in (tags or {}).items()],
        )
        return create_experiment_at(self._place, request)

    def get_experiment(self, experiment_id: str) -> Experiment:
        """Get an experiment by id, active or deleted."""
        store = self._store
        known = made_meanwhile(store, self._place, str(experiment_id))
        return store.experiments.get(ExperimentId(known))

    def get_experiment_by_name(self, name: str) -> Experiment | None:
        """Get an experiment by name, active or deleted; None if there is none."""
        try:
            return self._store.experiments.get_by_name(GetExperimentByName(name))
        except NotFound:
            return None

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        """Rename an active experiment."""
        self._store.experiments.update(UpdateExperiment(str(experiment_id), new_name)).result()

    def delete_experiment(self, experiment_id: str) -> None:
        """Mark an experiment and its runs deleted."""
        self._fresh.experiments.delete(ExperimentId(str(experiment_id))).result()

    def restore_experiment(self, experiment_id: str) -> None:
        """Undo `delete_experiment`."""
        self._store.experiments.restore(ExperimentId(str(experiment_id))).result()

    def set_experiment_tag(self, experiment_id: str, key: str, value: Any) -> None:
        """Set a tag, replacing its value."""
        tag_experiment_at(self._place, str(experiment_id), key, str(value))

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        """Remove a tag; an absent one raises `NotFound`."""
        tag_experiment_at(self._place, str(experiment_id), key, None)

    def search_experiments(
        self,
        view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int | None = PAGE,
        filter_string: str | None = None,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        """One page of the experiments that a filter lets through, by default newest first."""
        request = SearchExperiments(
            max_results=PAGE if max_results is None else max_results,
            filter=filter_string,
            order_by=order_by or [],
            view_type=ViewType.wire_name(view_type),
            page_token=page_token,
        )
        page = self._store.experiments.search(request)
        return PagedList(page.experiments, page.next_page_token)


_CLIENT = ExperimentMethods()

get_experiment = _CLIENT.get_experiment
get_experiment_by_name = _CLIENT.get_experiment_by_name
delete_experiment = _CLIENT.delete_experiment
restore_experiment = _CLIENT.restore_experiment
create_experiment = _CLIENT.create_experiment


def search_experiments(
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int | None = None,
    filter_string: str | None = None,
    order_by: list[str] | None = None,
) -> list[Experiment]:
    """All (or up to `max_results`) experiments that a filter lets through."""

    def page(size: int, token: str | None) -> PagedList[Experiment]:
        return _CLIENT.search_experiments(view_type, size, filter_string, order_by, token)

    return collect(page, max_results, PAGE)


def set_experiment(
    experiment_name: str | None = None, experiment_id: str | None = None
) -> Experiment:
    """Choose the experiment of the runs that follow, by name (created if missing) or by id."""
    if (experiment_name is None) == (experiment_id is None):
        raise InvalidParameter("Must specify exactly one of: `experiment_id` or `experiment_name`.")
    place = SESSION.place
    if experiment_name is not None:
        experiment = _get_or_create(place, experiment_name)
    else:
        experiment = get_experiment_at(place, str(experiment_id))
    if experiment.lifecycle_stage != LifecycleStage.ACTIVE:
        raise InvalidParameter(
            f"Cannot set a deleted experiment '{experiment.name}' as the active experiment. You "
            "can restore the experiment, or permanently delete the experiment to create a new one."
        )
    SESSION.set_experiment(place, experiment.experiment_id, experiment.name)
    return experiment


def set_experiment_tag(key: str, value: Any) -> None:
    """Set a tag of the active experiment."""
    _CLIENT.set_experiment_tag(active_experiment_id(SESSION.place), key, value)


def set_experiment_tags(tags: Mapping[str, Any]) -> None:
    """Set tags of the active experiment."""
    for key, value in tags.items():
        set_experiment_tag(key, value)


def delete_experiment_tag(key: str) -> None:
    """Remove a tag of the active experiment; an absent one raises `NotFound`."""
    _CLIENT.delete_experiment_tag(active_experiment_id(SESSION.place), key)


def active_experiment_id(place: str) -> str:
    """The experiment of the runs that follow: as chosen, as the environment says, or Default."""
    chosen = SESSION.experiment(place)
    if chosen is not None:
        return chosen
    found = SESSION.settings()
    name = SESSION.experiment_name or found.experiment_name
    if name:
        return set_experiment(name).experiment_id
    return found.experiment_id or DEFAULT_ID


def _get_or_create(place: str, name: str) -> Experiment:
    """The experiment of a name; while its store is away, one that is to be created there."""
    return attempt(
        place,
        lambda: _get_or_create_now(place, name),
        lambda _: experiment_to_make(place, CreateExperiment(name)),
    )


def _get_or_create_now(place: str, name: str) -> Experiment:
    experiments = SESSION.stores.prompt(place).experiments
    try:
        return experiments.get_by_name(GetExperimentByName(name))
    except NotFound:
        try:
            made = experiments.create(CreateExperiment(name))
            created = made.result(PATIENCE if is_kept() else None)
        except AlreadyExists:  # another process was faster
            return experiments.get_by_name(GetExperimentByName(name))
        return experiments.get(ExperimentId(created.experiment_id))
