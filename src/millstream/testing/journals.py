"""The contract of applying journals: often is the same as once."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from millstream.artifacts.interface import ArtifactStore
from millstream.client.applying import Applier, pieces
from millstream.client.records import BeginRun, Points, Record, packed
from millstream.entities.metrics import GetMetricHistory, Metric
from millstream.entities.runs import (
    CreateRun,
    Dataset,
    DatasetInput,
    DeleteTag,
    InputTag,
    LogBatch,
    LogInputs,
    LogParam,
    Param,
    RunStatusName,
    RunTag,
    SetTag,
    UpdateRun,
)
from millstream.errors import NotSupported
from millstream.store.interface import Store
from millstream.testing.fixtures import Contract, get_run, unique

_KEYS = ("a", "b", "c")


class JournalsContract(Contract):
    """What every store promises to whoever applies a journal to it."""

    @pytest.mark.parametrize("seed", range(6))
    def test_any_prefix_any_number_of_times_and_then_the_whole_is_the_whole_once(
        self, store: Store, experiment_id: str, tmp_path: Path, seed: int
    ) -> None:
        choice = random.Random(seed)  # noqa: S311 - no secret
        records = _records(choice)
        once = _applied(store, experiment_id, tmp_path, [records])
        prefixes = [
            records[: choice.randrange(len(records) + 1)] for _ in range(choice.randrange(1, 4))
        ]
        often = _applied(store, experiment_id, tmp_path, [*prefixes, records])
        assert often == once

    def test_what_is_refused_costs_no_neighbour(
        self, store: Store, run_id: str, tmp_path: Path
    ) -> None:
        store.runs.log_param(LogParam(run_id, "lr", "0.1")).result()
        params = [Param("lr", "0.2"), Param("depth", "3")]
        applier = Applier("here", run_id, tmp_path, _no_files)
        (refusal,) = applier.send(store, LogBatch(run_id, params=params), tmp_path)
        assert "Changing param values is not allowed" in refusal.error.message
        assert get_run(store, run_id).data.params == {"lr": "0.1", "depth": "3"}

    def test_columns_are_points_like_others(
        self, store: Store, run_id: str, tmp_path: Path
    ) -> None:
        values, steps = [0.5, float("inf"), -1.0], [3, 1, -2]
        column = Points("loss", packed("d", values), packed("q", steps), packed("q", [7, 7, 8]))
        applier = Applier("here", run_id, tmp_path, _no_files)
        for piece in pieces([column, Metric("loss", 2.0, 9, 4)]):
            assert applier.send(store, piece, tmp_path) == []
        found = store.metrics.get_history(GetMetricHistory(run_id, "loss")).metrics
        assert [(m.value, m.step, m.timestamp) for m in found] == [
            (float("inf"), 1, 7),
            (0.5, 3, 7),
            (-1.0, -2, 8),
            (2.0, 4, 9),
        ]


def _records(choice: random.Random) -> list[Record]:
    """What a run might log, in an order in which each record is allowed; of the run `R`."""
    records: list[Record] = []
    params: dict[str, str] = {}
    tags: set[str] = set()
    for number in range(30):
        key = choice.choice(_KEYS)
        kind = choice.randrange(7)
        if kind == 0:
            params.setdefault(key, str(number))
            records.append(LogParam("R", key, params[key]))
        elif kind == 1:
            tags.add(key)
            records.append(SetTag("R", key, str(number)))
        elif kind == 2 and key in tags:
            tags.discard(key)
            records.append(DeleteTag("R", key))
        elif kind == 3:
            records.append(Metric(key, choice.random(), number, choice.randrange(5)))
        elif kind == 4:
            tags.add(key)
            records.append(LogBatch("R", tags=[RunTag(key, f"batch {number}")]))
        elif kind == 5:
            used = DatasetInput(Dataset(key, "d", "local", "{}"), [InputTag("context", key)])
            records.append(LogInputs("R", [used]))
        else:
            status: RunStatusName = choice.choice(["RUNNING", "FAILED"])
            records.append(UpdateRun("R", status, number, f"n{number}"))
    return records


def _applied(
    store: Store, experiment_id: str, folder: Path, rounds: list[list[Record]]
) -> dict[str, Any]:
    """What a new run holds after all of the rounds."""
    run_id = unique("run")
    applier = Applier("here", run_id, folder, _no_files)
    begin = BeginRun(CreateRun(experiment_id, "ada", "first", 1, run_id=run_id))
    for records in rounds:
        for piece in pieces([begin, *(_of(run_id, record) for record in records)]):
            assert applier.send(store, piece, folder) == []
    run = get_run(store, run_id)
    history = {key: store.metrics.get_history(GetMetricHistory(run_id, key)) for key in _KEYS}
    info = msgspec.structs.replace(run.info, run_id="", run_uuid=None, artifact_uri=None)
    inputs = sorted(item.dataset.name for item in run.inputs.dataset_inputs)
    return {"info": info, "data": run.data, "inputs": inputs, "history": history}


def _of(run_id: str, record: Record) -> Record:
    about_a_run = hasattr(record, "run_id") and not isinstance(record, Metric)
    return msgspec.structs.replace(record, run_id=run_id) if about_a_run else record


def _no_files(uri: str) -> ArtifactStore:
    raise NotSupported(f"no test writes to {uri}")
