"""Runs, params and tags, as scripts and the client see them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from millstream.client.active import PARENT, RUN_NAME, current
from millstream.client.checks import checked, text_key
from millstream.client.context import user_name
from millstream.client.offline import begin_run, made_meanwhile
from millstream.client.operations import RunOperations
from millstream.client.paging import PagedList
from millstream.client.ranks import name_tags, told
from millstream.client.session import SESSION, Connection
from millstream.client.spool import Write, must_queue, write
from millstream.entities.experiments import ViewType
from millstream.entities.metrics import Metric
from millstream.entities.runs import (
    CreateRun,
    DatasetInput,
    DeleteTag,
    LogBatch,
    LoggedModelInput,
    LoggedModelOutput,
    LogInputs,
    LogOutputs,
    LogParam,
    Param,
    Run,
    RunId,
    RunStatus,
    RunTag,
    SearchRuns,
    SetTag,
    UpdateRun,
)

MOST_METRICS = 1_000
MOST_PARAMS = 100
MOST_TAGS = 100
PAGE = 1_000


class RunMethods(Connection):
    """What a client can do with runs."""

    def create_run(
        self,
        experiment_id: str,
        start_time: int | None = None,
        tags: Mapping[str, Any] | None = None,
        run_name: str | None = None,
    ) -> Run:
        """Create a run with status RUNNING; it does not become the active run."""
        all_tags = {str(key): str(value) for key, value in (tags or {}).items()}
        request = CreateRun(
            experiment_id=str(experiment_id),
            user_id=all_tags.get("mlflow.user") or user_name(SESSION.settings()),
            run_name=run_name or all_tags.get(RUN_NAME),
            start_time=start_time or time.time_ns() // 1_000_000,
            tags=[RunTag(key, value) for key, value in all_tags.items()],
        )
        return begin_run(self._place, request)

    def get_run(self, run_id: str) -> Run:
        """Get a run, active or deleted, with the latest point of each metric."""
        return self._fresh.runs.get(RunId(SESSION.delivery.target(self._place, run_id)))

    def get_parent_run(self, run_id: str) -> Run | None:
        """Get the run that a run is nested in; None if it is in none."""
        parent = self.get_run(run_id).data.tags.get(PARENT)
        return None if parent is None else self.get_run(parent)

    def delete_run(self, run_id: str) -> None:
        """Mark a run deleted."""
        self._fresh.runs.delete(RunId(run_id)).result()

    def restore_run(self, run_id: str) -> None:
        """Undo `delete_run`."""
        self._store.runs.restore(RunId(run_id)).result()

    def update_run(self, run_id: str, status: str | None = None, name: str | None = None) -> None:
        """Change the status or the name of a run."""
        known = None if status is None else RunStatus.to_string(RunStatus.from_string(status))
        self._update(UpdateRun(run_id, known, run_name=name))

    def set_terminated(
        self, run_id: str, status: str | None = None, end_time: int | None = None
    ) -> None:
        """End a run, FINISHED and now unless said otherwise; `end_time` is in ms."""
        known = RunStatus.to_string(RunStatus.from_string(status or "FINISHED"))
        end = end_time or time.time_ns() // 1_000_000
        self._update(UpdateRun(run_id, known, end))

    def search_runs(
        self,
        experiment_ids: Sequence[str],
        filter_string: str = "",
        run_view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = PAGE,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Run]:
        """One page of the runs that a filter lets through, by default newest first."""
        ids = [experiment_ids] if isinstance(experiment_ids, str | int) else experiment_ids
        store = self._fresh
        request = SearchRuns(
            experiment_ids=[made_meanwhile(store, self._place, str(given)) for given in ids],
            filter=filter_string or None,
            run_view_type=ViewType.wire_name(run_view_type),
            max_results=max_results,
            order_by=list(order_by or []),
            page_token=page_token,
        )
        page = store.runs.search(request)
        return PagedList(page.runs, page.next_page_token)

    def log_param(self, run_id: str, key: str, value: Any, synchronous: bool | None = None) -> Any:
        """Log a param and give its value back; a second value for a key is refused.

        With `synchronous=False` it does not wait and gives the operation to wait for.
        """
        request = LogParam(run_id, text_key(key), str(value))
        return _outcome([write(self._place, run_id, request)], synchronous) or value

    def set_tag(
        self, run_id: str, key: str, value: Any, synchronous: bool | None = None
    ) -> RunOperations | None:
        """Set a tag, replacing its value."""
        request = SetTag(run_id, text_key(key), str(value))
        return _outcome([write(self._place, run_id, request)], synchronous)

    def delete_tag(self, run_id: str, key: str) -> None:
        """Remove a tag; an absent one raises `NotFound`."""
        write(self._place, run_id, DeleteTag(run_id, key)).result()

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
        synchronous: bool | None = None,
    ) -> RunOperations | None:
        """Log metrics, params and tags, in as many requests as their number takes."""
        writes = []
        for batch in _batches(run_id, metrics, params, tags):
            writes.append(write(self._place, run_id, batch))
            if synchronous is not False:
                writes[-1].result()
        return _outcome(writes, synchronous)

    def log_inputs(
        self,
        run_id: str,
        datasets: Sequence[DatasetInput] | None = None,
        models: Sequence[LoggedModelInput] | None = None,
    ) -> None:
        """Record datasets and models that a run reads."""
        request = LogInputs(run_id, list(datasets or []), list(models or []))
        write(self._place, run_id, request).result()

    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        """Record logged models that a run produced."""
        write(self._place, run_id, LogOutputs(run_id, list(models))).result()

    def _update(self, request: UpdateRun) -> None:
        """Change a run once the points that were logged to it have arrived."""
        if not must_queue(self._place, request.run_id):
            SESSION.flush(self._place)
        write(self._place, request.run_id, request).result()


_CLIENT = RunMethods()

get_run = _CLIENT.get_run
get_parent_run = _CLIENT.get_parent_run
delete_run = _CLIENT.delete_run
restore_run = _CLIENT.restore_run


def log_param(key: str, value: Any, synchronous: bool | None = None) -> Any:
    """Log a param of the active run and give its value back."""
    item = current()
    request = LogParam(item.run_id, text_key(key), str(value))
    with told(item.rank):
        return _outcome([write(item.place, item.run_id, request)], synchronous) or value


def log_params(
    params: Mapping[str, Any], synchronous: bool | None = None, run_id: str | None = None
) -> RunOperations | None:
    """Log params of the active run, or of the run `run_id`."""
    found = [Param(key, str(value)) for key, value in params.items()]
    return _log_batch(run_id, params=found, synchronous=synchronous)


def set_tag(key: str, value: Any, synchronous: bool | None = None) -> RunOperations | None:
    """Set a tag of the active run, replacing its value."""
    item = current()
    request = SetTag(item.run_id, text_key(key), str(value))
    if item.rank:
        (request.key,) = name_tags(item.rank, item.run_id, item.place, {key: request.value})
    return _outcome([write(item.place, item.run_id, request)], synchronous)


def set_tags(tags: Mapping[str, Any], synchronous: bool | None = None) -> RunOperations | None:
    """Set tags of the active run, replacing their values."""
    item = current()
    texts = {text_key(key): str(value) for key, value in tags.items()}
    if item.rank:
        texts = name_tags(item.rank, item.run_id, item.place, texts)
    found = [RunTag(key, value) for key, value in texts.items()]
    return _log_batch(None, tags=found, synchronous=synchronous)


def delete_tag(key: str) -> None:
    """Remove a tag of the active run; an absent one raises `NotFound`."""
    item = current()
    write(item.place, item.run_id, DeleteTag(item.run_id, key)).result()


def log_outputs(models: Sequence[LoggedModelOutput] | None = None) -> None:
    """Record logged models that the active run produced."""
    item = current()
    write(item.place, item.run_id, LogOutputs(item.run_id, list(models or []))).result()


def _log_batch(
    run_id: str | None,
    *,
    params: Sequence[Param] = (),
    tags: Sequence[RunTag] = (),
    synchronous: bool | None,
) -> RunOperations | None:
    if run_id is not None:
        return _CLIENT.log_batch(run_id, params=params, tags=tags, synchronous=synchronous)
    item = current()
    with told(item.rank):
        return RunMethods(item.place).log_batch(
            item.run_id, params=params, tags=tags, synchronous=synchronous
        )


def _batches(
    run_id: str, metrics: Sequence[Metric], params: Sequence[Param], tags: Sequence[RunTag]
) -> Iterator[LogBatch]:
    """Requests within the limits: one for all if they fit, else one kind after the other."""
    points = [checked(metric, index) for index, metric in enumerate(metrics)]
    texts = [Param(text_key(param.key), str(param.value)) for param in params]
    labels = [RunTag(text_key(tag.key), str(tag.value)) for tag in tags]
    fits = len(texts) <= MOST_PARAMS and len(labels) <= MOST_TAGS
    if fits and len(points) + len(texts) + len(labels) <= MOST_METRICS:
        if points or texts or labels:
            yield LogBatch(run_id, points, texts, labels)
        return
    for start in range(0, len(texts), MOST_PARAMS):
        yield LogBatch(run_id, params=texts[start : start + MOST_PARAMS])
    for start in range(0, len(labels), MOST_TAGS):
        yield LogBatch(run_id, tags=labels[start : start + MOST_TAGS])
    for start in range(0, len(points), MOST_METRICS):
        yield LogBatch(run_id, points[start : start + MOST_METRICS])


def _outcome(writes: list[Write], synchronous: bool | None) -> RunOperations | None:
    """Wait, unless the caller asked not to (or the environment, for callers who do not say)."""
    wait = synchronous
    if wait is None:
        wait = not SESSION.settings().enable_async_logging
    if wait:
        for item in writes:
            item.result()
        return None
    for item in writes:
        SESSION.remember(item)
    return RunOperations([item.result for item in writes])
