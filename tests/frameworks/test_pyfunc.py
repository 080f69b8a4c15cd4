"""Models written in Python go both ways: every form of them, with MLflow itself."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional, Union

import cloudpickle
import numpy as np
import pandas as pd
import pydantic
import pytest
import scipy.sparse
from tests.frameworks.both_ways import predict_with_mlflow

from millstream.integrations import pyfunc
from millstream.model_format.digests import MANIFEST
from millstream.model_format.manifest import Manifest
from millstream.model_format.type_hints import TypeFromExample

FRAME = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
WHEN = datetime.datetime(2026, 1, 2, 3, 4, 5)

CODE = """
import mlflow
from mlflow.pyfunc import PythonModel

config = mlflow.models.ModelConfig(development_config={"factor": 2})


class Times(PythonModel):
    def predict(self, context, model_input, params=None):
        return [value * config.get("factor") for value in model_input["a"]]


mlflow.models.set_model(Times())
"""


class Message(pydantic.BaseModel):
    role: str
    count: Optional[int] = None  # noqa: UP045 - as users write it
    tags: list[str] = []


Save = Callable[..., None]
Predict = Callable[..., Any]


def save_theirs(path: Path, **options: Any) -> None:
    import mlflow.pyfunc  # noqa: PLC0415 - slow, and not needed to collect the tests

    options.setdefault("pip_requirements", [])
    mlflow.pyfunc.save_model(str(path), **options)


def save_ours(path: Path, **options: Any) -> None:
    pyfunc.save_model(path, **options)


def predict_theirs(path: Path, data: Any, **options: Any) -> Any:
    """As another process would: cloudpickle gives a class that this one pickled back as it was."""
    cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID.clear()
    return predict_with_mlflow(path, data, **options)


def predict_ours(path: Path, data: Any, **options: Any) -> Any:
    cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID.clear()
    return pyfunc.load_model(path).predict(data, **options)


def made(text: str) -> tuple[Save, Predict, Any]:
    """Who saves, who predicts, and the base class of the one who saves."""
    saved_by, loaded_by = text.split(" to ")
    if saved_by == "ours":
        base: Any = pyfunc.PythonModel
    else:
        import mlflow.pyfunc  # noqa: PLC0415 - slow, and not needed to collect the tests

        base = mlflow.pyfunc.PythonModel
    return (
        save_ours if saved_by == "ours" else save_theirs,
        predict_ours if loaded_by == "ours" else predict_theirs,
        base,
    )


@pytest.fixture(params=["ours to theirs", "theirs to ours", "ours to ours"])
def way(request: pytest.FixtureRequest) -> tuple[Save, Predict, Any]:
    return made(request.param)


@pytest.fixture(params=["theirs to ours", "ours to ours"])
def way_to_us(request: pytest.FixtureRequest) -> tuple[Save, Predict, Any]:
    return made(request.param)


def checks_hints(way: Any) -> bool:
    """MLflow checks the hints of classes that were made with its own PythonModel, and no others."""
    _, predict, base = way
    return predict is predict_ours or base is not pyfunc.PythonModel


def hinted(base: Any, hint: Any) -> Any:
    def predict(self: Any, model_input: Any, params: Any = None) -> Any:
        return [repr(value) for value in model_input]

    predict.__annotations__ = {"model_input": hint}
    return type("Hinted", (base,), {"predict": predict, "__module__": "__main__"})()


HINTS = [
    (list[int], [1, 2], '[{"type": "long", "required": true}]'),
    (list[str], ["a"], '[{"type": "string", "required": true}]'),
    (list[bytes], [b"a"], '[{"type": "binary", "required": true}]'),
    (list[datetime.datetime], [WHEN], '[{"type": "datetime", "required": true}]'),
    (list[list[float]], [[1.0]], None),
    (list[dict[str, int]], [{"a": 1}], None),
    (list[dict[str, list[str]]], [{"a": ["b"]}], None),
    (list[Union[int, str]], [1, "a"], '[{"type": "any", "required": true}]'),  # noqa: UP007  # the older spelling is meant
    (list[Any], [1, None], '[{"type": "any", "required": true}]'),
    (list[Message], [{"role": "a"}, {"role": "b", "count": 2, "tags": ["c"]}], None),
]


@pytest.mark.parametrize(("hint", "data", "schema"), HINTS, ids=lambda value: str(value)[:40])
def test_hints(way: Any, hint: Any, data: Any, schema: str | None, tmp_path: Path) -> None:
    save, predict, base = way
    save(tmp_path / "model", python_model=hinted(base, hint))
    save_theirs(tmp_path / "theirs", python_model=_theirs(hint))
    if hint != list[Message] or checks_hints(way):
        assert predict(tmp_path / "model", data) == predict_with_mlflow(tmp_path / "theirs", data)
    manifest, expected = Manifest.read(tmp_path / "model"), Manifest.read(tmp_path / "theirs")
    assert manifest.signature is not None
    assert manifest.signature == expected.signature
    assert manifest.is_signature_from_type_hint
    assert schema in (None, manifest.signature.to_dict()["inputs"])


def _theirs(hint: Any) -> Any:
    import mlflow.pyfunc  # noqa: PLC0415 - slow, and not needed to collect the tests

    return hinted(mlflow.pyfunc.PythonModel, hint)


@pytest.mark.parametrize(
    ("hint", "data"),
    [
        (list[int], ["1"]),
        (list[int], [1.5]),
        (list[str], "a"),
        (list[str], [1]),
        (list[dict[str, int]], [{"a": "1"}]),
        (list[Message], [{"count": 1}]),
    ],
    ids=str,
)
def test_what_does_not_fit_a_hint_is_refused_alike(
    way_to_us: Any, hint: Any, data: Any, tmp_path: Path
) -> None:
    save, predict, base = way_to_us
    save(tmp_path / "model", python_model=hinted(base, hint))
    with pytest.raises(Exception, match=r"Failed to validate data against type hint|Expected list"):
        predict(tmp_path / "model", data)


def test_a_function_with_hints(way: Any, tmp_path: Path) -> None:
    def double(rows: list[float]) -> list[float]:
        return [row * 2 for row in rows]

    double.__annotations__ = {"rows": list[float], "return": list[float]}
    save, predict, _ = way
    save(tmp_path / "model", python_model=double, input_example=[1.5])
    assert predict(tmp_path / "model", [1.5, 2.0]) == [3.0, 4.0]
    if checks_hints(way):
        assert predict(tmp_path / "model", pd.DataFrame({"x": [1.5]})) == [3.0]
    signature = Manifest.read(tmp_path / "model").signature
    assert signature is not None
    assert signature.to_dict() == {
        "inputs": '[{"type": "double", "required": true}]',
        "outputs": '[{"type": "double", "required": true}]',
        "params": None,
    }


def test_the_type_of_the_example(way: Any, tmp_path: Path) -> None:
    save, predict, base = way
    hint: Any = TypeFromExample
    if base is not pyfunc.PythonModel:
        from mlflow.types.type_hints import TypeFromExample as theirs  # noqa: PLC0415  # only where MLflow is installed

        hint = theirs

    save(tmp_path / "model", python_model=hinted(base, hint), input_example=["a", "b"])
    assert predict(tmp_path / "model", ["c"]) == ["'c'"]
    assert predict(tmp_path / "model", pd.DataFrame({"x": ["d"]})) == ["'d'"]
    assert Manifest.read(tmp_path / "model").type_hint_from_example


def test_context_params_artifacts_and_configuration(way: Any, tmp_path: Path) -> None:
    save, predict, base = way
    (tmp_path / "factor.txt").write_text("3")

    class Scaled(base):  # type: ignore[misc, valid-type]  # known at run time only
        def load_context(self, context: Any) -> None:
            with open(context.artifacts["factor"]) as file:  # noqa: PTH123 - as users write it
                self.factor = float(file.read())

        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            add = context.model_config["add"] + params["more"]
            return [value * self.factor + add for value in model_input["a"]]

    Scaled.__module__ = "__main__"
    save(
        tmp_path / "model",
        python_model=Scaled(),
        artifacts={"factor": str(tmp_path / "factor.txt")},
        model_config={"add": 1},
        input_example=(FRAME, {"more": 0.5}),
    )
    assert predict(tmp_path / "model", FRAME) == [4.5, 7.5]
    assert predict(tmp_path / "model", FRAME, params={"more": 2.5}) == [6.5, 9.5]


def test_models_from_code(way: Any, tmp_path: Path) -> None:
    save, predict, _ = way
    (tmp_path / "times.py").write_text(CODE)
    modules = {name: module for name, module in sys.modules.items() if name.startswith("mlflow")}
    save(
        tmp_path / "model",
        python_model=str(tmp_path / "times.py"),
        model_config={"factor": 5},
        input_example=FRAME,
    )
    assert predict(tmp_path / "model", FRAME) == [5.0, 10.0]
    assert (tmp_path / "model" / "times.py").read_text() == CODE
    assert {name: sys.modules.get(name) for name in modules} == modules


def test_a_model_from_code_has_its_development_configuration(tmp_path: Path) -> None:
    (tmp_path / "times.py").write_text(CODE)
    save_ours(tmp_path / "model", python_model=tmp_path / "times.py")
    assert predict_ours(tmp_path / "model", FRAME) == [2.0, 4.0]
    loaded = pyfunc.load_model(tmp_path / "model", model_config={"factor": 3})
    assert loaded.predict(FRAME) == [3.0, 6.0]


@pytest.mark.parametrize("kind", [scipy.sparse.csr_matrix, scipy.sparse.csc_matrix])
def test_sparse_examples(way: Any, kind: Any, tmp_path: Path) -> None:
    save, predict, base = way

    class Sums(base):  # type: ignore[misc, valid-type]  # known at run time only
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ARG002  # PythonModel's form
            return np.asarray(model_input.sum(axis=1)).ravel()

    Sums.__module__ = "__main__"
    matrix = kind(np.eye(3) * 2)
    save(tmp_path / "model", python_model=Sums(), input_example=matrix)
    assert predict(tmp_path / "model", matrix).tolist() == [2.0, 2.0, 2.0]
    example = pyfunc.load_model(tmp_path / "model").input_example
    assert type(example) is kind
    assert (example != matrix).nnz == 0


def test_the_manifest_is_what_mlflow_writes(tmp_path: Path) -> None:
    (tmp_path / "times.py").write_text(CODE)
    forms: dict[str, dict[str, Any]] = {
        "code": {
            "python_model": str(tmp_path / "times.py"),
            "input_example": FRAME,
            "model_config": {"factor": 2},
        },
        "function": {"python_model": lambda model_input: model_input, "input_example": ["a"]},
        "sparse": {
            "python_model": lambda model_input: model_input.sum(axis=1).tolist(),
            "input_example": scipy.sparse.csr_matrix(np.eye(2)),
        },
        "dictionary": {
            "python_model": lambda x: [float(len(x))],
            "input_example": {"a": 1, "b": "x"},
        },
        "tensors": {
            "python_model": lambda x: [float(len(x))],
            "input_example": {"a": np.ones((2, 3))},
        },
    }
    for name, options in forms.items():
        ours, theirs = tmp_path / f"{name}-ours", tmp_path / f"{name}-theirs"
        save_ours(ours, **options)
        save_theirs(theirs, **options)
        names = {path.name for path in theirs.iterdir()} - {MANIFEST}
        assert {path.name for path in ours.iterdir()} - {MANIFEST} == names, name
        here, there = Manifest.read(ours), Manifest.read(theirs)
        mine, yours = here.flavor("python_function"), there.flavor("python_function")
        given_to_code = {"model_code_path", "cloudpickle_version"}
        assert {key: value for key, value in mine.items() if key not in given_to_code} == {
            key: value for key, value in yours.items() if key not in given_to_code
        }
        assert here.saved_input_example_info == there.saved_input_example_info
        assert here.signature is not None
        assert there.signature is not None
        assert here.signature.inputs == there.signature.inputs, name
        for example in ("input_example.json", "serving_input_example.json"):
            assert (ours / example).read_text() == (theirs / example).read_text(), name
