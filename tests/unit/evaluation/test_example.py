from __future__ import annotations

import runpy
from pathlib import Path

import pytest

import millstream

EXAMPLE = Path(__file__).parents[3] / "examples" / "evaluation" / "compare.py"


def test_the_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLE))
    assert "accuracy_score" in capsys.readouterr().out
    (run,) = millstream.search_runs(output_format="list")
    assert run.data.metrics["roc_auc"] > 0.95
