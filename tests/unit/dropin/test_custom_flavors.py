"""A library with a flavor of its own, written as such libraries are, and what else they use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

import mlflow

FLAVOR = """
import json, os, yaml
import mlflow
from mlflow import pyfunc
from mlflow.models import Model, ModelSignature
from mlflow.models.model import MLMODEL_FILE_NAME
from mlflow.models.utils import _save_example
from mlflow.tracking.artifact_utils import _download_artifact_from_uri
from mlflow.utils.environment import (
    _CONDA_ENV_FILE_NAME, _CONSTRAINTS_FILE_NAME, _PYTHON_ENV_FILE_NAME, _REQUIREMENTS_FILE_NAME,
    _mlflow_conda_env, _process_conda_env, _process_pip_requirements, _PythonEnv,
    _validate_env_arguments,
)
from mlflow.utils.file_utils import write_to
from mlflow.utils.model_utils import (
    _add_code_from_conf_to_system_path, _get_flavor_configuration,
    _validate_and_copy_code_paths, _validate_and_prepare_target_save_path,
)
from mlflow.utils.requirements_utils import _get_pinned_requirement

def save_model(words, path, conda_env=None, code_paths=None, mlflow_model=None, signature=None,
               input_example=None, pip_requirements=None, extra_pip_requirements=None):
    _validate_env_arguments(conda_env, pip_requirements, extra_pip_requirements)
    _validate_and_prepare_target_save_path(path)
    code = _validate_and_copy_code_paths(code_paths, path)
    if mlflow_model is None:
        mlflow_model = Model()
    if input_example is not None:
        _save_example(mlflow_model, input_example, path)
    with open(os.path.join(path, "words.json"), "w") as file:
        json.dump(words, file)
    pyfunc.add_to_model(mlflow_model, loader_module="words_flavor", model_path="words.json",
                        conda_env=_CONDA_ENV_FILE_NAME, python_env=_PYTHON_ENV_FILE_NAME, code=code)
    mlflow_model.add_flavor("words", data="words.json", code=code)
    mlflow_model.save(os.path.join(path, MLMODEL_FILE_NAME))
    if conda_env is None:
        default = [_get_pinned_requirement("numpy")] if pip_requirements is None else None
        conda_env, pip_requirements, constraints = _process_pip_requirements(
            default, pip_requirements, extra_pip_requirements)
    else:
        conda_env, pip_requirements, constraints = _process_conda_env(conda_env)
    with open(os.path.join(path, _CONDA_ENV_FILE_NAME), "w") as file:
        yaml.safe_dump(conda_env, stream=file, default_flow_style=False)
    if constraints:
        write_to(os.path.join(path, _CONSTRAINTS_FILE_NAME), "\\n".join(constraints))
    write_to(os.path.join(path, _REQUIREMENTS_FILE_NAME), "\\n".join(pip_requirements))
    _PythonEnv.current().to_yaml(os.path.join(path, _PYTHON_ENV_FILE_NAME))

def log_model(words, artifact_path, **kwargs):
    import words_flavor
    return Model.log(artifact_path=artifact_path, flavor=words_flavor, words=words, **kwargs)

def load_model(model_uri, dst_path=None):
    path = _download_artifact_from_uri(artifact_uri=model_uri, output_path=dst_path)
    conf = _get_flavor_configuration(model_path=path, flavor_name="words")
    _add_code_from_conf_to_system_path(path, conf)
    with open(os.path.join(path, conf["data"])) as file:
        return json.load(file)

class _Wrapper:
    def __init__(self, words):
        self.words = words
    def predict(self, data, params=None):
        return [self.words[i] for i in data]

def _load_pyfunc(path):
    with open(os.path.join(path, "words.json")) as file:
        return _Wrapper(json.load(file))
"""


@pytest.fixture
def flavor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "words_flavor.py").write_text(FLAVOR)
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    mlflow.set_tracking_uri(tmp_path / "runs")
    yield __import__("words_flavor")
    sys.modules.pop("words_flavor")
    mlflow.set_tracking_uri("")


def test_a_flavor_of_a_library_works(flavor: Any, tmp_path: Path) -> None:
    with mlflow.start_run() as run:
        info = flavor.log_model(["a", "b"], "words", input_example=[0, 1])
    assert flavor.load_model(f"runs:/{run.info.run_id}/words") == ["a", "b"]
    assert flavor.load_model(info.model_uri) == ["a", "b"]
    loaded = mlflow.pyfunc.load_model(info.model_uri)
    assert loaded.predict([1, 0]) == ["b", "a"]
    assert loaded.input_example == [0, 1]
    path = tmp_path / "saved"
    flavor.save_model(["c"], str(path), extra_pip_requirements=["tabulate"])
    lines = (path / "requirements.txt").read_text().split("\n")
    assert [line.partition("==")[0] for line in lines] == ["mlflow", "numpy", "tabulate"]
    assert yaml.safe_load((path / "conda.yaml").read_text())["dependencies"][-1] == {"pip": lines}
    assert yaml.safe_load((path / "python_env.yaml").read_text())["dependencies"]
    with pytest.raises(mlflow.MlflowException, match="already exists and is not empty"):
        flavor.save_model(["c"], str(path))
    with pytest.raises(mlflow.MlflowException, match="Only one of"):
        flavor.save_model(["c"], "x", pip_requirements=["a"], conda_env={})


def test_a_conda_environment_for_a_flavor(tmp_path: Path) -> None:
    conda = mlflow.utils.environment._mlflow_conda_env(
        additional_pip_deps=["a==1"], additional_conda_deps=["c"], additional_conda_channels=["x"]
    )
    assert conda["channels"] == ["conda-forge", "x"]
    assert conda["dependencies"][1] == "c"
    assert conda["dependencies"][-1] == {"pip": ["mlflow==3.17.2", "a==1"]}
    assert mlflow.utils.environment._mlflow_conda_env(path=str(tmp_path / "conda.yaml")) is None
    assert (tmp_path / "conda.yaml").is_file()


def test_requirements_seen_in_a_model(tmp_path: Path) -> None:
    mlflow.sklearn.save_model({"a": 1}, tmp_path / "model", serialization_format="pickle")
    found = mlflow.models.infer_pip_requirements(str(tmp_path / "model"), "x", fallback=["b==1"])
    assert found == ["b==1"]


def test_files_and_folders(tmp_path: Path) -> None:
    files = mlflow.utils.file_utils
    with files.TempDir(chdr=True) as folder:
        Path(folder.path("a.txt")).write_text("x")
        assert Path("a.txt").is_file()
        inside = Path.cwd()
    assert not inside.exists()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").write_text("x")
    assert files._copy_file_or_tree(str(tmp_path / "a"), str(tmp_path / "c"), "d") == "d/a"
    assert (tmp_path / "c/d/a/b.txt").is_file()
    assert files._copy_file_or_tree(str(tmp_path / "a/b.txt"), str(tmp_path / "e")) == "b.txt"


def test_classes_by_name() -> None:
    name = mlflow.utils._get_fully_qualified_class_name(Path())
    assert mlflow.utils.class_utils._get_class_from_string("pathlib.Path") is Path
    assert name.startswith("pathlib.")


def test_the_stack_of_active_runs_can_be_taken_away_and_put_back(tmp_path: Path) -> None:
    mlflow.set_tracking_uri(tmp_path)
    stack = mlflow.tracking.fluent._active_run_stack
    with mlflow.start_run() as outer, mlflow.start_run(nested=True) as inner:
        kept = stack.copy()
        assert [run.info.run_id for run in kept] == [outer.info.run_id, inner.info.run_id]
        stack.clear()
        assert mlflow.active_run() is None
        assert len(stack.get()) == 0
        stack.extend(kept)
        stack.remove(inner)
        assert mlflow.active_run().info.run_id == outer.info.run_id
        with pytest.raises(ValueError, match="not active"):
            stack.remove(inner)
        stack.append(inner)
        assert stack[-1].info.run_id == inner.info.run_id
        assert stack.pop().info.run_id == inner.info.run_id
        stack.append(inner)
    assert mlflow.get_run(inner.info.run_id).info.status == "FINISHED"
    assert mlflow.tracking.fluent._active_experiment_id() == "0"
    model = mlflow.tracking.fluent._initialize_logged_model(name="m", flavor="x")
    assert model.name == "m"
    mlflow.set_tracking_uri("")


def test_where_artifacts_are(tmp_path: Path) -> None:
    mlflow.set_tracking_uri(tmp_path)
    with mlflow.start_run() as run:
        mlflow.log_text("x", "a/b.txt")
    uris = mlflow.tracking.artifact_utils
    root = uris.get_artifact_uri(run.info.run_id)
    assert uris.get_artifact_uri(run.info.run_id, "a/b.txt") == f"{root}/a/b.txt"
    local = uris._download_artifact_from_uri(f"runs:/{run.info.run_id}/a/b.txt")
    assert Path(local).read_text() == "x"
    assert uris._download_artifact_from_uri(local) == local
    mlflow.set_tracking_uri("")
