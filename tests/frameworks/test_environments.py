"""Models of the real MLflow in environments of their own, and Parquet in and out."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from tests.frameworks.both_ways import save_with_mlflow

from millstream.environments.specification import EnvManager
from millstream.integrations import sklearn
from millstream.integrations.model_environment import prepare, specification
from millstream.serving.prediction import predict
from millstream.serving.scoring import score
from millstream.serving.scoring_job import ScoringJob

ROWS = pd.DataFrame({"a": np.arange(10.0), "b": np.arange(10.0) ** 2})
FITTED = LinearRegression().fit(ROWS, ROWS["a"] + 3 * ROWS["b"])
ANSWER = FITTED.predict(ROWS)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILLSTREAM_ENV_ROOT", str(tmp_path / "environments"))
    return tmp_path / "environments"


def test_mlflow_in_the_requirements_of_a_foreign_model_is_met_by_this_package(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "foreign"
    wanted = ["mlflow==3.17.2", "scikit-learn", "skops", "pandas", "colorama==0.4.5"]
    save_with_mlflow("sklearn", FITTED, model, input_example=ROWS, pip_requirements=wanted)
    assert "mlflow==3.17.2" in specification(model).requirements

    made = prepare([model], EnvManager.AUTO)
    assert made.manager == "uv"
    listed = "import importlib.metadata as m; print(*[d.name for d in m.distributions()])"
    done = subprocess.run(
        [str(made.python), "-I", "-c", listed], capture_output=True, text=True, check=True
    )
    names = {name.lower() for name in done.stdout.split()}
    assert {"millstream", "colorama", "scikit-learn"} <= names
    assert not {"mlflow", "mlflow-skinny", "flask", "gunicorn"} & names

    capsys.readouterr()
    predict(str(model), ROWS)
    answer = json.loads(capsys.readouterr().out)["predictions"]
    np.testing.assert_allclose(answer, ANSWER, rtol=1e-9, atol=1e-9)
    assert len([path for path in root.iterdir() if path.is_dir()]) == 1


class TestParquet:
    @pytest.fixture
    def job(self, tmp_path: Path) -> ScoringJob:
        sklearn.save_model(FITTED, tmp_path / "model", input_example=ROWS)
        ROWS.to_parquet(tmp_path / "rows.parquet", row_group_size=4)
        return ScoringJob(
            model=str(tmp_path / "model"),
            input_path=str(tmp_path / "rows.parquet"),
            output_path=str(tmp_path / "out.csv"),
            chunk_rows=3,
        )

    def test_is_read_in_chunks_of_any_size(self, job: ScoringJob, tmp_path: Path) -> None:
        assert score(job) == 10
        found = pd.read_csv(tmp_path / "out.csv").iloc[:, 0]
        np.testing.assert_allclose(found, ANSWER, rtol=1e-9, atol=1e-9)

    def test_is_written_as_one_file(self, job: ScoringJob, tmp_path: Path) -> None:
        out = tmp_path / "out.parquet"
        assert score(msgspec.structs.replace(job, output_path=str(out))) == 10
        table = pd.read_parquet(out)
        np.testing.assert_allclose(table.iloc[:, 0], ANSWER, rtol=1e-9, atol=1e-9)
        assert not (tmp_path / "out.parquet.partial").exists()
