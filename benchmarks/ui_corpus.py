"""The demo's runs in our store and, past the doors of the server, in the tables of MLflow."""

from __future__ import annotations

import math
import shutil
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.peer_corpus import Tables
from benchmarks.servers import MLFLOW, OURS, Product, running
from millstream.cli.demo_filling import (
    LONG_METRICS,
    create_experiment,
    fill,
    fill_long_run,
    long_series,
)
from millstream.cli.demo_runs import Recipe, run_id, runs
from millstream.entities.metrics import Metric
from millstream.entities.runs import DatasetInput, Run
from millstream.store.sql.database import Database
from millstream.store.sql.store import SqlStore

EXPERIMENT = "1"
UNTIL = 1_795_000_000_000
_LONG_RUN = "f" * 32
_FILLED = "filled"


class Corpus(NamedTuple):
    """What both products hold."""

    recipe: Recipe
    points: int

    @property
    def newest(self) -> str:
        """The id of the newest run of the sweeps."""
        return run_id(self.recipe, EXPERIMENT, self.recipe.runs - 1)


def corpus(count: int, points: int) -> Corpus:
    """So many runs of 50 params and 50 metrics, and one with ten metrics of so many points."""
    return Corpus(Recipe(runs=count, params=50, metrics=50, seed=7, until=UNTIL), points)


def ensure_filled(product: Product, folder: Path, data: Corpus) -> str:
    """Fill the product's database unless that was done; the id of the run with long series."""
    mark = folder / _FILLED
    if mark.exists():
        return mark.read_text()
    if folder.exists():
        shutil.rmtree(folder)  # what an interrupted filling left
    folder.mkdir(parents=True)
    long_run = _fill_ours(folder, data) if product is OURS else _fill_mlflow(folder, data)
    mark.write_text(long_run)
    return long_run


def _fill_ours(folder: Path, data: Corpus) -> str:
    database = Database(f"sqlite:///{folder / OURS.database}")
    store = SqlStore(database, str(folder / "artifacts"))
    try:
        found = create_experiment(store, "model search")
        if found != EXPERIMENT:
            raise RuntimeError(f"the experiment became {found}, not {EXPERIMENT}")
        fill(store, found, data.recipe, _nothing)
        return fill_long_run(store, found, data.recipe, data.points, _nothing)
    finally:
        store.close()


def _nothing(_: int) -> None:
    """Nobody watches."""


def _fill_mlflow(folder: Path, data: Corpus) -> str:
    with running(MLFLOW, folder):
        pass  # which makes the tables
    with sqlite3.connect(folder / MLFLOW.database) as connection:
        # Nobody needs what an interrupted filling leaves, and its indexes are by random ids.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
            connection.execute(f"PRAGMA {pragma}")
        tables = Tables(connection)
        _write_experiment(tables)
        for run in runs(data.recipe, EXPERIMENT):
            _write_run(tables, run)
        _write_long_run(tables, data)
        tables.flush()
    return _LONG_RUN


def _write_experiment(tables: Tables) -> None:
    tables.add(
        "experiments",
        {
            "experiment_id": int(EXPERIMENT),
            "name": "model search",
            "artifact_location": f"mlflow-artifacts:/{EXPERIMENT}",
            "lifecycle_stage": "active",
            "creation_time": UNTIL,
            "last_update_time": UNTIL,
            "workspace": "default",
        },
    )


def _write_long_run(tables: Tables, data: Corpus) -> None:
    start = UNTIL - data.points * 1_000
    _write_info(tables, _LONG_RUN, "long-training", "ada", "FINISHED", start, UNTIL)
    for index in range(LONG_METRICS):
        last: Metric | None = None
        for last in long_series(data.recipe.seed, index, data.points, start):
            tables.add("metrics", _point(_LONG_RUN, last))
        if last is not None:
            tables.add("latest_metrics", _point(_LONG_RUN, last))


def _write_run(tables: Tables, run: Run) -> None:
    info, data = run.info, run.data
    times = (info.start_time, info.end_time)
    _write_info(tables, info.run_id, str(info.run_name), info.user_id, info.status, *times)
    for param in data.param_list:
        tables.add("params", {"key": param.key, "value": param.value, "run_uuid": info.run_id})
    latest: dict[str, Metric] = {}
    for point in data.metric_list:
        tables.add("metrics", _point(info.run_id, point))
        known = latest.get(point.key)
        if known is None or (point.step, point.timestamp) >= (known.step, known.timestamp):
            latest[point.key] = point
    for point in latest.values():
        tables.add("latest_metrics", _point(info.run_id, point))
    for tag in data.tag_list:
        tables.add("tags", {"key": tag.key, "value": tag.value, "run_uuid": info.run_id})
    for used in run.inputs.dataset_inputs:
        _write_dataset(tables, info.run_id, used)


def _write_info(
    tables: Tables,
    run: str,
    name: str,
    user: str,
    status: str,
    start: int | None,
    end: int | None,
) -> None:
    own = {
        "source_type": "LOCAL",
        "source_name": "",
        "entry_point_name": "",
        "source_version": "",
        "lifecycle_stage": "active",
        "artifact_uri": f"mlflow-artifacts:/{EXPERIMENT}/{run}/artifacts",
        "experiment_id": int(EXPERIMENT),
    }
    said = {"run_uuid": run, "name": name, "user_id": user, "status": status}
    tables.add("runs", {**own, **said, "start_time": start, "end_time": end})
    tables.add("tags", {"key": "mlflow.runName", "value": name, "run_uuid": run})


def _point(run: str, point: Metric) -> dict[str, Any]:
    is_nan = math.isnan(point.value)
    return {
        "key": point.key,
        "value": 0.0 if is_nan else point.value,
        "timestamp": point.timestamp,
        "step": point.step,
        "is_nan": is_nan,
        "run_uuid": run,
    }


def _write_dataset(tables: Tables, run: str, used: DatasetInput) -> None:
    dataset, uuid = used.dataset, f"{used.dataset.name}-{used.dataset.digest}"[-36:]
    tables.add(
        "datasets",
        {
            "dataset_uuid": uuid,
            "experiment_id": int(EXPERIMENT),
            "name": dataset.name,
            "digest": dataset.digest,
            "dataset_source_type": dataset.source_type,
            "dataset_source": dataset.source,
            "dataset_schema": dataset.schema,
            "dataset_profile": dataset.profile,
        },
    )
    ends = {"source_type": "DATASET", "source_id": uuid, "destination_type": "RUN"}
    tables.add("inputs", {"input_uuid": run, **ends, "destination_id": run, "step": 0})
    for tag in used.tags:
        tables.add("input_tags", {"input_uuid": run, "name": tag.key, "value": tag.value})
