"""The contract of the adapter of every framework, as a class of tests.

Inherit from `FrameworkContract`, set `flavor`, and define `native`, `data` and, where the two
objects of the framework predict by other means than `predict(data)`, `ask`.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from millstream.errors import MillstreamError
from millstream.integrations import pyfunc
from millstream.model_format.digests import MANIFEST
from millstream.model_format.directory import seal
from millstream.model_format.enforcement import enforce_inputs
from millstream.model_format.inference import infer_schema
from millstream.model_format.manifest import Manifest
from millstream.testing.clean_environment import answer_elsewhere, answer_here


class FrameworkContract:
    """What holds for the models of every framework.

    `options` are further arguments of `save_model`. `safe` says that this form of the model is
    read without unpickling, and so loads where pickles are forbidden.
    """

    def __init_subclass__(cls) -> None:
        """Let the first class of tests of each framework, and no other, make an environment."""
        super().__init_subclass__()
        flavor = getattr(cls, "flavor", None)
        if flavor is not None and cls.__name__.startswith("Test"):
            if flavor in _MADE:
                cls.test_it_loads_in_a_clean_environment = None  # type: ignore[assignment]  # not collected
            _MADE.add(flavor)

    flavor: ClassVar[str]
    options: ClassVar[dict[str, Any]] = {}
    safe: ClassVar[bool] = True
    tolerance: ClassVar[float] = 1e-6

    def native(self) -> Any:
        """A small fitted object of the framework."""
        raise NotImplementedError

    def data(self) -> Any:
        """Some rows of input, as users of the framework have them."""
        raise NotImplementedError

    def ask(self, native: Any, data: Any) -> Any:
        """What the framework itself predicts."""
        return native.predict(data)

    @pytest.fixture
    def trained(self) -> Any:
        """The object, made once for all tests of the class."""
        if type(self) not in _TRAINED:
            _TRAINED[type(self)] = self.native()
        return _TRAINED[type(self)]

    @pytest.fixture
    def saved(self, trained: Any, tmp_path: Path) -> Path:
        """The object as a model directory, with an example of its input."""
        path = tmp_path / "model"
        self.module.save_model(trained, path, input_example=self.data(), **self.options)
        return path

    @property
    def module(self) -> Any:
        """The public module of the framework."""
        return import_module(f"millstream.integrations.{self.flavor}")

    def test_the_object_comes_back(self, trained: Any, saved: Path) -> None:
        loaded = self.module.load_model(saved)
        assert type(loaded).__name__ == type(trained).__name__
        self.same(self.ask(loaded, self.data()), self.ask(trained, self.data()))

    def test_it_predicts_the_same_behind_the_one_interface(self, trained: Any, saved: Path) -> None:
        model = pyfunc.load_model(saved)
        self.same(model.predict(self.data()), self.ask(trained, self.data()))
        assert type(model.get_raw_model()).__name__ == type(trained).__name__

    def test_the_signature_holds_for_its_own_data(self, saved: Path) -> None:
        manifest = Manifest.read(saved)
        assert manifest.signature is not None
        assert manifest.signature.inputs is not None
        assert manifest.signature.outputs is not None
        enforce_inputs(self.data(), manifest.signature.inputs)
        predictions = pyfunc.load_model(saved).predict(self.data())
        assert len(infer_schema(predictions)) == len(manifest.signature.outputs)

    def test_the_manifest_says_what_loads_it_and_what_it_needs(self, saved: Path) -> None:
        manifest = Manifest.read(saved)
        assert set(manifest.flavors) == {self.flavor, "python_function"}
        assert manifest.flavors["python_function"]["loader_module"] == f"mlflow.{self.flavor}"
        names = [line.partition("==")[0] for line in _lines(saved / "requirements.txt")]
        assert names[0] == "mlflow"
        assert {line.partition("==")[0] for line in self.module.get_default_pip_requirements()} <= {
            *names
        }

    def test_it_loads_in_a_clean_environment(self, saved: Path, tmp_path: Path) -> None:
        """Its own requirements are all that is in there, and it answers the same."""
        found = answer_elsewhere(saved, tmp_path / "environments")
        self.same(found, answer_here(saved))

    def test_a_changed_file_is_refused_by_name(self, saved: Path) -> None:
        for path in sorted(saved.rglob("*")):
            if not path.is_file() or path.name == MANIFEST:
                continue
            content = path.read_bytes()
            path.write_bytes(content + b"\n")
            name = path.relative_to(saved).as_posix()
            with pytest.raises(MillstreamError, match="SHA-256") as refused:
                pyfunc.load_model(saved)
            assert repr(name) in str(refused.value)
            with pytest.raises(MillstreamError, match="SHA-256"):
                self.module.load_model(saved)
            path.write_bytes(content)

    def test_nothing_is_unpickled_where_that_is_forbidden(
        self, saved: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pyfunc.load_model(saved)  # whatever the framework itself unpickles once, it has
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        for load in (pyfunc.load_model, self.module.load_model):
            with unpickled() as classes:
                if self.safe:
                    load(saved)
                else:
                    with pytest.raises(MillstreamError, match="disallowed"):
                        load(saved)
            assert classes == []

    def test_no_file_of_the_model_can_smuggle_a_pickle_in(
        self, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each file in turn becomes a pickle that leaves a trace when it is loaded."""
        monkeypatch.setenv("MILLSTREAM_ALLOW_PICKLE", "false")
        trace = tmp_path / "trace"
        for path in sorted(saved.rglob("*")):
            if not path.is_file() or path.name == MANIFEST:
                continue
            content = path.read_bytes()
            path.write_bytes(pickle.dumps(_Trace(str(trace))))
            seal(saved)
            for load in (pyfunc.load_model, self.module.load_model):
                with suppress(Exception):  # each library has its own error for rubbish
                    load(saved)
                assert not trace.exists(), f"{path.name} was unpickled"
            path.write_bytes(content)

    def same(self, found: Any, expected: Any) -> None:
        """Whether two answers of a model are equal, in whatever container they come."""
        np.testing.assert_allclose(
            _numbers(found), _numbers(expected), rtol=self.tolerance, atol=self.tolerance
        )


class _Trace:
    def __init__(self, path: str) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, (self._path, "w")


_TRAINED: dict[type, Any] = {}
_MADE: set[str] = set()
_SEEN: list[list[str]] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "pickle.find_class" and _SEEN:
        _SEEN[-1].append(".".join(map(str, arguments)))


sys.addaudithook(_watch)


@contextmanager
def unpickled() -> Iterator[list[str]]:
    """The classes that are looked up by an unpickler meanwhile, whoever owns it."""
    _SEEN.append([])
    try:
        yield _SEEN[-1]
    finally:
        _SEEN.pop()


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def _numbers(answer: Any) -> Any:
    if isinstance(answer, dict):
        answer = [answer[key] for key in sorted(answer)]
    if isinstance(answer, (list, tuple)):
        answer = np.concatenate([np.ravel(np.asarray(one)) for one in answer])
    return np.ravel(np.asarray(answer)).astype(float)
