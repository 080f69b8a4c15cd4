"""`mlflow.models.predict` answers from the environment that the model asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from millstream.errors import InvalidParameter, MillstreamError
from millstream.integrations import pyfunc
from millstream.serving.prediction import predict

_CODE = """\
import os
from millstream.models import set_model
from millstream.pyfunc import PythonModel

class Sum(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["a"] + float(os.environ.get("BONUS", "0"))

set_model(Sum())
"""
FRAME = pd.DataFrame({"a": [1.5, 2.5]})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("code")
    (folder / "sum.py").write_text(_CODE)
    pyfunc.save_model(folder / "model", python_model=str(folder / "sum.py"), pip_requirements=[])
    return str(folder / "model")


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (FRAME, "json"),
        (FRAME, "csv"),
        ({"a": np.array([1.5, 2.5])}, "json"),
        ('{"dataframe_records": [{"a": 1.5}, {"a": 2.5}]}', "json"),
        ("a\n1.5\n2.5\n", "csv"),
    ],
)
def test_data_of_any_form(
    model: str, data: Any, content_type: str, capsys: pytest.CaptureFixture[str]
) -> None:
    predict(model, data, content_type=content_type, env_manager="local")
    rows = json.loads(capsys.readouterr().out)["predictions"]
    assert [next(iter(row.values())) if isinstance(row, dict) else row for row in rows] == [
        1.5,
        2.5,
    ]


def test_files_and_variables(model: str, tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "rows.csv", index=False)
    predict(
        model,
        input_path=tmp_path / "rows.csv",
        content_type="csv",
        output_path=tmp_path / "out.csv",
        extra_envs={"BONUS": "10"},
    )
    assert pd.read_csv(tmp_path / "out.csv").iloc[:, 0].tolist() == [11.5, 12.5]


def test_what_goes_wrong_is_raised(model: str) -> None:
    with pytest.raises(MillstreamError, match="KeyError"):
        predict(model, pd.DataFrame({"b": [1]}), env_manager="local")
    with pytest.raises(InvalidParameter, match="env_manager must be one of auto, local"):
        predict(model, FRAME, env_manager="docker")
    with pytest.raises(InvalidParameter, match="give one of them"):
        predict(model, FRAME, input_path="x")
