"""Projects in each of the forms that MLflow's own examples have run as they are.

What runs in an image is in tests/unit/projects/launch/test_buildah.py, with a real container.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.test_projects import Caller, call

__all__ = ["call"]  # a fixture of that file

STEPS = """
name: steps

entry_points:
  load_raw_data:
    command: "python load_raw_data.py"

  etl_data:
    parameters:
      raw_csv: path
      max_row_limit: {type: int, default: 100000}
    command: "python etl_data.py --raw-csv {raw_csv} --max-row-limit {max_row_limit}"

  main:
    parameters:
      rows: {type: float, default: 2}
    command: "python main.py --rows {rows}"
"""
LOAD = """
import pathlib, tempfile
import mlflow

with mlflow.start_run():
    file = pathlib.Path(tempfile.mkdtemp(), "raw.csv")
    file.write_text("a\\n1\\n2\\n3\\n")
    mlflow.log_artifact(str(file), "raw")
"""
ETL = """
import argparse
import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--raw-csv")
parser.add_argument("--max-row-limit", type=int)
options = parser.parse_args()
with mlflow.start_run():
    rows = open(options.raw_csv).read().split()[1:]
    mlflow.log_metric("rows", min(len(rows), options.max_row_limit))
"""
MAIN = """
import argparse, os
import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--rows", type=float)
options = parser.parse_args()
with mlflow.start_run() as active:
    loaded = mlflow.run(".", "load_raw_data", parameters={}, env_manager="local")
    loaded = mlflow.tracking.MlflowClient().get_run(loaded.run_id)
    raw = os.path.join(loaded.info.artifact_uri, "raw", "raw.csv")
    given = {"raw_csv": raw, "max_row_limit": int(options.rows)}
    etl = mlflow.projects.run(uri=".", entry_point="etl_data", parameters=given)
    etl = mlflow.tracking.MlflowClient().get_run(etl.run_id)
    mlflow.log_metric("rows", etl.data.metrics["rows"])
"""
TYPES = """
name: types
entry_points:
  main:
    parameters:
      alpha: float
      l1_ratio: {type: float, default: 0.1}
      data: {type: path, default: wine.csv}
      source: {type: uri, default: "https://example.com/data"}
      note: {type: string, default: "two words"}
    command: >
      python train.py {alpha} {l1_ratio} {data} {source} {note}
  validate:
    parameters: {data: path}
    command: "python validate.py {data}"
"""
TRAIN = """
import sys
import mlflow

alpha, l1_ratio, data, source, note = sys.argv[1:6]
with mlflow.start_run():
    mlflow.log_metric("sum", float(alpha) + float(l1_ratio))
    mlflow.log_text(f"{open(data).read()}|{source}|{note}|{sys.argv[6:]}", "seen.txt")
"""
IMPORTS = """
import importlib.metadata, sys
import mlflow, tomli_w

with mlflow.start_run():
    mlflow.log_metric("prefix", sys.prefix != sys.base_prefix)
    mlflow.log_text(importlib.metadata.version("tomli_w"), "version.txt")
"""
CONDA = """
name: tutorial
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pip
  - pip:
    - tomli_w==1.0.0
    - mlflow>=1.0
"""
PYTHON_ENV = """
python: "3.11"
build_dependencies:
  - pip
dependencies:
  - -r requirements.txt
"""


def write(folder: Path, **files: str) -> Path:
    """A folder with files; two underscores are a dot."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def data_of(run: dict[str, object]) -> Any:
    return run["data"]


def read(call: Caller, run: dict[str, Any], name: str) -> str:
    """What a run logged as a text."""
    words = ("artifacts", "download", "--run-id", run["info"]["run_id"], "--artifact-path", name)
    call(*words, "--dst-path", str(call.folder / "downloaded"))
    return (call.folder / "downloaded" / name).read_text()


def test_a_workflow_of_several_steps(call: Caller, tmp_path: Path) -> None:
    files = {"load_raw_data__py": LOAD, "etl_data__py": ETL, "main__py": MAIN}
    call("run", str(write(tmp_path / "steps", MLproject=STEPS, **files)), "-P", "rows=2")
    main, *steps = call.runs()
    assert data_of(main)["metrics"] == {"rows": 2.0}
    points = {data_of(one)["tags"]["mlflow.project.entryPoint"]: data_of(one) for one in steps}
    assert points.keys() == {"load_raw_data", "etl_data"}
    parent = main["info"]["run_id"]  # type: ignore[index]  # JSON
    assert {one["tags"]["mlflow.parentRunId"] for one in points.values()} == {parent}
    assert points["etl_data"]["params"]["max_row_limit"] == "2"


def test_parameters_of_each_type_in_a_folder_of_a_repository(call: Caller, tmp_path: Path) -> None:
    files = {"train__py": TRAIN, "validate__py": "import sys; open(sys.argv[1])"}
    root = tmp_path / "repository"
    write(root / "examples" / "types", MLproject=TYPES, **files)
    named = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    for words in (
        ("init", "--quiet", "--initial-branch", "master"),
        ("add", "."),
        (*named, "commit", "--quiet", "-m", "first"),
        ("tag", "v1"),
    ):
        subprocess.run(["git", *words], cwd=root, check=True)
    (tmp_path / "wine.csv").write_text("wine")
    uri = f"{root.as_uri()}#examples/types"
    given = ("-P", "alpha=0.5", "-P", "extra=a b")
    call("run", uri, "--version", "v1", *given)
    call("run", uri, "-v", "master", "-e", "validate", "-P", "data=wine.csv")
    trained, validated = call.runs()
    assert data_of(trained)["metrics"] == {"sum": 0.6}
    assert data_of(trained)["params"]["l1_ratio"] == "0.1"
    assert data_of(trained)["tags"]["mlflow.source.name"] == uri
    assert data_of(validated)["tags"]["mlflow.source.git.branch"] == "master"
    seen = read(call, trained, "seen.txt")
    assert seen == "wine|https://example.com/data|two words|['--extra', 'a b']"


def test_a_folder_of_scripts(call: Caller, tmp_path: Path) -> None:
    script = "import sys, mlflow\nmlflow.log_param('told', ' '.join(sys.argv[1:]))\n"
    folder = write(tmp_path / "scripts", train__py=script, check__sh="test $# = 2")
    call("run", str(folder), "-e", "train.py", "-P", "alpha=1")
    call("run", str(folder), "-e", "check.sh", "-P", "alpha=1")
    trained, _ = call.runs()
    assert data_of(trained)["params"] == {"alpha": "1", "told": "--alpha 1"}


@pytest.mark.parametrize("manager", ["uv", "virtualenv"])
@pytest.mark.parametrize("form", ["conda", "python"])
def test_environments_of_files(call: Caller, tmp_path: Path, manager: str, form: str) -> None:
    commands = "entry_points: {main: {command: 'python train.py'}}\n"
    if form == "conda":
        files = {"MLproject": f"name: x\nconda_env: conda.yaml\n{commands}", "conda__yaml": CONDA}
    else:
        files = {
            "MLproject": f"name: x\npython_env: python_env.yaml\n{commands}",
            "python_env__yaml": PYTHON_ENV,
            "requirements__txt": "mlflow\ntomli_w==1.0.0\n",
        }
    folder = write(tmp_path / "project", train__py=IMPORTS, **files)
    call("run", str(folder), "--env-manager", manager)
    (found,) = call.runs()
    assert data_of(found)["metrics"] == {"prefix": 1.0}
    assert data_of(found)["tags"]["mlflow.project.env"] == manager
    assert read(call, found, "version.txt") == "1.0.0"
