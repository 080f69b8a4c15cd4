"""What an evaluation found: metrics with their intervals, artifacts, tables."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from millstream.errors import InvalidParameter, NotFound
from millstream.evaluation.contents import Content, EvaluationArtifact, HeldArtifact
from millstream.evaluation.resampling import Array, Interval
from millstream.model_format.directory import inside

METRICS = "metrics.json"
ARTIFACTS = "artifacts_metadata.json"
FOLDER = "artifacts"
DETAILS = "evaluation.json"
RESAMPLES = "resamples.npz"


class EvaluationResult:
    """The metrics, artifacts and intervals of one model on one dataset.

    `intervals` has an `Interval(low, high, level)` for each metric that resampling can say
    something about; `replicates` are the resampled metrics themselves, and `rows` the digest of the
    rows they were drawn from: two results with the same can be compared pair by pair.
    """

    def __init__(
        self,
        metrics: Mapping[str, float],
        artifacts: Mapping[str, EvaluationArtifact],
        run_id: str | None = None,
        intervals: Mapping[str, Interval] | None = None,
        replicates: Mapping[str, Array] | None = None,
        rows: str | None = None,
        greater_is_better: Mapping[str, bool] | None = None,
    ) -> None:
        self._metrics = dict(metrics)
        self._artifacts = dict(artifacts)
        self._run_id = run_id
        self.intervals = dict(intervals or {})
        self.replicates = dict(replicates or {})
        self.rows = rows
        self.greater_is_better = dict(greater_is_better or {})
        self.comparison: Any = None

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics by name."""
        return self._metrics

    @property
    def artifacts(self) -> dict[str, EvaluationArtifact]:
        """The artifacts by name."""
        return self._artifacts

    @property
    def run_id(self) -> str | None:
        """The run that this was logged to; None if it was not."""
        return self._run_id

    @property
    def tables(self) -> dict[str, Any]:
        """The artifacts that are tables of rows, as DataFrames."""
        found = {}
        for name, artifact in self._artifacts.items():
            content = artifact.content if artifact.uri.endswith(".json") else None
            if isinstance(content, dict) and set(content) == {"columns", "data"}:
                found[name] = pd.DataFrame(content["data"], columns=content["columns"])
        return found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as a directory, which MLflow can load as well."""
        folder = Path(path)
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        described = {}
        for name, artifact in self._artifacts.items():
            described[name] = {"uri": artifact.uri, "class_name": artifact.class_name}
            (folder / FOLDER / _file(artifact.uri)).write_bytes(_bytes(artifact))
        _write(folder / METRICS, self._metrics)
        _write(folder / ARTIFACTS, described)
        details = {
            "run_id": self._run_id,
            "rows": self.rows,
            "intervals": self.intervals,
            "greater_is_better": self.greater_is_better,
        }
        _write(folder / DETAILS, details)
        names = list(self.replicates)
        values = np.stack([self.replicates[name] for name in names]) if names else np.empty((0, 0))
        np.savez_compressed(folder / RESAMPLES, names=np.array(names, dtype=str), values=values)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> EvaluationResult:
        """Read what `save`, or MLflow's, wrote; nothing in it is executed."""
        folder = Path(path)
        if not (folder / METRICS).is_file():
            raise NotFound(f"there is no saved evaluation in {str(folder)!r}: {METRICS} is missing")
        described = json.loads((folder / ARTIFACTS).read_bytes())
        artifacts = {
            name: _artifact(folder / FOLDER, str(entry["uri"])) for name, entry in described.items()
        }
        details: dict[str, Any] = {}
        if (folder / DETAILS).is_file():
            details = json.loads((folder / DETAILS).read_bytes())
        return cls(
            json.loads((folder / METRICS).read_bytes()),
            artifacts,
            details.get("run_id"),
            {name: Interval(*one) for name, one in details.get("intervals", {}).items()},
            _replicates(folder / RESAMPLES),
            details.get("rows"),
            details.get("greater_is_better"),
        )

    def __repr__(self) -> str:
        lines = []
        for name, value in self._metrics.items():
            one = self.intervals.get(name)
            reach = f"  [{one.low:.6g}, {one.high:.6g}]" if one else ""
            lines.append(f"  {name}: {value:.6g}{reach}")
        return "\n".join(["EvaluationResult(", *lines, ")"])


def interval_table(result: EvaluationResult) -> Any:
    """All metrics as a DataFrame: metric, value, low, high, level."""
    rows = [
        (name, value, *(result.intervals.get(name) or (math.nan, math.nan, math.nan)))
        for name, value in result.metrics.items()
    ]
    return pd.DataFrame(rows, columns=["metric", "value", "low", "high", "level"])


def _file(uri: str) -> str:
    return uri.rstrip("/").rpartition("/")[2]


def _bytes(artifact: EvaluationArtifact) -> bytes:
    if isinstance(artifact, HeldArtifact):
        return artifact.held.data
    raise InvalidParameter(
        f"the artifact at {artifact.uri} cannot be saved, since its bytes are not at hand; only "
        "results of `evaluate` and `EvaluationResult.load` can be saved"
    )


def _artifact(folder: Path, uri: str) -> EvaluationArtifact:
    path = inside(folder, _file(uri))
    return HeldArtifact(uri, Content(path.name, path.read_bytes()))


def _replicates(path: Path) -> dict[str, Array]:
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as found:
        return dict(zip(map(str, found["names"]), found["values"], strict=True))


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")
