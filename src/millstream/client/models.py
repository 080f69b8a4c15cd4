"""Logged models, as scripts and the client see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Literal

import msgspec

from millstream.client import frames
from millstream.client.active import (
    active_model_id,
    active_run,
    last_model_id,
    set_active_model_id,
    set_last_model_id,
)
from millstream.client.applying import links
from millstream.client.context import context_tags
from millstream.client.experiments import active_experiment_id
from millstream.client.offline import begin_model, find_run, made_meanwhile
from millstream.client.paging import PagedList, collect
from millstream.client.records import LinkModel
from millstream.client.session import SESSION, Connection
from millstream.client.spool import attempt, keep, must_queue, write
from millstream.entities.models import (
    CreateLoggedModel,
    DatasetFilter,
    DeleteLoggedModelTag,
    FinalizeLoggedModel,
    GetLoggedModel,
    LoggedModel,
    LoggedModelId,
    LoggedModelInfo,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
    LogLoggedModelParams,
    ModelOrder,
    ModelStatusName,
    SearchLoggedModels,
    SetLoggedModelTags,
)
from millstream.errors import InvalidParameter

EXTERNAL = "mlflow.model.isExternal"
PAGE = 50


class ModelMethods(Connection):
    """What a client can do with logged models; their files are in `client.artifacts`."""

    def create_logged_model(
        self,
        experiment_id: str,
        name: str | None = None,
        source_run_id: str | None = None,
        tags: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        model_type: str | None = None,
    ) -> LoggedModel:
        """Create a logged model with status PENDING; its files follow.

        While the store is away, it is begun here, and is there when the store is back.
        """
        request = CreateLoggedModel(
            experiment_id=str(experiment_id),
            name=name,
            model_type=model_type,
            source_run_id=source_run_id,
            params=_params(params),
            tags=_tags(tags),
        )
        return begin_model(self._place, request)

    def get_logged_model(self, model_id: str) -> LoggedModel:
        """Get a logged model with its params, tags and metrics."""
        asked = GetLoggedModel(SESSION.delivery.target(self._place, model_id))
        return self._fresh.models.get(asked)

    def finalize_logged_model(
        self, model_id: str, status: Literal["READY", "FAILED"] | LoggedModelStatus
    ) -> LoggedModel:
        """Say whether the files of a logged model have all arrived; gives the model.

        While the store is away, nothing is known of the model but its id and this status.
        """
        name = LoggedModelStatus(status).wire_name
        found = self._write(model_id, FinalizeLoggedModel(model_id, name))
        return unseen_model(model_id, name) if found is None else found

    def delete_logged_model(self, model_id: str) -> None:
        """Mark a logged model deleted."""
        self._store.models.delete(LoggedModelId(model_id)).result()

    def set_logged_model_tags(self, model_id: str, tags: Mapping[str, Any]) -> None:
        """Set tags, replacing their values."""
        self._write(model_id, SetLoggedModelTags(model_id, _tags(tags)))

    def delete_logged_model_tag(self, model_id: str, key: str) -> None:
        """Remove a tag; an absent one raises `NotFound`."""
        self._write(model_id, DeleteLoggedModelTag(model_id, key))

    def log_model_params(self, model_id: str, params: Mapping[str, Any]) -> None:
        """Log params of a model; a second value for a key is refused."""
        self._write(model_id, LogLoggedModelParams(model_id, _params(params)))

    def search_logged_models(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        datasets: Sequence[Mapping[str, Any]] | None = None,
        max_results: int | None = None,
        order_by: Sequence[Mapping[str, Any]] | None = None,
        page_token: str | None = None,
    ) -> PagedList[LoggedModel]:
        """One page of the models that a filter lets through, by default newest first.

        `datasets` are dictionaries with `dataset_name` and perhaps `dataset_digest`; `order_by`
        are dictionaries with `field_name` and perhaps `ascending` and those of a dataset.
        """
        store = self._fresh
        request = SearchLoggedModels(
            experiment_ids=[
                made_meanwhile(store, self._place, str(given)) for given in experiment_ids
            ],
            filter=filter_string or None,
            datasets=[_of(DatasetFilter, item, "datasets") for item in datasets or []],
            max_results=max_results or PAGE,
            order_by=[_of(ModelOrder, item, "order_by") for item in order_by or []],
            page_token=page_token,
        )
        page = store.models.search(request)
        return PagedList(page.models, page.next_page_token)

    def _write(self, model_id: str, request: Any) -> Any:
        """Change a model, or keep the change in a journal of the model while its store is away."""
        return write(self._place, model_id, request).result()


_CLIENT = ModelMethods()

get_logged_model = _CLIENT.get_logged_model
finalize_logged_model = _CLIENT.finalize_logged_model
set_logged_model_tags = _CLIENT.set_logged_model_tags
delete_logged_model_tag = _CLIENT.delete_logged_model_tag


def initialize_logged_model(
    name: str | None = None,
    source_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    experiment_id: str | None = None,
) -> LoggedModel:
    """Create a logged model with status PENDING, in the active run and experiment if not said."""
    run = active_run()
    if source_run_id is None and run is not None:
        source_run_id = run.info.run_id
    if experiment_id is None:
        experiment_id = (
            run.info.experiment_id if run is not None else active_experiment_id(SESSION.place)
        )
    all_tags = context_tags(SESSION.settings()) | {k: str(v) for k, v in (tags or {}).items()}
    model = _CLIENT.create_logged_model(
        experiment_id, name, source_run_id, all_tags, params, model_type
    )
    set_last_model_id(model.model_id)
    return model


def create_external_model(
    name: str | None = None,
    source_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    experiment_id: str | None = None,
) -> LoggedModel:
    """Create a logged model whose files are kept elsewhere; it is READY at once."""
    model = initialize_logged_model(
        name, source_run_id, {**(tags or {}), EXTERNAL: "true"}, params, model_type, experiment_id
    )
    return finished(model, finalize_logged_model(model.model_id, LoggedModelStatus.READY))


def finished(begun: LoggedModel, told: LoggedModel) -> LoggedModel:
    """A model as its store tells it; while that is away, as it was begun, with its new status."""
    if told.artifact_location:
        return told
    return LoggedModel(msgspec.structs.replace(begun.info, status=told.info.status), begun.data)


def find_logged_model(place: str, model_id: str) -> LoggedModel:
    """A logged model; while its store is away, all that is known of it is its id."""
    asked = GetLoggedModel(SESSION.delivery.target(place, model_id))
    return attempt(
        place,
        lambda: SESSION.fresh(place, "prompt").models.get(asked),
        lambda _: unseen_model(model_id, "LOGGED_MODEL_STATUS_UNSPECIFIED"),
    )


def link_model(place: str, run_id: str, model_id: str, step: int) -> None:
    """Make a model an output of a run; what was measured at the same step is the model's too."""
    link = LinkModel(run_id, model_id, step)
    run = find_run(place, run_id)
    if run is None or must_queue(place, run_id) or must_queue(place, model_id):
        keep(place, run_id, link, None)
        return
    for request in links(link, run):
        write(place, run_id, request).result()


def log_model_params(params: Mapping[str, Any], model_id: str | None = None) -> None:
    """Log params of a model, by default the active one."""
    chosen = model_id or active_model_id()
    if chosen is None:
        raise InvalidParameter(
            "there is no active model to log params for; give `model_id`, or call set_active_model"
        )
    _CLIENT.log_model_params(chosen, params)


def last_logged_model() -> LoggedModel | None:
    """The logged model that was last created in this thread, with what it holds now, or None."""
    model_id = last_model_id()
    return None if model_id is None else _CLIENT.get_logged_model(model_id)


def search_logged_models(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str | None = None,
    datasets: Sequence[Mapping[str, str]] | None = None,
    max_results: int | None = None,
    order_by: Sequence[Mapping[str, Any]] | None = None,
    output_format: Literal["pandas", "list"] = "pandas",
) -> Any:
    """All (or up to `max_results`) models that a filter lets through, as DataFrame or list."""
    frames.check_format(output_format)
    ids = list(experiment_ids or [active_experiment_id(SESSION.place)])

    def page(size: int, token: str | None) -> PagedList[LoggedModel]:
        return _CLIENT.search_logged_models(ids, filter_string, datasets, size, order_by, token)

    models = collect(page, max_results, PAGE)
    return models if output_format == "list" else frames.of_models(models)


class ActiveModel:
    """The model that what is logged is about; as a context manager, until the block ends."""

    def __init__(self, logged_model: LoggedModel, before: str | None) -> None:
        self.logged_model = logged_model
        self._before = before

    def __getattr__(self, name: str) -> Any:
        return getattr(self.logged_model, name)

    def __enter__(self) -> ActiveModel:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        set_active_model_id(self._before)


def set_active_model(*, name: str | None = None, model_id: str | None = None) -> ActiveModel:
    """Link what is logged from now on to a model: by id, or by name, created if missing.

    While the store is away, nobody knows whether there is one of that name, and one is created.
    """
    if (name is None) == (model_id is None):
        raise InvalidParameter("Must specify exactly one of: `name` or `model_id`.")
    if model_id is not None:
        model = find_logged_model(SESSION.place, model_id)
    else:
        model = _named(str(name)) or create_external_model(name)
    before = active_model_id()
    set_active_model_id(model.model_id)
    return ActiveModel(model, before)


def get_active_model_id() -> str | None:
    """The id of the model that what is logged is about, or None."""
    return active_model_id()


def clear_active_model() -> None:
    """Link what is logged from now on to no model."""
    set_active_model_id(None)


def _named(name: str) -> LoggedModel | None:
    """The newest model of a name in the active experiment; None, too, while the store is away."""
    place = SESSION.place
    quoted = name.replace("'", "''")
    experiment_id = active_experiment_id(place)

    def search() -> list[LoggedModel]:
        store = SESSION.fresh(place, "prompt")
        home = made_meanwhile(store, place, experiment_id)
        asked = SearchLoggedModels([home], f"name = '{quoted}'", max_results=1)
        return store.models.search(asked).models

    found: list[LoggedModel] = attempt(place, search, lambda _: [])
    return found[0] if found else None


def unseen_model(model_id: str, status: ModelStatusName) -> LoggedModel:
    """What can be said of a logged model whose store is away."""
    return LoggedModel(LoggedModelInfo(model_id, "", "", 0, 0, "", status))


def _params(params: Mapping[str, Any] | None) -> list[LoggedModelParameter]:
    return [LoggedModelParameter(str(key), str(value)) for key, value in (params or {}).items()]


def _tags(tags: Mapping[str, Any] | None) -> list[LoggedModelTag]:
    return [LoggedModelTag(str(key), str(value)) for key, value in (tags or {}).items()]


def _of(kind: type[DatasetFilter] | type[ModelOrder], values: Any, where: str) -> Any:
    try:
        return kind(**values)
    except TypeError as error:
        known = ", ".join(kind.__struct_fields__)
        raise InvalidParameter(
            f"{where} has {values!r}, but takes dictionaries with {known}"
        ) from error
