"""Rows of deployments: the revisions that took each other's place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from millstream.entities.decoding import json_decoder
from millstream.entities.deployments import Deployment
from millstream.store.sql.confinement import here
from millstream.store.sql.dialect import insert, placeholders
from millstream.store.sql.lifecycle import Source
from millstream.store.sql.registry.slots import Slot
from millstream.store.sql.transaction import Transaction

LIVE, REPLACED, ENDED = "live", "replaced", "ended"
NOTHING = -1
"""The key of the registered model or experiment of a deployment that is of none."""

_KEPT = (
    "deployment_id, revision, state, creation_time, end_time, registered_model_key, "
    "experiment_key, model_uri, model_name, model_version, run_id, model_id, flavor, image, "
    "image_digest, address, config, user_id"
)
_SELECT = (
    f"SELECT d.deployment_key, s.target, s.name, s.endpoint, "
    f"{', '.join(f'd.{column}' for column in _KEPT.split(', '))} "
    "FROM deployments d JOIN deployment_slots s ON s.slot_key = d.slot_key WHERE "
)
_BY_KEYS = _SELECT + "d.deployment_key IN ({})"
_BY_ID = _SELECT + "d.deployment_id = ?"
_LIVE_IN_SLOT = _SELECT + "d.slot_key = ? AND d.state = 'live'"
_INSERT = insert("deployments", f"slot_key {_KEPT.replace(',', '')}")
_END = "UPDATE deployments SET state = ?, end_time = ? WHERE deployment_key = ?"
_RENAME = "UPDATE deployments SET model_name = ? WHERE registered_model_key = ?"


class RevisionRow(NamedTuple):
    """A deployment as its tables have it; `endpoint` is empty where there is none."""

    deployment_key: int
    target: str
    name: str
    endpoint: str
    deployment_id: str
    revision: int
    state: str
    creation_time: int
    end_time: int | None
    registered_model_key: int
    experiment_key: int
    model_uri: str
    model_name: str | None
    model_version: int | None
    run_id: str | None
    model_id: str | None
    flavor: str | None
    image: str | None
    image_digest: str | None
    address: str | None
    config: str
    user_id: str | None


def add(transaction: Transaction, slot: Slot, row: RevisionRow) -> None:
    """Keep a new revision in a slot."""
    values = row[row._fields.index("deployment_id") :]
    transaction.insert(_INSERT, (slot.slot_key, *values), "deployment_key")


def live(source: Source, slot: Slot) -> RevisionRow | None:
    """The revision of a slot that is live, if one is."""
    rows = source.execute(_LIVE_IN_SLOT, (slot.slot_key,))
    return RevisionRow(*rows[0]) if rows else None


def end(transaction: Transaction, row: RevisionRow, state: str, when: int) -> RevisionRow:
    """Let a live revision be so no more; gives what it is then."""
    when = max(when, row.creation_time)  # the clocks of two servers may differ
    transaction.run(_END, (state, when, row.deployment_key))
    return row._replace(state=state, end_time=when)


def find(source: Source, deployment_id: str) -> RevisionRow | None:
    """The deployment of that id, if there is one."""
    rows = source.execute(*here(source, _BY_ID, (deployment_id,)))
    return RevisionRow(*rows[0]) if rows else None


def load(source: Source, keys: Sequence[int]) -> list[RevisionRow]:
    """The deployments of these keys, in their order."""
    if not keys:
        return []
    rows = source.execute(_BY_KEYS.format(placeholders(len(keys))), tuple(keys))
    found = {row[0]: RevisionRow(*row) for row in rows}
    return [found[key] for key in keys if key in found]


def rename(transaction: Transaction, registered_model_key: int, name: str) -> None:
    """Let the deployments of a registered model follow its name."""
    transaction.run(_RENAME, (name, registered_model_key))


def kept_config(config: dict[str, str]) -> str:
    """The settings of a deployment as its table has them."""
    return msgspec.json.encode(config).decode()


def deployment(row: RevisionRow) -> Deployment:
    """The deployment in a row."""
    return Deployment(
        deployment_id=row.deployment_id,
        target=row.target,
        name=row.name,
        revision=row.revision,
        model_uri=row.model_uri,
        state=row.state,  # type: ignore[arg-type]  # the table holds only names of states
        creation_time=row.creation_time,
        endpoint=row.endpoint or None,
        model_name=row.model_name,
        model_version=None if row.model_version is None else str(row.model_version),
        run_id=row.run_id,
        model_id=row.model_id,
        flavor=row.flavor,
        image=row.image,
        image_digest=row.image_digest,
        address=row.address,
        config=json_decoder(dict[str, str]).decode(row.config),
        user_id=row.user_id,
        end_time=row.end_time,
    )
