"""What a model needs: read from its files, observed while it is used, or locked by uv."""

from __future__ import annotations

import logging
import os
import stat
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from millstream.errors import InvalidParameter
from millstream.integrations import models, pyfunc, sklearn
from millstream.model_format.observation import observe, observed_modules
from millstream.model_format.uv_project import find_project

X = np.array([[1.0], [2.0]])

HASH = "sha256:" + "0" * 64
LOCK = """version = 1
requires-python = ">=3.11"

[[package]]
name = "demo"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "six" }]

[package.dev-dependencies]
extra = [{ name = "click" }]

[package.metadata]
requires-dist = [{ name = "six" }]

[package.metadata.requires-dev]
extra = [{ name = "click" }]

[[package]]
name = "click"
version = "8.1.7"
source = { registry = "https://example.invalid/simple" }
sdist = { url = "https://example.invalid/click.tar.gz", hash = "{HASH}" }

[[package]]
name = "six"
version = "1.16.0"
source = { registry = "https://example.invalid/simple" }
sdist = { url = "https://example.invalid/six.tar.gz", hash = "{HASH}" }
""".replace("{HASH}", HASH)
PROJECT = """[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["six"]

[dependency-groups]
extra = ["click"]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "uv.lock").write_text(LOCK)
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / ".python-version").write_text("3.11\n")
    monkeypatch.chdir(folder)
    return folder


def packages(lines: list[str]) -> set[str]:
    assert all("+" not in line for line in lines)
    return {line.partition("==")[0].lower() for line in lines}


def written(model: Path) -> set[str]:
    return packages((model / "requirements.txt").read_text().splitlines())


def local_model() -> Any:
    """Of a class that is pickled by value, as one of a script or notebook is."""

    class Importing(pyfunc.PythonModel):
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ARG002  # PythonModel's form
            import yaml  # noqa: PLC0415 - seen in the code, and when it is run

            return [len(yaml.safe_dump(1)) + np.ndim(model_input)]

    return Importing()


def test_saving_sees_what_the_pickled_code_imports(tmp_path: Path) -> None:
    def predict(model_input: Any) -> Any:
        import yaml  # noqa: PLC0415 - that is what is looked for

        return [yaml.safe_dump(np.ndim(model_input))]

    pyfunc.save_model(tmp_path / "model", python_model=predict)
    assert written(tmp_path / "model") == {"mlflow", "cloudpickle", "numpy", "pyyaml"}


def test_a_model_is_observed_in_a_process_of_its_own(tmp_path: Path) -> None:
    model = LinearRegression().fit(X, X[:, 0])
    sklearn.save_model(model, tmp_path / "model", input_example=X)
    found = models.infer_pip_requirements(str(tmp_path / "model"), "sklearn")
    assert packages(found) == {"scikit-learn", "numpy"}


def test_observed_are_the_imports_of_the_model_and_not_of_its_libraries(tmp_path: Path) -> None:
    pyfunc.save_model(tmp_path / "model", python_model=local_model(), input_example=X)
    found = observed_modules(tmp_path / "model", True, 60)
    assert found == {"cloudpickle", "numpy", "yaml"}
    assert "yaml" in observe(tmp_path / "model", allow_pickle=True)


@pytest.mark.parametrize(
    ("code", "options", "says"),
    [
        ("raise SystemExit('no such luck')", {}, "no such luck"),
        ("import time; time.sleep(60)", {"timeout": 1}, "took longer than 1 s"),
        ("import os; assert os.environ['WORD'] == 'x'", {"extra_env_vars": {"WORD": "y"}}, ""),
    ],
)
def test_what_cannot_be_observed_falls_back_with_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, code: str, options: Any, says: str
) -> None:
    (tmp_path / "loads.py").write_text(f"{code}\ndef _load_pyfunc(path): return len\n")
    paths = [str(tmp_path / "loads.py")]
    pyfunc.save_model(tmp_path / "model", loader_module="loads", code_paths=paths)
    with caplog.at_level(logging.WARNING):
        found = models.infer_pip_requirements(
            str(tmp_path / "model"), "python_function", fallback=["some==1"], **options
        )
    assert found == ["some==1"]
    assert caplog.text.count("cannot be observed") == 1
    assert says in caplog.text
    assert models.infer_pip_requirements(str(tmp_path / "model"), "x", **options) == []


def test_variables_reach_the_process(tmp_path: Path) -> None:
    (tmp_path / "loads.py").write_text(
        "import os, yaml\nassert os.environ['WORD'] == 'x'\n"
        "class M:\n    def predict(self, data): return data\n"
        "def _load_pyfunc(path): return M()\n"
    )
    paths = [str(tmp_path / "loads.py")]
    pyfunc.save_model(tmp_path / "model", loader_module="loads", code_paths=paths)
    assert observed_modules(tmp_path / "model", True, 60, {"WORD": "x"}) == {"yaml"}


def test_a_process_that_ends_without_a_word_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tmp_path / "python"
    silent.write_text("#!/bin/sh\nexit 3\n")
    silent.chmod(stat.S_IRWXU)
    monkeypatch.setattr(sys, "executable", str(silent))
    with pytest.raises(InvalidParameter, match="ended without a word"):
        observed_modules(tmp_path, True, 60)


def test_a_lock_of_uv_says_the_requirements(project: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    pyfunc.save_model(model, python_model=local_model())
    assert (model / "requirements.txt").read_text().splitlines()[1:] == ["six==1.16.0"]
    assert {path.name for path in model.iterdir()} > {
        "uv.lock",
        "pyproject.toml",
        ".python-version",
    }
    assert models.infer_pip_requirements(str(model), "python_function") == ["six==1.16.0"]
    pyfunc.save_model(tmp_path / "group", python_model=local_model(), uv_groups=["extra"])
    assert written(tmp_path / "group") == {"mlflow", "six", "click"}


def test_the_lock_gives_way_to_what_the_caller_says(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyfunc.save_model(tmp_path / "given", python_model=len, pip_requirements=["a==1"])
    assert written(tmp_path / "given") == {"mlflow", "a"}
    pyfunc.save_model(tmp_path / "more", python_model=len, extra_pip_requirements=["a==1"])
    assert written(tmp_path / "more") == {"mlflow", "six", "a"}
    monkeypatch.setenv("MLFLOW_LOG_UV_FILES", "false")
    pyfunc.save_model(tmp_path / "bare", python_model=len)
    assert not (tmp_path / "bare" / "uv.lock").exists()
    monkeypatch.setenv("MLFLOW_UV_AUTO_DETECT", "false")
    pyfunc.save_model(tmp_path / "off", python_model=len)
    assert written(tmp_path / "off") == {"mlflow", "cloudpickle"}
    pyfunc.save_model(tmp_path / "named", python_model=len, uv_project_path=str(project))
    assert written(tmp_path / "named") == {"mlflow", "six"}


@pytest.mark.parametrize("program", ["", "#!/bin/sh\necho broken lock >&2\nexit 2\n"])
def test_without_uv_or_with_a_broken_lock_the_files_say_it(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    program: str,
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    if program:
        (programs / "uv").write_text(program)
        (programs / "uv").chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{'/usr/bin' if program else programs}")
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    pyfunc.save_model(tmp_path / "model", python_model=len)
    assert written(tmp_path / "model") == {"mlflow", "cloudpickle"}
    assert ("broken lock" if program else "uv is not found") in caplog.text


def test_a_folder_without_lock_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"lacks uv\.lock and pyproject\.toml"):
        find_project(tmp_path)


def test_no_folder_need_be_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_project() is None
