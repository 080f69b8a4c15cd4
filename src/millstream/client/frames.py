"""Search results as pandas DataFrames; pandas is loaded only when one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from millstream.client.extras import load
from millstream.entities.models import LoggedModel
from millstream.entities.runs import Run

INFO = ("run_id", "experiment_id", "status", "artifact_uri")
TIMES = ("start_time", "end_time")


def check_format(output_format: str) -> None:
    """Refuse, before anything is searched, a format that does not exist."""
    if output_format not in ("pandas", "list"):
        raise ValueError(
            f"Unsupported output format: {output_format}. Supported string values are 'pandas' "
            "or 'list'"
        )


def of_runs(runs: Sequence[Run]) -> Any:
    """A row for each run; a column for each field, metric, param and tag that any of them has."""
    pandas = load("pandas", "a DataFrame of runs (or pass output_format='list')")
    columns: dict[str, Any] = {name: [getattr(run.info, name) for run in runs] for name in INFO}
    for name in TIMES:
        times = [getattr(run.info, name) for run in runs]
        columns[name] = pandas.to_datetime(times, unit="ms", utc=True)
    groups = (
        ("metrics", [run.data.metrics for run in runs], float("nan")),
        ("params", [run.data.params for run in runs], None),
        ("tags", [run.data.tags for run in runs], None),
    )
    for prefix, rows, absent in groups:
        keys = {key: None for row in rows for key in row}  # a set in the order of appearance
        for key in keys:
            columns[f"{prefix}.{key}"] = [row.get(key, absent) for row in rows]
    return pandas.DataFrame(columns)


def of_models(models: Sequence[LoggedModel]) -> Any:
    """A row for each model, with params and tags as dictionaries."""
    pandas = load("pandas", "a DataFrame of models (or pass output_format='list')")
    rows = [
        {**model.to_dictionary(), "status": model.status, "metrics": model.metrics or None}
        for model in models
    ]
    return pandas.DataFrame(rows)
