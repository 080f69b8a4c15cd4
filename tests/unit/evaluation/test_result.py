from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from millstream.errors import MillstreamError, NotFound
from millstream.evaluation.comparison import compare
from millstream.evaluation.contents import EvaluationArtifact
from millstream.evaluation.evaluate import evaluate
from millstream.evaluation.result import EvaluationResult


@pytest.fixture
def result() -> EvaluationResult:
    generator = np.random.default_rng(0)
    true = generator.integers(0, 3, 60)
    frame = pd.DataFrame({"true": true, "said": np.where(generator.random(60) < 0.8, true, 1)})
    return evaluate(data=frame, targets="true", predictions="said", model_type="classifier")


def test_a_saved_result_is_the_same_again(result: EvaluationResult, tmp_path: Path) -> None:
    result.save(tmp_path / "saved")
    again = EvaluationResult.load(tmp_path / "saved")
    assert again.metrics == result.metrics
    assert again.intervals == result.intervals
    assert again.run_id == result.run_id
    assert list(again.artifacts) == list(result.artifacts)
    assert again.artifacts["per_class_metrics"].content.equals(
        pd.read_csv(tmp_path / "saved" / "artifacts" / "per_class_metrics.csv")
    )
    assert again.tables["metric_intervals"].equals(result.tables["metric_intervals"])
    assert again.artifacts["confusion_matrix"].content.size == (
        result.artifacts["confusion_matrix"].content.size
    )
    assert (compare(again, result)["difference"] == 0).all()
    assert compare(again, result)["low"].notna().all()


def test_it_is_saved_in_the_form_that_mlflow_reads(
    result: EvaluationResult, tmp_path: Path
) -> None:
    result.save(tmp_path)
    described = json.loads((tmp_path / "artifacts_metadata.json").read_text())
    assert described["per_class_metrics"]["class_name"] == (
        "mlflow.models.evaluation.artifacts.CsvEvaluationArtifact"
    )
    assert json.loads((tmp_path / "metrics.json").read_text()) == result.metrics


def test_what_mlflow_saved_is_read(tmp_path: Path) -> None:
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts" / "note.txt").write_text("seen")
    (tmp_path / "metrics.json").write_text('{"accuracy_score": 0.5}')
    entry = {"uri": "s3://bucket/run/note.txt", "class_name": "os.system"}
    (tmp_path / "artifacts_metadata.json").write_text(json.dumps({"note": entry}))
    found = EvaluationResult.load(tmp_path)
    assert found.metrics == {"accuracy_score": 0.5}
    assert found.artifacts["note"].content == "seen"
    assert found.artifacts["note"].uri == "s3://bucket/run/note.txt"
    assert found.intervals == {}


@pytest.mark.parametrize("uri", ["..", "s3://bucket/.."])
def test_a_saved_result_cannot_point_out_of_its_folder(uri: str, tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text("{}")
    (tmp_path / "artifacts_metadata.json").write_text(json.dumps({"note": {"uri": uri}}))
    with pytest.raises(MillstreamError):
        EvaluationResult.load(tmp_path)


def test_a_folder_without_a_result_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"metrics\.json is missing"):
        EvaluationResult.load(tmp_path)


def test_artifacts_are_read_from_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "values.json").write_text("[1, 2]")
    assert EvaluationArtifact(str(tmp_path / "values.json")).content == [1, 2]
    given: Any = {"at": "hand"}
    assert EvaluationArtifact("s3://nowhere/values.json", given).content is given


def test_a_result_shows_its_numbers_with_their_intervals(result: EvaluationResult) -> None:
    low, high, _ = result.intervals["accuracy_score"]
    value = result.metrics["accuracy_score"]
    assert f"accuracy_score: {value:.6g}  [{low:.6g}, {high:.6g}]" in repr(result)
    assert "  example_count: 60\n" in repr(result)
