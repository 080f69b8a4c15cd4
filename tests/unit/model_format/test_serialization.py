"""Objects to bytes and back: which format, which types, and what is refused."""

from __future__ import annotations

import importlib
import logging
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from millstream.errors import InvalidParameter, NotSupported
from millstream.model_format import deserialize, serialize
from millstream.model_format.imports import imported_modules, modules_of_pickles
from millstream.model_format.python_model import FunctionModel, PythonModel

X = np.array([[1.0], [2.0], [3.0]])


def double(values: Any) -> Any:
    return values * 2


def fitted() -> LinearRegression:
    return LinearRegression().fit(X, X[:, 0])


def with_own_function() -> Any:
    return make_pipeline(FunctionTransformer(double), LinearRegression()).fit(X, X[:, 0])


class Bomb:
    """Unpickling it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_skops_is_the_default(tmp_path: Path) -> None:
    saved = serialize.save_object(fitted(), tmp_path)
    assert saved == serialize.Serialized("model.skops", "skops", None)
    back = deserialize.load_skops(tmp_path / "model.skops", None, allow_pickle=False)
    assert back.predict(X) == pytest.approx([1.0, 2.0, 3.0])


def test_types_unknown_to_skops_are_pickled_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        saved = serialize.save_object(with_own_function(), tmp_path)
    assert saved.file == "model.pkl"
    assert saved.serialization_format == "cloudpickle"
    assert [path.name for path in tmp_path.iterdir()] == ["model.pkl"]
    assert len(caplog.records) == 1
    assert "double" in caplog.text
    back = deserialize.load_pickle(tmp_path / "model.pkl", allow_pickle=True)
    assert back.predict(X) == pytest.approx([1.0, 2.0, 3.0])


def test_without_skops_a_model_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(serialize, "skops", lambda: None)
    with caplog.at_level(logging.WARNING):
        saved = serialize.save_object(fitted(), tmp_path)
    assert saved.serialization_format == "cloudpickle"
    assert "pip install skops" in caplog.text


def test_without_cloudpickle_a_model_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with caplog.at_level(logging.WARNING):
        serialize.save_object(fitted(), tmp_path, "cloudpickle")
    assert "pip install cloudpickle" in caplog.text
    assert deserialize.load_pickle(tmp_path / "model.pkl", allow_pickle=True).coef_.shape == (1,)


def test_skops_on_request_is_skops_or_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="set the 'skops_trusted_types' parameter"):
        serialize.save_object(with_own_function(), tmp_path, "skops")
    assert list(tmp_path.iterdir()) == []
    unknown = f"{double.__module__}.double"
    saved = serialize.save_object(with_own_function(), tmp_path, "skops", [unknown])
    assert saved.trusted_types == [unknown]


def test_declared_types_count_only_where_pickles_do(tmp_path: Path) -> None:
    unknown = f"{double.__module__}.double"
    serialize.save_object(with_own_function(), tmp_path, "skops", [unknown])
    path = tmp_path / "model.skops"
    with pytest.raises(InvalidParameter, match="not known to be safe"):
        deserialize.load_skops(path, [unknown], allow_pickle=False)
    with pytest.raises(InvalidParameter, match="not known to be safe"):
        deserialize.load_skops(path, None, allow_pickle=True)


def test_a_skops_file_without_skops_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deserialize, "skops", lambda: None)
    with pytest.raises(NotSupported, match="pip install skops"):
        deserialize.load_skops(tmp_path / "model.skops", None, allow_pickle=True)


@pytest.mark.parametrize("kind", ["pickle", "cloudpickle"])
def test_formats_on_request(tmp_path: Path, kind: str) -> None:
    assert serialize.save_object(fitted(), tmp_path, kind).serialization_format == kind


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="Unrecognized serialization format: joblib"):
        serialize.save_object(fitted(), tmp_path, "joblib")


def test_no_byte_is_unpickled_where_that_is_forbidden(tmp_path: Path) -> None:
    exploded = tmp_path / "exploded"
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Bomb(exploded)))
    with pytest.raises(NotSupported, match="MLFLOW_ALLOW_PICKLE_DESERIALIZATION"):
        deserialize.load_pickle(path, allow_pickle=False)
    assert not exploded.exists()
    deserialize.load_pickle(path, allow_pickle=True)
    assert exploded.exists()


def test_a_loader_module_is_code_too() -> None:
    with pytest.raises(NotSupported, match="forbids"):
        deserialize.import_loader("this", allow_pickle=False)
    with pytest.raises(NotSupported, match="cannot be imported"):
        deserialize.import_loader("no_such_loader", allow_pickle=True)


def test_a_missing_module_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(b"cno_such_module\nThing\n.")
    with pytest.raises(NotSupported, match="'no_such_module'"):
        deserialize.load_pickle(path, allow_pickle=True)


@pytest.mark.parametrize("module", ["mlflow.pyfunc", "mlflow.pyfunc.model"])
def test_mlflows_names_load_as_ours(tmp_path: Path, module: str) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(f"c{module}\nPythonModel\n.".encode())
    assert deserialize.load_pickle(path, allow_pickle=True) is PythonModel


def test_what_mlflow_carries_along_does_not_stop_loading(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(b"cmlflow.models.signature\n_TypeHints\n(NNtR.")
    back = deserialize.load_pickle(path, allow_pickle=True)
    assert type(back).__qualname__ == "_TypeHints"


def test_python_models_are_written_under_mlflows_names(tmp_path: Path) -> None:
    content = serialize.pickle_by_value(FunctionModel(double))
    assert b"mlflow.pyfunc.model:_FunctionPythonModel" in content
    assert b"millstream" not in content
    (tmp_path / "m").write_bytes(content)
    back = deserialize.load_pickle(tmp_path / "m", allow_pickle=True)
    assert isinstance(back, FunctionModel)
    assert back.predict(3) == 6


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_imports_are_read_without_loading(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps([fitted(), fitted(), Path("x")], protocol))
    assert imported_modules(path) == {"numpy", "sklearn"}


def test_imports_of_several_pickles_in_a_row(tmp_path: Path) -> None:
    parts = [pickle.dumps(one, 4) for one in ("a text", fitted(), Path("x"), np.zeros(2))]
    (tmp_path / "parts").write_bytes(b"".join(parts))
    assert modules_of_pickles(tmp_path / "parts") == {"numpy", "sklearn"}


def test_imports_of_a_skops_file(tmp_path: Path) -> None:
    serialize.save_object(fitted(), tmp_path)
    assert imported_modules(tmp_path / "model.skops") == {"numpy", "sklearn"}
