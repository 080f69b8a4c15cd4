"""Splits of the library `datasets` are described as MLflow describes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import pandas
import pytest

import millstream
from millstream.client.data import api as data
from millstream.client.data import huggingface_dataset
from millstream.errors import InvalidParameter

ROWS = {"a": [1, 2, 3], "t": ["x", None, "y"], "y": [0.5, 1.0, 2.0]}
NESTED = {**ROWS, "l": [[1], [], [2]]}


@pytest.fixture
def split() -> Any:
    return datasets.Dataset.from_dict(ROWS)


def test_a_split_is_described(split: Any) -> None:
    dataset = data.from_huggingface(split, targets="y", name="prices")
    described = dataset.to_dict()
    assert (described["name"], described["source_type"]) == ("prices", "code")
    assert json.loads(described["schema"]) == {
        "mlflow_colspec": [
            {"type": "long", "name": "a", "required": True},
            {"type": "string", "name": "t", "required": False},
            {"type": "double", "name": "y", "required": True},
        ]
    }
    assert json.loads(described["profile"]) == {
        "num_rows": 3,
        "dataset_size": None,
        "size_in_bytes": None,
    }
    assert (dataset.targets, dataset.ds) == ("y", split)


def test_the_digest_is_of_the_rows_that_the_split_has() -> None:
    split = datasets.Dataset.from_dict(NESTED)
    digest = data.from_huggingface(split).digest
    assert data.from_huggingface(datasets.Dataset.from_dict(NESTED)).digest == digest
    parts = [split.select([0]), split.select([1, 2])]
    assert data.from_huggingface(datasets.concatenate_datasets(parts)).digest == digest
    turned = split.select([2, 1, 0])
    assert data.from_huggingface(turned).digest != digest
    assert data.from_huggingface(turned.select([2, 1, 0])).digest == digest
    assert data.from_huggingface(split.select([0])).digest != digest
    assert data.from_huggingface(split, digest="1234").digest == "1234"


def test_of_large_rows_few_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_dataset, "MOST_BYTES_HASHED", 1000)
    rows = [b"x" * 400 for _ in range(8)]
    first = data.from_huggingface(datasets.Dataset.from_dict({"sound": rows})).digest
    late, early = [*rows[:-1], b"y" * 400], [b"y" * 400, *rows[1:]]
    assert data.from_huggingface(datasets.Dataset.from_dict({"sound": late})).digest == first
    assert data.from_huggingface(datasets.Dataset.from_dict({"sound": early})).digest != first


def test_every_type_has_a_name() -> None:
    features = datasets.Features(
        {
            "small": datasets.Value("int16"),
            "half": datasets.Value("float16"),
            "on": datasets.Value("bool"),
            "when": datasets.Value("timestamp[us]"),
            "raw": datasets.Value("large_binary"),
            "label": datasets.ClassLabel(names=["no", "yes"]),
            "words": datasets.List(datasets.Value("string")),
            "box": {"w": datasets.Value("int64")},
            "grid": datasets.Array2D((2, 2), "float32"),
            "span": datasets.Value("duration[s]"),
        }
    )
    empty = datasets.Dataset.from_dict({name: [] for name in features}, features=features)
    schema = data.from_huggingface(empty).schema["mlflow_colspec"]
    floats = {"type": "array", "items": {"type": "array", "items": {"type": "float"}}}
    wanted: dict[str, Any] = {
        "small": {"type": "integer"},
        "half": {"type": "float"},
        "on": {"type": "boolean"},
        "when": {"type": "datetime"},
        "raw": {"type": "binary"},
        "label": {"type": "long"},
        "words": {"type": "array", "items": {"type": "string"}},
        "box": {"type": "object", "properties": {"w": {"type": "long", "required": False}}},
        "grid": floats,
        "span": {"type": "any"},
    }
    assert schema == [{**kind, "name": name, "required": True} for name, kind in wanted.items()]


def test_a_source_on_the_hub_loads_the_split_again(tmp_path: Path) -> None:
    """By the module for files of CSV, which is called as those on the hub are."""
    file = tmp_path / "prices.csv"
    file.write_text("a,y\n1,2.5\n")
    split = datasets.load_dataset(
        "csv", data_files=[str(file)], split="train", cache_dir=str(tmp_path / "cache")
    )
    dataset = data.from_huggingface(split, "csv", data_files=[str(file)], trust_remote_code=True)
    assert dataset.source.kind == "hugging_face"
    assert dataset.source.to_dict() == {
        "path": "csv",
        "config_name": split.config_name,
        "data_dir": None,
        "data_files": [str(file)],
        "split": "train",
        "revision": None,
    }
    assert dataset.source.load().to_dict() == {"a": [1], "y": [2.5]}


@pytest.mark.parametrize(
    ("version", "told"), [("3.6.0", {"trust_remote_code": False}), ("4.0", {})]
)
def test_code_of_a_dataset_is_never_trusted(
    split: Any, version: str, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Releases before the fourth may run it, and the later ones do not know the argument."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(datasets, "__version__", version)
    monkeypatch.setattr(datasets, "load_dataset", lambda _, **options: asked.append(options))
    data.from_huggingface(split, "org/name", trust_remote_code=True).source.load()
    (options,) = asked
    assert {key: value for key, value in options.items() if key.startswith("trust")} == told


def test_another_source_goes_before_the_path(split: Any) -> None:
    found = data.from_huggingface(split, "org/name", source="s3://b/x").source
    assert (found.kind, found.uri) == ("s3", "s3://b/x")


@pytest.mark.usefixtures("own_store")
def test_a_run_notes_it(split: Any) -> None:
    with millstream.start_run() as run:
        millstream.log_input(data.from_huggingface(split, "org/name"), "training")
    (used,) = millstream.get_run(run.info.run_id).inputs.dataset_inputs
    assert used.dataset.source_type == "hugging_face"
    assert data.get_source(used).to_dict()["path"] == "org/name"


@pytest.mark.parametrize("kind", ["frame", "splits"])
def test_anything_but_one_split_is_refused(split: Any, kind: str) -> None:
    given = {"frame": pandas.DataFrame(ROWS), "splits": datasets.DatasetDict({"train": split})}
    with pytest.raises(InvalidParameter, match=r"Of several splits choose one.*\['train'\]"):
        data.from_huggingface(given[kind])


def test_a_column_that_is_not_there_is_refused(split: Any) -> None:
    with pytest.raises(InvalidParameter, match="the specified targets column 'z'"):
        data.from_huggingface(split, targets="z")
