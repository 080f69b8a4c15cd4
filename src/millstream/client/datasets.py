"""Datasets that runs read, as scripts describe them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from millstream.client.active import current
from millstream.client.session import SESSION
from millstream.client.spool import attempt, write
from millstream.entities.runs import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LogInputs,
    RunId,
)
from millstream.errors import InvalidParameter

CONTEXT = "mlflow.data.context"


def log_input(
    dataset: Any | None = None,
    context: str | None = None,
    tags: Mapping[str, str] | None = None,
    model: LoggedModelInput | None = None,
) -> None:
    """Record that the active run reads a dataset (for `context`, such as training) or a model."""
    log_inputs([dataset], [context], [dict(tags or {})], [model])


def log_inputs(
    datasets: Sequence[Any | None] | None = None,
    contexts: Sequence[str | None] | None = None,
    tags_list: Sequence[Mapping[str, str] | None] | None = None,
    models: Sequence[LoggedModelInput | None] | None = None,
) -> None:
    """Record datasets and models that the active run reads; the lists go together."""
    given = list(datasets or [])
    contexts = list(contexts or [None] * len(given))
    tags_list = list(tags_list or [None] * len(given))
    if not len(given) == len(contexts) == len(tags_list):
        raise InvalidParameter(
            f"datasets, contexts and tags_list must be of one length, but have {len(given)}, "
            f"{len(contexts)} and {len(tags_list)} items"
        )
    inputs = [
        DatasetInput(describe(dataset), _tags(context, tags))
        for dataset, context, tags in zip(given, contexts, tags_list, strict=True)
        if dataset is not None
    ]
    item = current()
    request = LogInputs(item.run_id, inputs, [model for model in models or [] if model])
    if request.datasets or request.models:
        write(item.place, item.run_id, request).result()


def describe(dataset: Any) -> Dataset:
    """The metadata of whatever describes itself as a dataset: by `to_dict`, or as an entity."""
    if isinstance(dataset, Dataset):
        return dataset
    to_dict = getattr(dataset, "to_dict", dict)
    found: Mapping[str, Any] = to_dict()
    try:
        return Dataset(
            name=found["name"],
            digest=found["digest"],
            source_type=found["source_type"],
            source=found["source"],
            schema=found.get("schema"),
            profile=found.get("profile"),
        )
    except (TypeError, KeyError) as error:
        raise InvalidParameter(
            f"{type(dataset).__name__} is no dataset: its `to_dict()` must give name, digest, "
            "source_type and source. Make one with millstream.data, such as by from_pandas."
        ) from error


def link(run_id: str, place: str, model_id: str | None, dataset: Dataset | None) -> None:
    """See to it that a model and a dataset that metrics are about are among what a run reads."""
    key = (run_id, model_id, dataset.digest if dataset else None)
    if key in SESSION.linked:
        return
    known = attempt(place, lambda: _linked_models(place, run_id), lambda _: set())
    request = LogInputs(
        run_id,
        [] if dataset is None else [DatasetInput(dataset)],
        [] if model_id is None or model_id in known else [LoggedModelInput(model_id)],
    )
    if request.datasets or request.models:
        write(place, run_id, request).result()
    SESSION.linked.add(key)


def _linked_models(place: str, run_id: str) -> set[str]:
    run = SESSION.stores.prompt(place).runs.get(RunId(SESSION.delivery.target(place, run_id)))
    return {model.model_id for model in run.inputs.model_inputs + run.outputs.model_outputs}


def _tags(context: str | None, tags: Mapping[str, str] | None) -> list[InputTag]:
    found = [InputTag(key, str(value)) for key, value in (tags or {}).items()]
    if context:
        found.append(InputTag(CONTEXT, context))
    return found
