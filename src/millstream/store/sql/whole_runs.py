"""Runs with all that they logged, loaded by their keys in a constant number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from millstream.entities.metrics import Metric
from millstream.entities.runs import (
    Param,
    Run,
    RunData,
    RunInfo,
    RunInputs,
    RunOutputs,
    RunTag,
)
from millstream.store.sql import inputs as run_inputs
from millstream.store.sql.connections import Row
from millstream.store.sql.dialect import placeholders
from millstream.store.sql.locations import ArtifactRoot
from millstream.store.sql.reader import Reader
from millstream.store.sql.values import meant

INFO_COLUMNS = (
    "run_key, run_id, experiment_key, name, user_id, status, start_time, end_time, "
    "lifecycle_stage, artifact_uri"
)

_SELECT_INFOS = f"SELECT {INFO_COLUMNS} FROM runs WHERE run_key IN ({{}})"
_SELECT_PARAMS = "SELECT run_key, key_id, value FROM params WHERE run_key IN ({})"
_SELECT_TAGS = "SELECT run_key, key_id, value FROM tags WHERE run_key IN ({})"
_SELECT_LATEST = (
    "SELECT run_key, key_id, value, timestamp, step, special FROM latest_metrics "
    "WHERE run_key IN ({})"
)
_MOST_AT_ONCE = 5_000
_by_key = attrgetter("key")


def load_runs(reader: Reader, run_keys: Sequence[int], root: ArtifactRoot) -> list[Run]:
    """The runs with these keys, in this order; what is gone meanwhile is left out."""
    runs: list[Run] = []
    for start in range(0, len(run_keys), _MOST_AT_ONCE):
        part = run_keys[start : start + _MOST_AT_ONCE]
        rows = {row[0]: row for row in reader.execute(_format(_SELECT_INFOS, part), part)}
        runs += complete(reader, [rows[key] for key in part if key in rows], root)
    return runs


def complete(reader: Reader, rows: Sequence[Row], root: ArtifactRoot) -> list[Run]:
    """The runs of these rows of `INFO_COLUMNS`, with what they logged."""
    if not rows:
        return []
    keys = [row[0] for row in rows]
    params = reader.execute(_format(_SELECT_PARAMS, keys), keys)
    tags = reader.execute(_format(_SELECT_TAGS, keys), keys)
    latest = reader.execute(_format(_SELECT_LATEST, keys), keys)
    names = reader.key_names({row[1] for group in (params, tags, latest) for row in group})
    data = {key: RunData([], [], []) for key in keys}
    for run_key, key_id, value in params:
        data[run_key].param_list.append(Param(names[key_id], value))
    for run_key, key_id, value in tags:
        data[run_key].tag_list.append(RunTag(names[key_id], value))
    for run_key, key_id, value, timestamp, step, special in latest:
        number = meant(value, special) if special else value
        data[run_key].metric_list.append(Metric(names[key_id], number, timestamp, step))
    inputs = run_inputs.load_inputs(reader, keys)
    outputs = run_inputs.load_links(reader, keys, inputs)
    runs = []
    for row in rows:
        key = row[0]
        logged = data[key]
        _sort(logged)
        used = inputs.get(key) or RunInputs()
        runs.append(Run(info(row, root), logged, used, outputs.get(key) or RunOutputs()))
    return runs


def info(row: Row, root: ArtifactRoot) -> RunInfo:
    """The info of a row of `INFO_COLUMNS`."""
    _, run_id, experiment_key, name, user_id, status, start, end, stage, uri = row
    return RunInfo(
        run_id,
        str(experiment_key),
        user_id,
        status,
        start,
        end,
        stage,
        root.expand(uri),
        name,
        run_id,
    )


def _sort(data: RunData) -> None:
    data.metric_list.sort(key=_by_key)
    data.param_list.sort(key=_by_key)
    data.tag_list.sort(key=_by_key)


def _format(sql: str, keys: Sequence[int]) -> str:
    return sql.format(placeholders(len(keys)))
