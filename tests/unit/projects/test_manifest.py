"""Projects are read from MLproject and from pyproject.toml, and mistakes in them are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from millstream.errors import InvalidParameter
from millstream.projects.manifest import read
from millstream.projects.parameters import Parameter

MLPROJECT = """
name: demo
python_env: python_env.yaml
entry_points:
  main:
    parameters:
      alpha: {type: float, default: 0.5}
      data: {type: path, default: data.txt}
      req: string
    command: "python train.py --alpha {alpha} --data {data} --req {req}"
  evaluate:
    command: "python evaluate.py"
"""
PYPROJECT = """
[project]
name = "demo"
dependencies = ["numpy"]

[tool.millstream]
name = "demo"

[tool.millstream.entry-points.main]
command = "python train.py {epochs} {solver} {fast} {rate}"

[tool.millstream.entry-points.main.parameters]
epochs = { type = "int", default = 3, range = [1, 100] }
solver = { type = "choice", choices = ["svd", "lsqr"], default = "svd" }
fast = { type = "bool", default = false }
rate = { type = "float" }
"""


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / name.replace("__", ".")).write_text(text)
    return tmp_path


def test_mlproject_is_read(tmp_path: Path) -> None:
    project = read(folder(tmp_path, MLproject=MLPROJECT, python_env__yaml="python: '3.11'"))
    main = project.entry_point("main")
    assert project.name == "demo"
    assert (project.environment.kind, project.environment.file) == ("python_env", "python_env.yaml")
    assert [(p.name, p.type, p.default) for p in main.parameters] == [
        ("alpha", "float", "0.5"),
        ("data", "path", "data.txt"),
        ("req", "string", None),
    ]
    assert project.entry_point("evaluate").parameters == ()


def test_its_name_may_be_of_any_case(tmp_path: Path) -> None:
    assert read(folder(tmp_path, mLPROJECT="name: x")).name == "x"


def test_pyproject_holds_the_same(tmp_path: Path) -> None:
    project = read(folder(tmp_path, pyproject__toml=PYPROJECT))
    epochs, solver, fast, rate = project.entry_point("main").parameters
    assert project.environment.kind == "uv_project"
    assert epochs == Parameter(name="epochs", type="int", default="3", range=(1, 100), strict=True)
    assert (solver.choices, solver.default) == (("svd", "lsqr"), "svd")
    assert (fast.type, fast.checked(str(fast.default))) == ("bool", "false")
    assert (rate.default, rate.strict) == (None, True)


def test_scripts_are_entry_points(tmp_path: Path) -> None:
    project = read(tmp_path)
    assert project.entry_point("train.py").command == "python train.py"
    assert project.entry_point("it's.py").command == "python 'it'\"'\"'s.py'"
    assert project.entry_point("{x}.sh").command == "${{SHELL:-bash}} '{{x}}.sh'"
    assert project.entry_point("-c.py").command == "python ./-c.py"
    with pytest.raises(InvalidParameter, match="leads out of the project"):
        project.entry_point("../other.py")
    with pytest.raises(InvalidParameter, match=r"Could not find nope among entry points \[\]"):
        project.entry_point("nope")


@pytest.mark.parametrize(
    ("file", "kind"), [("python_env.yaml", "python_env"), ("conda.yaml", "conda_env")]
)
def test_files_say_the_environment_where_nothing_else_does(
    tmp_path: Path, file: str, kind: str
) -> None:
    (tmp_path / file).write_text("dependencies: []")
    assert read(tmp_path).environment.kind == kind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a list", "names and values"),
        ("a: [", "is not YAML"),
        ("python_env: a.yaml\nconda_env: b.yaml", "multiple environment fields"),
        ("python_env: absent.yaml", "no such file"),
        ("python_env: ../../etc/passwd", "leads out of the project"),
        ("docker_env: {image: x}", "needs a name"),
        ("name: x\ndocker_env: {volumes: []}", "has no image"),
        ("name: x\ndocker_env: {image: x, environment: [[a]]}", r"environment has \['a'\]"),
        ("entry_points: {main: {parameters: {a: float}}}", "has no command"),
        ("entry_points: {main: {command: x, parameters: {a: number}}}", "'number'; known are"),
        ("entry_points: {main: {command: x, parameters: {a: {type: choice}}}}", "go together"),
        (
            "entry_points: {main: {command: x, parameters: {a: {type: int, default: b}}}}",
            "'a' is int and cannot be 'b'",
        ),
        (
            "entry_points: {main: {command: x, parameters: {a: {type: int, range: [2, 1]}}}}",
            r"\[least, most\]",
        ),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        read(folder(tmp_path, MLproject=text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.millstream]\nentrypoints = {}", "'entrypoints', which is nothing"),
        (
            "[tool.millstream.entry_points.main]\ncommand='x'\nparameters.a={typ='int'}",
            "has 'typ'; it may have",
        ),
        ("[tool.millstream", "is not TOML"),
    ],
)
def test_pyproject_is_stricter(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        read(folder(tmp_path, pyproject__toml=text))


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="at most 1048576 are read"):
        read(folder(tmp_path, MLproject="#" * (1 << 20) + "x"))
