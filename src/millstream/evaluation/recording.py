"""What an evaluation found, logged to a run; what cannot be logged is said, and never lost."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from millstream.client.active import active_run, place_of
from millstream.client.artifacts import ArtifactMethods
from millstream.client.away import warn
from millstream.client.datasets import log_input
from millstream.client.metrics import log_metrics
from millstream.client.tables import TableMethods
from millstream.client.tracking import MillstreamClient
from millstream.errors import MillstreamError, NotFound
from millstream.evaluation.contents import Content, EvaluationArtifact, HeldArtifact
from millstream.evaluation.dataset import EvaluationDataset
from millstream.evaluation.resampling import Interval

DATASETS = "mlflow.datasets"


class Recorder:
    """Logs to one run; without a run, nothing is logged."""

    def __init__(self, run_id: str | None, model_id: str | None) -> None:
        self.run_id = run_id
        self._model_id = model_id

    def dataset(self, dataset: EvaluationDataset, context: str | None) -> None:
        """Say that the run read the dataset, and with which model."""
        self._try("the dataset", lambda _: log_input(dataset.described, context or None))
        if self._model_id is not None:
            self._try("the dataset's tag", lambda run_id: self._tag(run_id, dataset))

    def metrics(
        self,
        metrics: Mapping[str, float],
        intervals: Mapping[str, Interval],
        dataset: EvaluationDataset,
    ) -> None:
        """Log metrics, and of the intervals the ends, all about the model and the dataset."""
        ends = {
            f"{name}_ci_{end}": value
            for name, one in intervals.items()
            for end, value in (("low", one.low), ("high", one.high))
        }
        self._try(
            "the metrics",
            lambda run_id: log_metrics(
                {**metrics, **ends},
                run_id=run_id,
                model_id=self._model_id,
                dataset=dataset.described,
            ),
        )

    def artifacts(self, contents: Mapping[str, Content]) -> dict[str, EvaluationArtifact]:
        """Log files; each is of use whether or not it could be logged."""
        root = self._try("the artifacts", lambda run_id: self._upload(run_id, contents)) or ""
        return {
            name: HeldArtifact(f"{root}/{content.file}" if root else content.file, content)
            for name, content in contents.items()
        }

    def table(self, file: str, frame: Any) -> EvaluationArtifact:
        """Log a table that the pages show, below what such a table of the run has already."""
        columns = {str(name): _plain(frame[name].tolist()) for name in frame.columns}
        rows = [list(row) for row in zip(*columns.values(), strict=True)]
        text = json.dumps({"columns": list(columns), "data": rows}, default=str)
        root = self._try("a table", lambda run_id: self._append(run_id, file, columns)) or ""
        return HeldArtifact(f"{root}/{file}" if root else file, Content(file, text.encode()))

    def _upload(self, run_id: str, contents: Mapping[str, Content]) -> str:
        with tempfile.TemporaryDirectory(prefix="millstream-") as folder:
            for content in contents.values():
                Path(folder, content.file).write_bytes(content.data)
            if contents:
                ArtifactMethods(place_of(run_id)).log_artifacts(run_id, folder)
        return _root(run_id)

    def _append(self, run_id: str, file: str, columns: Mapping[str, list[Any]]) -> str:
        TableMethods(place_of(run_id)).log_table(run_id, columns, file)
        return _root(run_id)

    def _tag(self, run_id: str, dataset: EvaluationDataset) -> None:
        client = MillstreamClient(place_of(run_id))
        before = json.loads(client.get_run(run_id).data.tags.get(DATASETS, "[]"))
        entry = {"name": dataset.name, "hash": dataset.hash, "model": self._model_id}
        if dataset.path is not None:
            entry["path"] = dataset.path
        if entry not in before:
            client.set_tag(run_id, DATASETS, json.dumps([*before, entry]))

    def _try(self, what: str, log: Callable[[str], Any]) -> Any:
        if self.run_id is None:
            return None
        try:
            return log(self.run_id)
        except (MillstreamError, OSError) as error:
            warn(f"{what} of the evaluation could not be logged to run {self.run_id}: {error}")
            return None


def _root(run_id: str) -> str:
    active = active_run()
    own = active is not None and active.info.run_id == run_id
    run = active if active and own else MillstreamClient(place_of(run_id)).get_run(run_id)
    if not run.info.artifact_uri:
        raise NotFound(f"run '{run_id}' has no artifact location")
    return run.info.artifact_uri.rstrip("/")


def _plain(values: list[Any]) -> list[Any]:
    """The same with None for numbers that JSON does not know."""
    return [None if isinstance(one, float) and not math.isfinite(one) else one for one in values]
