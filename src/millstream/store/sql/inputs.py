"""What runs read and produce: datasets and logged models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from millstream.entities.runs import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    RunInputs,
    RunOutputs,
)
from millstream.store.sql.dialect import insert, per_dialect, placeholders
from millstream.store.sql.reader import Reader
from millstream.store.sql.transaction import Transaction

INPUT = "input"
OUTPUT = "output"

_INSERT_DATASET = per_dialect(
    lambda dialect: dialect.insert_new(
        "datasets",
        "experiment_key name digest source_type source schema profile",
        "experiment_key name digest",
    )
)
_SELECT_DATASET = (
    "SELECT dataset_key FROM datasets WHERE experiment_key = ? AND name = ? AND digest = ?"
)
_INSERT_INPUT = per_dialect(
    lambda dialect: dialect.insert_new(
        "dataset_inputs", "run_key dataset_key", "run_key dataset_key"
    )
)
_INSERT_TAG = insert("dataset_input_tags", "run_key dataset_key key value")
_INSERT_LINK = per_dialect(
    lambda dialect: dialect.insert_new(
        "model_links", "run_key model_id direction step", "run_key model_id direction"
    )
)
_SELECT_ELSEWHERE = (
    "SELECT l.model_id FROM logged_models l JOIN experiments e "
    "ON e.experiment_key = l.experiment_key WHERE l.model_id IN ({}) AND e.workspace <> ?"
)
_SELECT_INPUTS = """
SELECT i.run_key, i.dataset_key, d.name, d.digest, d.source_type, d.source, d."schema", d.profile
FROM dataset_inputs i JOIN datasets d ON d.dataset_key = i.dataset_key
WHERE i.run_key IN ({}) ORDER BY i.run_key, i.dataset_key
"""
_SELECT_TAGS = (
    'SELECT run_key, dataset_key, "key", value FROM dataset_input_tags '
    'WHERE run_key IN ({}) ORDER BY run_key, dataset_key, "key"'
)
_SELECT_LINKS = (
    "SELECT run_key, model_id, direction, step FROM model_links "
    "WHERE run_key IN ({}) ORDER BY run_key, step, model_id"
)


def log_datasets(
    transaction: Transaction, run_key: int, experiment_key: int, inputs: Iterable[DatasetInput]
) -> None:
    """Link datasets to a run; a dataset's first description and a link's first tags stay."""
    dialect = transaction.dialect.name
    for item in inputs:
        dataset = item.dataset
        identity = (experiment_key, dataset.name, dataset.digest)
        description = (dataset.source_type, dataset.source, dataset.schema, dataset.profile)
        transaction.run(_INSERT_DATASET[dialect], (*identity, *description))
        dataset_key = transaction.execute(_SELECT_DATASET, identity)[0][0]
        if transaction.run(_INSERT_INPUT[dialect], (run_key, dataset_key)):
            for key, value in {tag.key: tag.value for tag in item.tags}.items():
                transaction.run(_INSERT_TAG, (run_key, dataset_key, key, value))


def link_models(
    transaction: Transaction, run_key: int, direction: str, links: Iterable[tuple[str, int]]
) -> None:
    """Link logged models, as (id, step), to a run; a link that is there stays as it is.

    One of another workspace is not linked, since tables would show its name.
    """
    links = _not_elsewhere(transaction, list(links))
    rows = [(run_key, model_id, direction, step) for model_id, step in links]
    if rows:
        transaction.run_many(_INSERT_LINK[transaction.dialect.name], rows)


def _not_elsewhere(
    transaction: Transaction, links: Sequence[tuple[str, int]]
) -> Sequence[tuple[str, int]]:
    workspace = transaction.workspace
    if not workspace.confines or not links:
        return links
    sql = _SELECT_ELSEWHERE.format(placeholders(len(links)))
    params = (*(model_id for model_id, _ in links), workspace.name)
    elsewhere = {model_id for (model_id,) in transaction.execute(sql, params)}
    return [link for link in links if link[0] not in elsewhere]


def load_inputs(reader: Reader, run_keys: Sequence[int]) -> dict[int, RunInputs]:
    """The inputs of these runs that have some, but for their models."""
    marks = placeholders(len(run_keys))
    found = reader.execute(_SELECT_INPUTS.format(marks), run_keys)
    if not found:
        return {}
    tags: dict[tuple[int, int], list[InputTag]] = {}
    for run_key, dataset_key, key, value in reader.execute(_SELECT_TAGS.format(marks), run_keys):
        tags.setdefault((run_key, dataset_key), []).append(InputTag(key, value))
    inputs: dict[int, RunInputs] = {}
    for run_key, dataset_key, *description in found:
        item = DatasetInput(Dataset(*description), tags.get((run_key, dataset_key), []))
        inputs.setdefault(run_key, RunInputs([], [])).dataset_inputs.append(item)
    return inputs


def load_links(
    reader: Reader, run_keys: Sequence[int], inputs: dict[int, RunInputs]
) -> dict[int, RunOutputs]:
    """The outputs of these runs that have some; models they read are added to `inputs`."""
    outputs: dict[int, RunOutputs] = {}
    marks = placeholders(len(run_keys))
    for run_key, model_id, direction, step in reader.execute(_SELECT_LINKS.format(marks), run_keys):
        if direction == INPUT:
            models = inputs.setdefault(run_key, RunInputs([], [])).model_inputs
            models.append(LoggedModelInput(model_id))
        else:
            models_produced = outputs.setdefault(run_key, RunOutputs([])).model_outputs
            models_produced.append(LoggedModelOutput(model_id, step))
    return outputs
