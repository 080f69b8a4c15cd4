"""Models of scikit-learn and models written in Python: saved, loaded, asked."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from millstream.errors import InvalidParameter, MillstreamError, NotFound, NotSupported
from millstream.integrations import models, pyfunc, sklearn
from millstream.model_format.adapters import adapter
from millstream.model_format.manifest import Manifest
from millstream.model_format.schema import ColSpec, ParamSchema, ParamSpec, Schema
from millstream.model_format.signature import ModelSignature

FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 0.0]})
TARGET = np.array([1.0, 2.0, 3.0])


@pytest.fixture
def model() -> LinearRegression:
    return LinearRegression().fit(FRAME, TARGET)


@pytest.fixture(autouse=True)
def unchanged_path() -> Iterator[None]:
    before = list(sys.path)
    yield
    sys.path[:] = before


class Scaled(pyfunc.PythonModel):
    """Multiplies by the number in its artifact."""

    def load_context(self, context: pyfunc.PythonModelContext) -> None:
        self.factor = float(Path(context.artifacts["factor"]).read_text())

    def predict(
        self,
        context: pyfunc.PythonModelContext,  # noqa: ARG002 - the interface
        model_input: Any,
        params: dict[str, Any] | None = None,
    ) -> Any:
        plus = (params or {}).get("plus", 0.0)
        return [value * self.factor + plus for value in model_input["a"]]

    def predict_stream(
        self,
        context: pyfunc.PythonModelContext,
        model_input: Any,
        params: dict[str, Any] | None = None,
    ) -> Any:
        yield from self.predict(context, model_input, params)


class WithoutContext(pyfunc.PythonModel):
    def predict(self, model_input: Any) -> Any:  # type: ignore[override]  # context may be left out
        return len(model_input)


def test_an_estimator_comes_back(tmp_path: Path, model: LinearRegression) -> None:
    path = tmp_path / "model"
    sklearn.save_model(model, path, input_example=FRAME[:2], metadata={"team": "a"})
    assert sklearn.load_model(path).predict(FRAME) == pytest.approx(model.predict(FRAME))
    manifest = Manifest.read(path)
    assert manifest.metadata == {"team": "a"}
    assert manifest.flavor("sklearn") == {
        "code": None,
        "pickled_model": "model.skops",
        "serialization_format": "skops",
        "sklearn_version": sys.modules["sklearn"].__version__,
        "skops_trusted_types": None,
    }
    assert manifest.flavor("python_function")["loader_module"] == "mlflow.sklearn"
    requirements = (path / "requirements.txt").read_text().splitlines()
    names = [line.partition("==")[0] for line in requirements]
    assert names == ["mlflow", "numpy", "pandas", "scikit-learn", "skops"]


def test_the_signature_is_that_of_the_example(tmp_path: Path, model: LinearRegression) -> None:
    sklearn.save_model(model, tmp_path / "model", input_example=FRAME[:2])
    signature = Manifest.read(tmp_path / "model").signature
    assert signature is not None
    assert signature.inputs == Schema([ColSpec("double", "a"), ColSpec("double", "b")])
    assert signature.outputs == Schema([ColSpec("double")])


def test_a_given_signature_is_kept(tmp_path: Path, model: LinearRegression) -> None:
    given = ModelSignature(Schema([ColSpec("double", "a"), ColSpec("double", "b")]))
    sklearn.save_model(model, tmp_path / "model", signature=given, input_example=FRAME[:2])
    assert Manifest.read(tmp_path / "model").signature == given
    with pytest.raises(InvalidParameter, match="must be a ModelSignature"):
        sklearn.save_model(model, tmp_path / "other", signature="a")  # type: ignore[arg-type]  # on purpose


def test_an_example_that_cannot_be_predicted_does_not_cost_the_model(
    tmp_path: Path, model: LinearRegression, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        sklearn.save_model(model, tmp_path / "model", input_example=np.zeros((1, 7)))
    assert "cannot predict its input example" in caplog.text
    assert sklearn.load_model(tmp_path / "model").coef_.shape == (2,)


def test_pyfunc_predicts_with_the_chosen_method(tmp_path: Path) -> None:
    classifier = LogisticRegression().fit(FRAME.to_numpy(), [0, 1, 1])
    path = tmp_path / "model"
    sklearn.save_model(
        classifier, path, pyfunc_predict_fn="predict_proba", input_example=FRAME.to_numpy()
    )
    loaded = pyfunc.load_model(path)
    assert loaded.predict(FRAME.to_numpy()).shape == (3, 2)
    assert isinstance(loaded.get_raw_model(), LogisticRegression)
    assert loaded.loader_module == "mlflow.sklearn"
    assert loaded.metadata.signature is not None
    assert loaded.input_example.tolist() == FRAME.to_numpy().tolist()
    with pytest.raises(InvalidParameter, match="Shape of input"):
        loaded.predict(np.zeros((1, 3)))
    with pytest.raises(MillstreamError, match="Unable to retrieve base model object"):
        loaded.unwrap_python_model()
    with pytest.raises(NotSupported, match="predict_stream"):
        loaded.predict_stream(FRAME.to_numpy())


@pytest.mark.parametrize("kind", ["pickle", "cloudpickle"])
def test_pickles_are_refused_where_they_are_forbidden(
    tmp_path: Path, model: LinearRegression, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sklearn.save_model(model, tmp_path / "model", serialization_format=kind)
    sklearn.save_model(model, tmp_path / "safe")
    assert sklearn.load_model(tmp_path / "model").coef_.shape == (2,)
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    for load in (sklearn.load_model, pyfunc.load_model):
        with pytest.raises(MillstreamError, match=f"saved in {kind} format"):
            load(tmp_path / "model")
        assert load(tmp_path / "safe").predict(FRAME).shape == (3,)


def test_a_changed_file_is_refused_before_it_is_loaded(
    tmp_path: Path, model: LinearRegression
) -> None:
    sklearn.save_model(model, tmp_path / "model", serialization_format="pickle")
    (tmp_path / "model" / "model.pkl").write_bytes(b"not a pickle")
    for load in (sklearn.load_model, pyfunc.load_model):
        with pytest.raises(MillstreamError, match=r"'model\.pkl'"):
            load(tmp_path / "model")


def test_a_model_of_mlflow_1_loads(tmp_path: Path, model: LinearRegression) -> None:
    sklearn.save_model(model, tmp_path / "model", serialization_format="pickle")
    (tmp_path / "model" / "MLmodel").write_text(
        "flavors:\n  python_function: {env: conda.yaml, loader_module: mlflow.sklearn, "
        "data: model.pkl}\n  sklearn: {pickled_model: model.pkl, sklearn_version: 0.20.2}\n"
    )
    assert sklearn.load_model(tmp_path / "model").coef_.shape == (2,)
    assert pyfunc.load_model(tmp_path / "model").predict(FRAME).shape == (3,)


def test_code_comes_with_the_model(
    tmp_path: Path, model: LinearRegression, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "comes_along.py").write_text("WORD = 'here'")
    path = tmp_path / "model"
    sklearn.save_model(model, path, code_paths=[str(tmp_path / "comes_along.py")])
    pyfunc.load_model(path)
    monkeypatch.delitem(sys.modules, "comes_along", raising=False)
    assert __import__("comes_along").WORD == "here"


def test_extra_files_are_named(tmp_path: Path, model: LinearRegression) -> None:
    (tmp_path / "notes.md").write_text("notes")
    sklearn.save_model(model, tmp_path / "model", extra_files=[str(tmp_path / "notes.md")])
    flavor = Manifest.verify(tmp_path / "model").flavor("sklearn")
    assert flavor["extra_files"] == [{"path": "extra_files/notes.md"}]


def test_what_is_no_model_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for load in (sklearn.load_model, pyfunc.load_model):
        with pytest.raises(NotFound, match="MLmodel"):
            load(tmp_path / "empty")
    with pytest.raises(NotFound, match="No such artifact"):
        pyfunc.load_model(tmp_path / "absent")


def saved_python_model(tmp_path: Path, **options: Any) -> Path:
    (tmp_path / "factor.txt").write_text("3")
    path = tmp_path / "model"
    pyfunc.save_model(
        path, python_model=Scaled(), artifacts={"factor": str(tmp_path / "factor.txt")}, **options
    )
    return path


def test_a_python_model_comes_back(tmp_path: Path) -> None:
    path = saved_python_model(tmp_path, model_config={"x": 1, "y": 2})
    (tmp_path / "factor.txt").unlink()
    loaded = pyfunc.load_model(path, model_config={"y": 3})
    assert loaded.predict(FRAME) == [3.0, 6.0, 9.0]
    assert list(loaded.predict_stream(FRAME)) == [3.0, 6.0, 9.0]
    assert isinstance(loaded.unwrap_python_model(), Scaled)
    assert loaded.model_config == {"x": 1, "y": 3}
    assert str(loaded) == "mlflow.pyfunc.loaded_model:\n  flavor: mlflow.pyfunc.model\n"
    flavor = loaded.metadata.flavor("python_function")
    assert flavor["artifacts"]["factor"]["path"] == "artifacts/factor.txt"


def test_two_artifacts_of_one_name_are_both_there(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "factor.txt").write_text("5")
    (tmp_path / "factor.txt").write_text("3")
    both = {"other": str(tmp_path / "other/factor.txt"), "factor": str(tmp_path / "factor.txt")}
    pyfunc.save_model(tmp_path / "model", python_model=Scaled(), artifacts=both)
    assert pyfunc.load_model(tmp_path / "model").predict(FRAME) == [3.0, 6.0, 9.0]


def test_params_reach_the_model(tmp_path: Path) -> None:
    schema = ParamSchema([ParamSpec("plus", "double", 1.0)])
    path = saved_python_model(
        tmp_path, signature=ModelSignature(Schema([ColSpec("double", "a")]), params=schema)
    )
    loaded = pyfunc.load_model(path)
    assert loaded.predict(FRAME) == [4.0, 7.0, 10.0]
    assert loaded.predict(FRAME, params={"plus": 2}) == [5.0, 8.0, 11.0]
    with pytest.raises(InvalidParameter, match="Invalid parameters found"):
        loaded.predict(FRAME, params={"plus": "x"})
    with pytest.raises(InvalidParameter, match="Parameters must be a dictionary"):
        loaded.predict(FRAME, params=5)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(InvalidParameter, match="Model is missing inputs"):
        loaded.predict({"b": 1})


def test_an_example_gives_a_python_model_its_signature(tmp_path: Path) -> None:
    path = saved_python_model(tmp_path, input_example=FRAME[:1])
    signature = Manifest.read(path).signature
    assert signature is not None
    assert signature.outputs == Schema([ColSpec("double")])


def test_functions_are_models(tmp_path: Path) -> None:
    pyfunc.save_model(tmp_path / "model", python_model=lambda values: [len(v) for v in values])
    assert pyfunc.load_model(tmp_path / "model").predict(["a", "bcd"]) == [1, 3]


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda: 1, "too many positional arguments"),
        (lambda values, weights: (values, weights), "missing a required argument: 'weights'"),
        (lambda params: params, "multiple values for argument 'params'"),
    ],
)
def test_a_function_that_cannot_be_called_with_an_input_is_not_saved(
    tmp_path: Path, function: Any, says: str
) -> None:
    with pytest.raises(InvalidParameter, match=f"'.*<lambda>' cannot be: {says}"):
        pyfunc.save_model(tmp_path / "model", python_model=function)
    assert not (tmp_path / "model").exists()


def test_the_context_may_be_left_out(tmp_path: Path) -> None:
    pyfunc.save_model(tmp_path / "model", python_model=WithoutContext())
    assert pyfunc.load_model(tmp_path / "model").predict([1, 2]) == 2


def test_a_loader_module_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "my_loader.py").write_text(
        "from pathlib import Path\n"
        "class Model:\n"
        "    def __init__(self, text): self.text = text\n"
        "    def predict(self, data, params=None): return [self.text] * len(data)\n"
        "def _load_pyfunc(path): return Model(Path(path).read_text())\n"
    )
    (tmp_path / "data.txt").write_text("word")
    pyfunc.save_model(
        tmp_path / "model",
        loader_module="my_loader",
        data_path=str(tmp_path / "data.txt"),
        code_paths=[str(tmp_path / "my_loader.py")],
    )
    assert pyfunc.load_model(tmp_path / "model").predict([1, 2]) == ["word", "word"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "either a `python_model` or a `loader_module`"),
        ({"python_model": len, "loader_module": "x"}, "give one of them"),
        ({"python_model": 5}, "instance of PythonModel, a function"),
        ({"python_model": pyfunc.PythonModel()}, "must define `predict`"),
        ({"python_model": "code.py"}, "'code.py' does not exist"),
        ({"python_model": __file__ + "c"}, "does not exist"),
        ({"python_model": len, "uv_project_path": "/"}, "lacks uv.lock and pyproject.toml"),
        ({"python_model": len, "code_paths": ["a"], "infer_code_paths": True}, "not both"),
        ({"python_model": len, "model_config": "absent.yaml"}, "'absent.yaml' not found"),
        ({"python_model": len, "resources": [5]}, "`resources` is a dictionary"),
    ],
)
def test_what_is_not_supported_is_said(tmp_path: Path, options: dict[str, Any], says: str) -> None:
    with pytest.raises(MillstreamError, match=says):
        pyfunc.save_model(tmp_path / "model", **options)


def test_other_flavors_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text(
        "flavors: {python_function: {loader_module: mlflow.johnsnowlabs, data: model.ubj}}"
    )
    with pytest.raises(NotSupported, match=r"'mlflow\.johnsnowlabs'"):
        pyfunc.load_model(tmp_path)


def test_dependencies_of_a_model(tmp_path: Path, model: LinearRegression) -> None:
    sklearn.save_model(model, tmp_path / "model")
    path = pyfunc.get_model_dependencies(str(tmp_path / "model"))
    assert "scikit-learn==" in Path(path).read_text()
    assert "scikit-learn" in sklearn.get_default_pip_requirements()[0]
    conda = sklearn.get_default_conda_env(include_cloudpickle=True)
    assert conda["dependencies"][-1]["pip"][1].startswith("cloudpickle==")
    with pytest.raises(InvalidParameter, match="'conda', 'pip'"):
        pyfunc.get_model_dependencies(str(tmp_path / "model"), format="apt")


def test_model_information(tmp_path: Path, model: LinearRegression) -> None:
    path = tmp_path / "model"
    sklearn.save_model(model, path, input_example=FRAME[:1])
    info = models.get_model_info(str(path))
    assert set(info.flavors) == {"sklearn", "python_function"}
    assert info.signature_dict is not None
    assert info.model_id is None
    by_file = models.Model.load(path / "MLmodel")
    assert by_file.load_input_example(str(path)).equals(FRAME[:1])
    assert by_file.get_serving_input(str(path)) == models.convert_input_example_to_serving_input(
        FRAME[:1]
    )
    replaced = models.infer_signature(FRAME)
    models.set_signature(str(path), replaced)
    assert pyfunc.load_model(path).metadata.signature == replaced
    models.validate_schema(FRAME, replaced.inputs or Schema([]))
    with pytest.raises(NotFound, match='Could not find an "MLmodel"'):
        models.set_signature(str(tmp_path), replaced)


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "millstream.model_format.frameworks.sklearn", raising=False)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(NotSupported, match="pip install scikit-learn"):
        adapter("sklearn")
