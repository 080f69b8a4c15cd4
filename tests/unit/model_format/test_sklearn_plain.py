"""Estimators of plain values are read without skops, as skops would; all else is left to it."""

from __future__ import annotations

import copy
import io
import json
import pickle
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import KMeans
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.utils import all_estimators

from millstream.errors import InvalidParameter
from millstream.model_format.frameworks import sklearn as adapter
from millstream.model_format.frameworks import sklearn_plain

Schema = dict[str, Any]

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X.sum(axis=1) > 0).astype(int)
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
PLAIN: list[BaseEstimator] = [
    LinearRegression(),
    make_pipeline(StandardScaler(), LogisticRegression(class_weight={0: 1.0, 1: 2.5})),
    FeatureUnion([("one", StandardScaler()), ("two", OneHotEncoder(handle_unknown="ignore"))]),
    TransformedTargetRegressor(LinearRegression(), transformer=StandardScaler()),
    SVC(),
    KMeans(n_clusters=2, n_init=1, random_state=0),
    GaussianNB(),
]
OTHERS = [
    RandomForestClassifier(n_estimators=2),
    SGDClassifier(),
    make_pipeline(FunctionTransformer(np.tanh), LinearRegression()),
    OneHotEncoder(categories=[np.array([[1.0, "b"]], dtype=object)]),
]
LOADS = """
import sys
from pathlib import Path
from millstream.model_format.frameworks import sklearn
model = sklearn.load(Path(sys.argv[1]), {"pickled_model": "model.skops"}, sys.argv[2] == "True")
print(type(model).__name__, *(name in sys.modules for name in ("skops", "sklearn.cluster")))
"""


def written(folder: Path, value: Any) -> Path:
    path = folder / "model.skops"
    skops.io.dump(value, path)
    return path


def changed(path: Path, change: Callable[[Schema], object]) -> Path:
    """The same file with another schema."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(entries["schema.json"])
    change(schema)
    entries["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def attribute(schema: Schema, name: str) -> Schema:
    found: Schema = schema["content"]["content"][name]
    return found


def load(path: Path, allow_pickle: bool = True) -> Any:
    return adapter.load(path.parent, {"pickled_model": path.name}, allow_pickle)


@pytest.mark.parametrize("data", [X, FRAME], ids=["array", "frame"])
@pytest.mark.parametrize("estimator", PLAIN, ids=lambda one: type(one).__name__)
def test_plain_estimators_are_what_skops_makes_of_them(
    tmp_path: Path, estimator: BaseEstimator, data: Any
) -> None:
    path = written(tmp_path, clone(estimator).fit(data, Y))
    found = sklearn_plain.read(path)
    assert found is not None
    assert pickle.dumps(found) == pickle.dumps(skops.io.load(path))


@pytest.mark.parametrize("estimator", OTHERS, ids=lambda one: type(one).__name__)
def test_all_else_is_left_to_skops(tmp_path: Path, estimator: Any) -> None:
    fitted = estimator if isinstance(estimator, OneHotEncoder) else clone(estimator).fit(X, Y)
    assert sklearn_plain.read(written(tmp_path, fitted)) is None


def test_what_was_one_object_stays_one(tmp_path: Path) -> None:
    fitted = LinearRegression().fit(X, Y)
    fitted.again_ = [fitted.coef_, fitted.coef_.copy()]
    found = sklearn_plain.read(written(tmp_path, fitted))
    assert isinstance(found, LinearRegression)
    assert found.again_[0] is found.coef_
    assert found.again_[1] is not found.coef_


def test_the_estimators_are_those_that_skops_trusts() -> None:
    trusted = {cls for _, cls in all_estimators()}
    names = {(cls.__module__, cls.__name__) for cls in trusted}
    modules = [sys.modules.get(f"sklearn.{package}") for package in sklearn_plain._PACKAGES]
    for module in filter(None, modules):
        names |= {(str(getattr(value, "__module__", "")), n) for n, value in vars(module).items()}
    found = {sklearn_plain._estimator(*name) for name in names} - {None}
    assert found <= trusted
    assert len(found) > 190


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("sklearn", "LinearRegression"),
        ("sklearn.base", "BaseEstimator"),
        ("sklearn.clone", "clone"),
        ("sklearn.cluster", "KMeans"),
        ("sklearn.externals._arff", "ArffDecoder"),
        ("sklearn.linear_model._base", "LinearModel"),
        ("sklearn.linear_model._base", "SparseCoefMixin"),
        ("sklearn.linear_model._base", "BaseEstimator"),
        ("sklearn.linear_model._logistic", "LinearRegression"),
        ("sklearn.pipeline", "_transform_one"),
        ("sklearnish.pipeline", "Pipeline"),
    ],
)
def test_other_names_are_no_estimators(module: str, name: str) -> None:
    assert sklearn_plain._estimator(module, name) is None


def _set(**fields: Any) -> Callable[[Schema], object]:
    return lambda schema: schema.update(fields)


def _set_in(name: str, **fields: Any) -> Callable[[Schema], object]:
    return lambda schema: attribute(schema, name).update(fields)


def _share_id(schema: Schema) -> None:
    attribute(schema, "coef_")["__id__"] = attribute(schema, "tol")["__id__"]


@pytest.mark.parametrize(
    "change",
    [
        _set(protocol=3),
        _set(protocol=1),
        _set(protocol=True),
        _set(surprise=1),
        _set(content=None),
        _set_in("coef_", surprise=1),
        _set_in("coef_", __loader__="Unheard"),
        _set_in("coef_", type="json"),
        _set_in("coef_", __class__="memmap"),
        _set_in("coef_", __class__="object_"),
        _set_in("coef_", __module__="os"),
        _set_in("tol", is_json=False),
        _set_in("tol", __loader__="TypeNode"),
        _share_id,
        lambda schema: schema["content"]["key_types"]["content"].pop(),
        lambda schema: schema["content"]["key_types"]["content"][0].update({"__class__": "bool"}),
        lambda schema: schema["content"].update({"__class__": "OrderedDict"}),
    ],
)
def test_a_file_with_something_else_in_it_is_left_to_skops(
    tmp_path: Path, change: Callable[[Schema], object]
) -> None:
    path = written(tmp_path, LinearRegression().fit(X, Y))
    assert sklearn_plain.read(changed(path, copy.deepcopy)) is not None
    assert sklearn_plain.read(changed(path, change)) is None


def test_nothing_is_made_before_all_of_the_file_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, make_pipeline(StandardScaler(), LinearRegression()).fit(X, Y))
    made: list[object] = []
    monkeypatch.setattr(StandardScaler, "__setstate__", lambda self, _: made.append(self))

    def call_the_system(schema: Schema) -> None:
        steps = attribute(schema, "steps")["content"]
        steps[1]["content"][1].update({"__class__": "system", "__module__": "os"})

    changed(path, call_the_system)
    for allow_pickle in (True, False):
        with pytest.raises(InvalidParameter, match=r"os\.system"):
            load(path, allow_pickle)
    assert made == []


def test_an_array_is_never_unpickled(tmp_path: Path) -> None:
    target = tmp_path / "exploded"

    class Bomb:
        def __reduce__(self) -> Any:
            return Path.touch, (target,)

    content = io.BytesIO()
    np.save(content, np.array([Bomb()], dtype=object), allow_pickle=True)
    path = written(tmp_path, LinearRegression().fit(X, Y))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("bomb.npy", content.getvalue())
    changed(path, _set_in("coef_", file="bomb.npy"))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load(path)
    assert not target.exists()
    np.load(io.BytesIO(content.getvalue()), allow_pickle=True)
    assert target.exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_what_is_wrong_with_a_file_is_said_by_skops(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(content)
    assert sklearn_plain.read(path) is None
    with pytest.raises((zipfile.BadZipFile, KeyError)):
        load(path)


def test_a_model_of_another_version_is_warned_of(tmp_path: Path) -> None:
    path = written(tmp_path, LinearRegression().fit(X, Y))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load(path) is not None
    changed(path, _set_in("_sklearn_version", content='"1.0"'))
    with pytest.warns(InconsistentVersionWarning, match=r"version 1\.0"):
        assert load(path).predict(X).shape == (60,)


@pytest.mark.parametrize("allow_pickle", [True, False])
def test_neither_skops_nor_the_rest_of_the_library_is_imported(
    tmp_path: Path, allow_pickle: bool
) -> None:
    written(tmp_path, make_pipeline(StandardScaler(), LinearRegression()).fit(X, Y))
    command = [sys.executable, "-c", LOADS, str(tmp_path), str(allow_pickle)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    assert answer.stdout.split() == ["Pipeline", "False", "False"]
