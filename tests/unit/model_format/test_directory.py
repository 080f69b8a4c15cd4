"""A model directory: manifest, sidecar files, digests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from millstream.errors import InvalidParameter, MillstreamError, NotFound
from millstream.model_format import environment as env
from millstream.model_format import example
from millstream.model_format.digests import check_digests, file_digests
from millstream.model_format.directory import (
    copy_code,
    copy_extra_files,
    create_directory,
    finish,
    inside,
)
from millstream.model_format.manifest import Manifest
from millstream.model_format.signature import infer_signature

# What MLflow 1.20 wrote for a scikit-learn model.
OLD = """
artifact_path: model
flavors:
  python_function:
    env: conda.yaml
    loader_module: mlflow.sklearn
    model_path: model.pkl
    python_version: 3.7.10
  sklearn:
    pickled_model: model.pkl
    serialization_format: cloudpickle
    sklearn_version: 0.24.2
run_id: 0123456789abcdef0123456789abcdef
utc_time_created: '2021-09-01 10:00:00.000000'
"""


def test_a_manifest_comes_back_with_all_its_keys(tmp_path: Path) -> None:
    model = Manifest(
        artifact_path="mlflow-artifacts:/1/models/m-1/artifacts",
        run_id="r",
        model_id="m-1",
        metadata={"team": "a"},
        signature=infer_signature(np.zeros((1, 2)), np.zeros(1)),
        something_new={"from": "the future"},
    )
    model.add_flavor("sklearn", pickled_model="model.pkl")
    model.save(tmp_path / "MLmodel")
    text = (tmp_path / "MLmodel").read_text()
    content = yaml.safe_load(text)
    assert [line.split(":")[0] for line in text.splitlines() if line[0] not in " -"] == sorted(
        content
    )
    assert content["model_uuid"] == "m-1"
    assert content["something_new"] == {"from": "the future"}
    assert json.loads(content["signature"]["inputs"])[0]["tensor-spec"]["shape"] == [-1, 2]
    assert content["is_signature_from_type_hint"] is False
    assert Manifest.read(tmp_path) == model
    assert str(Manifest.read(tmp_path)) == text


def test_a_manifest_of_mlflow_1_is_understood(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text(OLD)
    model = Manifest.read(tmp_path)
    assert model.flavor("sklearn")["serialization_format"] == "cloudpickle"
    assert model.signature is None
    assert model.mlflow_version is None
    with pytest.raises(NotFound, match='does not have the "xgboost" flavor'):
        model.flavor("xgboost")


@pytest.mark.parametrize("text", ["[1", "- a list"])
def test_a_broken_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "MLmodel").write_text(text)
    with pytest.raises(InvalidParameter, match="MLmodel"):
        Manifest.read(tmp_path)


def test_a_missing_manifest_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match='Could not find an "MLmodel" configuration file'):
        Manifest.read(tmp_path)


def test_every_file_has_a_digest_that_is_checked(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "weights").write_bytes(b"1")
    finish(tmp_path, Manifest(), env.Environment(["a==1"]))
    recorded = Manifest.read(tmp_path).file_digests
    assert recorded is not None
    assert set(recorded) == {"conda.yaml", "data/weights", "python_env.yaml", "requirements.txt"}
    assert Manifest.verify(tmp_path).model_size_bytes
    (tmp_path / "another").write_text("a store may add files")
    check_digests(tmp_path, recorded)
    (tmp_path / "data" / "weights").write_bytes(b"2")
    with pytest.raises(
        MillstreamError, match=r"'data/weights'.*is not the one that was saved"
    ) as e:
        Manifest.verify(tmp_path)
    assert e.value.error_code == "DATA_LOSS"
    (tmp_path / "data" / "weights").unlink()
    with pytest.raises(MillstreamError, match="lacks its file 'data/weights'"):
        Manifest.verify(tmp_path)


def test_digests_are_sha256(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    known = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert file_digests(tmp_path) == {"empty": known}


def test_a_directory_with_content_is_not_written_to(tmp_path: Path) -> None:
    assert create_directory(tmp_path / "new").is_dir()
    (tmp_path / "old").mkdir()
    assert create_directory(tmp_path / "old").is_dir()
    (tmp_path / "old" / "file").touch()
    with pytest.raises(MillstreamError, match="already exists and is not empty") as caught:
        create_directory(tmp_path / "old")
    assert caught.value.error_code == "RESOURCE_ALREADY_EXISTS"


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x"])
def test_a_model_does_not_reach_outside(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidParameter, match="not inside"):
        inside(tmp_path, name)


def test_code_and_other_files_are_copied(tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "__pycache__").mkdir(parents=True)
    (package / "module.py").write_text("x = 1")
    model = create_directory(tmp_path / "model")
    assert copy_code([str(package)], model) == "code"
    assert (model / "code/package/module.py").is_file()
    assert not (model / "code/package/__pycache__").exists()
    extra = copy_extra_files([str(package / "module.py")], model)
    assert extra == [{"path": "extra_files/module.py"}]
    with pytest.raises(InvalidParameter, match="does not exist"):
        copy_code([str(tmp_path / "absent")], model)


@pytest.mark.parametrize(
    ("given", "kind", "request_body"),
    [
        (
            pd.DataFrame({"a": [1.5], "b": ["x"]}),
            "dataframe",
            {"dataframe_split": {"columns": ["a", "b"], "data": [[1.5, "x"]]}},
        ),
        (np.array([[1.0, 2.0]]), "ndarray", {"inputs": [[1.0, 2.0]]}),
        ({"x": np.array([1.0])}, "ndarray", {"inputs": {"x": [1.0]}}),
        ({"q": "why"}, "json_object", {"inputs": {"q": "why"}}),
        (["a"], "json_object", {"inputs": ["a"]}),
    ],
    ids=["frame", "array", "arrays", "dictionary", "list"],
)
def test_examples_come_back(
    tmp_path: Path, given: Any, kind: str, request_body: dict[str, Any]
) -> None:
    info = example.save_example(given, tmp_path)
    assert info["type"] == kind
    assert json.loads(example.load_serving_input(tmp_path, info) or "") == request_body
    back = example.load_example(tmp_path, info)
    assert str(back) == str(given)
    assert example.load_example_params(tmp_path, info) is None


def test_an_example_may_have_params(tmp_path: Path) -> None:
    info = example.save_example((np.array([1]), {"k": 2}), tmp_path)
    assert info["params"] == "true"
    assert example.load_example(tmp_path, info).tolist() == [1]
    assert example.load_example_params(tmp_path, info) == {"k": 2}
    body = json.loads((tmp_path / "serving_input_example.json").read_text())
    assert body == {"inputs": [1], "params": {"k": 2}}


def test_an_example_without_json_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="cannot be written as JSON"):
        example.save_example([object()], tmp_path)


def test_the_environment_pins_what_is_installed(tmp_path: Path) -> None:
    env.environment(["sklearn", "numpy", "no_such_module"]).write(tmp_path)
    lines = (tmp_path / "requirements.txt").read_text().split("\n")
    assert lines[0] == "mlflow==3.17.2"
    assert [line.partition("==")[0] for line in lines[1:]] == ["numpy", "scikit-learn"]
    assert lines[1] == f"numpy=={np.__version__}"
    conda = yaml.safe_load((tmp_path / "conda.yaml").read_text())
    assert conda["dependencies"][2] == {"pip": lines}
    assert conda["name"] == "mlflow-env"
    python = yaml.safe_load((tmp_path / "python_env.yaml").read_text())
    assert python["dependencies"] == ["-r requirements.txt"]


def test_requirements_may_be_given_as_list_or_file(tmp_path: Path) -> None:
    (tmp_path / "bounds.txt").write_text("numpy<3\n")
    wanted = tmp_path / "wanted.txt"
    wanted.write_text(f"# a comment\nxgboost==2.0  # why\n-c {tmp_path / 'bounds.txt'}\n\n")
    got = env.environment(["numpy"], pip_requirements=str(wanted))
    assert got.requirements == ["mlflow==3.17.2", "xgboost==2.0"]
    assert got.constraints == ["numpy<3"]
    got.write(tmp_path)
    assert (tmp_path / "constraints.txt").read_text() == "numpy<3"
    more = env.environment(["numpy"], extra_pip_requirements=["tabulate"])
    assert more.requirements[1:] == [f"numpy=={np.__version__}", "tabulate"]
    own = env.environment([], pip_requirements=["millstream==1.0"])
    assert own.requirements == ["millstream==1.0"]


def test_a_conda_environment_is_kept(tmp_path: Path) -> None:
    given = {"channels": ["c"], "dependencies": ["python=3.9", {"pip": ["a==1"]}], "name": "mine"}
    env.environment(["numpy"], conda_env=given).write(tmp_path)
    conda = yaml.safe_load((tmp_path / "conda.yaml").read_text())
    pip = {"pip": ["mlflow==3.17.2", "a==1"]}
    assert conda == {"channels": ["c"], "dependencies": ["python=3.9", "pip", pip], "name": "mine"}
    assert (tmp_path / "requirements.txt").read_text() == "mlflow==3.17.2\na==1"


def test_an_environment_is_described_once() -> None:
    with pytest.raises(InvalidParameter, match="Only one of"):
        env.environment([], pip_requirements=["a"], extra_pip_requirements=["b"])
    with pytest.raises(InvalidParameter, match="does not exist"):
        env.environment([], pip_requirements="no/such/file.txt")
