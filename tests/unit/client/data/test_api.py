"""Datasets describe themselves as MLflow's do, and their sources lead back to the data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

import millstream
from millstream.client.data import api as data
from millstream.errors import InvalidParameter, NotSupported

FRAME = pandas.DataFrame({"a": [1, 2, 3], "y": [0.5, 1, None]})


def test_a_frame_is_described() -> None:
    dataset = data.from_pandas(FRAME, "https://x.org/a.csv", "y", "prices", predictions="a")
    described = dataset.to_dict()
    assert list(described) == ["name", "digest", "source", "source_type", "schema", "profile"]
    assert (described["name"], len(described["digest"])) == ("prices", 8)
    assert (described["source"], described["source_type"]) == (
        '{"url": "https://x.org/a.csv"}',
        "http",
    )
    assert json.loads(described["schema"]) == {
        "mlflow_colspec": [
            {"type": "long", "name": "a", "required": True},
            {"type": "double", "name": "y", "required": False},
        ]
    }
    assert json.loads(described["profile"]) == {"num_rows": 3, "num_elements": 6}
    assert json.loads(dataset.to_json()) == described
    assert (dataset.targets, dataset.predictions) == ("y", "a")
    assert dataset.df is FRAME
    assert data.from_pandas(FRAME).name == "dataset"


def test_arrays_are_described() -> None:
    one = data.from_numpy(
        numpy.zeros((3, 2)), targets=numpy.zeros(3, "int64"), source="x"
    ).to_dict()
    tensors = json.loads(one["schema"])["mlflow_tensorspec"]
    assert json.loads(tensors["features"]) == [
        {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}
    ]
    assert json.loads(tensors["targets"])[0]["tensor-spec"] == {"dtype": "int64", "shape": [-1]}
    assert json.loads(one["profile"])["features_shape"] == [3, 2]
    named = data.from_numpy({"u": numpy.zeros(3), "v": numpy.ones(3)}).to_dict()
    tensors = json.loads(named["schema"])["mlflow_tensorspec"]
    assert [spec["name"] for spec in json.loads(tensors["features"])] == ["u", "v"]
    assert tensors["targets"] is None
    assert json.loads(named["profile"])["features_size"] == {"u": 3, "v": 3}


@pytest.mark.parametrize("role", ["targets", "predictions"])
def test_a_column_that_is_not_there_is_refused(role: str) -> None:
    options: dict[str, Any] = {role: "z"}
    with pytest.raises(InvalidParameter, match=f"the specified {role} column 'z'"):
        data.from_pandas(FRAME, **options)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("s3://b/x", "s3"),
        ("gs://b/x", "gs"),
        ("file:///x.csv", "local"),
        ("x.csv", "local"),
        (Path("x.csv"), "local"),
        ("https://x.org/y", "http"),
        ("abfss://c@a/x", "abfss"),
    ],
)
def test_sources_are_of_the_kinds_that_mlflow_names(source: Any, kind: str) -> None:
    found = data.from_pandas(FRAME, source).source
    assert (found.kind, found.uri) == (kind, str(source))
    assert json.loads(found.to_json()) == found.to_dict()
    assert data.from_pandas(FRAME, found).source is found


def test_a_run_leads_back_to_the_data(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,y\n1,2\n")
    dataset = data.from_pandas(FRAME, tmp_path / "a.csv")
    with millstream.start_run() as run:
        millstream.log_input(dataset, "training", {"n": 1})  # type: ignore[dict-item]  # as scripts do
    used = millstream.get_run(run.info.run_id).inputs.dataset_inputs[0]
    assert {tag.key: tag.value for tag in used.tags} == {
        "mlflow.data.context": "training",
        "n": "1",
    }
    for source in map(data.get_source, (used, used.dataset, dataset)):
        assert source == dataset.source
        assert Path(source.load()).read_text() == "a,y\n1,2\n"
    copy = dataset.source.load(tmp_path / "copy")
    assert Path(copy).parent == tmp_path / "copy"


def test_what_code_made_cannot_be_fetched() -> None:
    made = data.from_pandas(FRAME).source
    assert made.kind == "code"
    assert "mlflow.source.name" in made.tags
    assert not hasattr(made, "uri")
    with pytest.raises(NotSupported, match="give `source`"):
        made.load()
    with pytest.raises(InvalidParameter, match="Unrecognized dataset type"):
        data.get_source(3)
