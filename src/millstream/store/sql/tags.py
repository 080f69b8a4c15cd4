"""Tags of runs, one of which is the run's name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from millstream.entities.runs import RunTag
from millstream.store.sql.dialect import per_dialect, placeholders
from millstream.store.sql.transaction import Transaction
from millstream.store.sql.values import HEAD_LENGTH

RUN_NAME = "mlflow.runName"

_UPSERT = per_dialect(
    lambda dialect: dialect.insert_or_replace(
        "tags",
        "run_key key_id experiment_key value head",
        key="run_key key_id",
        replaced="value head",
    )
)
_RENAME = "UPDATE runs SET name = ? WHERE run_key = ?"
_REMOVE = "DELETE FROM tags WHERE key_id = ? AND run_key IN ({})"


def set_tag(
    transaction: Transaction, run_key: int, experiment_key: int, key: str, value: str
) -> None:
    """Set one tag; the run's name follows the tag mlflow.runName, which never becomes empty."""
    if key == RUN_NAME:
        if not value:
            return
        transaction.run(_RENAME, (value, run_key))
    row = (run_key, transaction.intern(key), experiment_key, value, value[:HEAD_LENGTH])
    transaction.run(_UPSERT[transaction.dialect.name], row)


def set_tags(
    transaction: Transaction, run_key: int, experiment_key: int, tags: Iterable[RunTag]
) -> None:
    """Set several tags; of two with the same key the last one counts."""
    values = {tag.key: tag.value for tag in tags}
    name = values.get(RUN_NAME)
    if name:
        transaction.run(_RENAME, (name, run_key))
    elif name is not None:
        del values[RUN_NAME]
    insert_tags(transaction, run_key, experiment_key, values)


def insert_tags(
    transaction: Transaction, run_key: int, experiment_key: int, values: dict[str, str]
) -> None:
    """Write tags as they are, without regard to the run's name."""
    rows = [
        (run_key, transaction.intern(key), experiment_key, value, value[:HEAD_LENGTH])
        for key, value in values.items()
    ]
    if rows:
        transaction.run_many(_UPSERT[transaction.dialect.name], rows)


def set_tag_of_each(
    transaction: Transaction, key: str, tagged: Iterable[tuple[int, int, str]]
) -> None:
    """Set one tag of each (run_key, experiment_key, value); a run's name follows as ever."""
    if key == RUN_NAME:
        tagged = [each for each in tagged if each[2]]
        transaction.run_many(_RENAME, [(value, run_key) for run_key, _, value in tagged])
    key_id = transaction.intern(key)
    rows = [
        (run_key, key_id, experiment_key, value, value[:HEAD_LENGTH])
        for run_key, experiment_key, value in tagged
    ]
    if rows:
        transaction.run_many(_UPSERT[transaction.dialect.name], rows)


def remove_tag(transaction: Transaction, key: str, run_keys: Sequence[int]) -> int:
    """Remove a tag of runs, of those that have it, and count them."""
    key_id = transaction.key_id(key)
    if key_id is None or not run_keys:
        return 0
    return transaction.run(_REMOVE.format(placeholders(len(run_keys))), (key_id, *run_keys))
