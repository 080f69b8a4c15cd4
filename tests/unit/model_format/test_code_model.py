"""Models from code: a file is the model, and is run only where code of models may be."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from millstream.errors import InvalidParameter, MillstreamError, NotFound
from millstream.integrations import models, pyfunc
from millstream.model_format.manifest import Manifest

TIMES = """
from millstream.models import ModelConfig, set_model
from millstream.pyfunc import PythonModel

config = ModelConfig(development_config={"factor": 2})


class Times(PythonModel):
    def predict(self, context, model_input, params=None):
        return [value * config.get("factor") for value in model_input]


set_model(Times())
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "times.py"
    path.write_text(TIMES)
    return path


def test_the_file_is_kept_as_it_is_and_run_when_the_model_is_loaded(
    code: Path, tmp_path: Path
) -> None:
    pyfunc.save_model(tmp_path / "model", python_model=code)
    assert (tmp_path / "model" / "times.py").read_text() == TIMES
    keys = Manifest.read(tmp_path / "model").flavor("python_function")
    assert keys["loader_module"] == "mlflow.pyfunc.loaders.code_model"
    assert keys["model_code_path"] == "times.py"
    model = pyfunc.load_model(tmp_path / "model")
    assert model.predict([3]) == [6]
    assert type(model.unwrap_python_model()).__name__ == "Times"
    assert not list(tmp_path.rglob("__pycache__"))


def test_the_configuration_of_saving_and_of_loading(code: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("factor: 5\nname: five\n")
    pyfunc.save_model(
        tmp_path / "model", python_model=str(code), model_config=str(tmp_path / "config.yaml")
    )
    model = pyfunc.load_model(tmp_path / "model")
    assert model.model_config == {"factor": 5, "name": "five"}
    assert model.predict([1]) == [5]
    other = pyfunc.load_model(tmp_path / "model", model_config={"factor": 7})
    assert (other.model_config, other.predict([1])) == ({"factor": 7, "name": "five"}, [7])


def test_it_is_not_run_where_the_code_of_models_is_forbidden(
    code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"
    code.write_text(TIMES + f"\nopen({str(trace)!r}, 'a').close()\n")
    pyfunc.save_model(tmp_path / "model", python_model=code)
    trace.unlink()
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    with pytest.raises(MillstreamError, match=r"Running the code .* disallowed.*times\.py"):
        pyfunc.load_model(tmp_path / "model")
    assert not trace.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1", "does not say which object is the model"),
        ("1 / 0", "Failed to run user code .*division by zero"),
        ("def f(", "Failed to run user code"),
        ("import millstream; millstream.models.set_model(5)", "not 5"),
        ("import millstream; millstream.models.ModelConfig()", "the model has no configuration"),
    ],
)
def test_a_file_that_is_no_model_says_why(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "code.py").write_text(text)
    with pytest.raises(MillstreamError, match=says):
        pyfunc.save_model(tmp_path / "model", python_model=str(tmp_path / "code.py"))
    assert not (tmp_path / "model").exists()


def test_only_python_files_are_models(tmp_path: Path) -> None:
    (tmp_path / "notebook.ipynb").write_text("{}")
    with pytest.raises(InvalidParameter, match=r"ends in \.py, not 'notebook\.ipynb'"):
        pyfunc.save_model(tmp_path / "model", python_model=str(tmp_path / "notebook.ipynb"))


def test_code_written_for_mlflow_runs_without_it(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(
        "import mlflow\nfrom mlflow.models import set_model\n"
        "from mlflow.types.schema import Schema\n"
        "class C(mlflow.pyfunc.PythonModel):\n"
        "    def predict(self, context, model_input):\n        return Schema.__module__\n"
        "set_model(C())\n"
    )
    before = {name for name in sys.modules if name.partition(".")[0] == "mlflow"}
    pyfunc.save_model(tmp_path / "model", python_model=str(tmp_path / "code.py"))
    model = pyfunc.load_model(tmp_path / "model")
    assert model.predict(1) == "millstream.model_format.schema"
    after = {name for name in sys.modules if name.partition(".")[0] == "mlflow"}
    assert before <= after or not before


def test_a_model_of_mlflow_names_its_file_by_a_path_of_another_machine(
    code: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    pyfunc.save_model(model, python_model=code)
    manifest = Manifest.read(model)
    for name in ("/home/somebody/project/times.py", "C:\\project\\times.py"):
        manifest.flavor("python_function")["model_code_path"] = name
        manifest.save(model / "MLmodel")
        assert pyfunc.load_model(model).predict([1]) == [2]
    for name in ("/home/somebody/absent.py", "", ".."):
        manifest.flavor("python_function")["model_code_path"] = name
        manifest.save(model / "MLmodel")
        with pytest.raises(InvalidParameter, match=r"lacks the file of its code|not inside it"):
            pyfunc.load_model(model)


def test_outside_of_a_model_set_model_only_checks() -> None:
    models.set_model(len)
    with pytest.raises(InvalidParameter, match="not 5"):
        models.set_model(5)


def test_a_configuration(tmp_path: Path) -> None:
    config = models.ModelConfig(development_config={"a": 1})
    assert (config.get("a"), config.to_dict()) == (1, {"a": 1})
    with pytest.raises(KeyError, match="Key 'b' not found in configuration"):
        config.get("b")
    (tmp_path / "list.yaml").write_text("[1]")
    (tmp_path / "broken.yaml").write_text("a: [")
    for given, error, says in (
        (str(tmp_path / "list.yaml"), InvalidParameter, "must be a mapping"),
        (str(tmp_path / "broken.yaml"), InvalidParameter, "is not YAML"),
        ("absent.yaml", NotFound, "'absent.yaml' not found"),
        (5, InvalidParameter, "the path of a YAML file, not 5"),
    ):
        wrong: Any = given
        with pytest.raises(error, match=says):
            models.ModelConfig(development_config=wrong)


def test_what_the_file_imports_are_the_requirements(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(
        "from millstream.models import set_model\n"
        "def f(x):\n    import yaml, json\n    from hypothesis import given\n    return x\n"
        "set_model(f)\n"
    )
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "__init__.py").write_text("import click, beside.more\n")
    (tmp_path / "beside" / "more.py").write_text("from . import x\n")
    pyfunc.save_model(
        tmp_path / "model",
        python_model=str(tmp_path / "code.py"),
        code_paths=[str(tmp_path / "beside")],
    )
    lines = (tmp_path / "model" / "requirements.txt").read_text().splitlines()
    names = {line.partition("==")[0].lower() for line in lines}
    assert names == {"mlflow", "click", "hypothesis", "pyyaml"}
