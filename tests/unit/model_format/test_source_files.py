"""Source files that travel with a model: only what was named goes in, only that is imported."""

from __future__ import annotations

import importlib.util
import py_compile
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.errors import InvalidParameter, MillstreamError
from millstream.integrations import pyfunc
from millstream.model_format.directory import seal
from millstream.model_format.local_code import local_modules


@pytest.fixture(autouse=True)
def unchanged() -> Iterator[None]:
    path, hooks, modules = list(sys.path), list(sys.path_hooks), set(sys.modules)
    yield
    sys.path[:], sys.path_hooks[:] = path, hooks
    sys.path_importer_cache.clear()
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def save(folder: Path, word: str, module: str = "vocabulary") -> Path:
    """A model that answers with a word of a module that it brings along."""
    source = folder / f"source-{word}"
    source.mkdir()
    (source / f"{module}.py").write_text(f"WORD = {word!r}\n")
    (source / f"loader_{word}.py").write_text(
        f"import {module}\n"
        "class Model:\n    def predict(self, data):\n"
        f"        return {module}.WORD\n"
        "def _load_pyfunc(path):\n    return Model()\n"
    )
    model = folder / word
    paths = [str(source / f"{module}.py"), str(source / f"loader_{word}.py")]
    pyfunc.save_model(model, loader_module=f"loader_{word}", code_paths=paths)
    return model


def test_two_models_with_a_module_of_one_name_each_have_their_own(tmp_path: Path) -> None:
    first = pyfunc.load_model(save(tmp_path, "one"))
    with pytest.warns(UserWarning, match="both bring a module 'vocabulary'"):
        second = pyfunc.load_model(save(tmp_path, "two"))
    assert (first.predict(0), second.predict(0)) == ("one", "two")


def test_loading_one_model_twice_warns_of_nothing(tmp_path: Path) -> None:
    model = save(tmp_path, "one")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [pyfunc.load_model(model).predict(0) for _ in range(2)] == ["one", "one"]
    assert sys.path.count(str(model / "code")) == 1


def test_a_module_of_the_users_own_stays_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vocabulary.py").write_text("WORD = 'mine'\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("vocabulary")
    with pytest.warns(UserWarning, match="'vocabulary' is loaded from .* already"):
        assert pyfunc.load_model(save(tmp_path, "one")).predict(0) == "mine"


def test_neither_compiled_nor_added_files_are_imported(tmp_path: Path) -> None:
    model = save(tmp_path, "one")
    source = model / "code" / "vocabulary.py"
    evil = tmp_path / "evil.py"
    evil.write_text(source.read_text().replace("one", "bad"))
    compiled = importlib.util.cache_from_source(str(source))
    py_compile.compile(
        str(evil), compiled, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )
    assert pyfunc.load_model(model).predict(0) == "one"
    for name in ("json.py", "vocabulary.pyc", "deeper/more.py"):
        added = model / "code" / name
        added.parent.mkdir(exist_ok=True)
        added.write_bytes(b"")
        with pytest.raises(MillstreamError, match="not saved with it") as refused:
            pyfunc.load_model(model)
        assert f"code/{name}" in str(refused.value)
        added.unlink()
    (model / "code" / "linked").symlink_to(tmp_path)
    with pytest.raises(MillstreamError, match=r"\['code/linked'\]"):
        pyfunc.load_model(model)


def test_packages_are_imported_from_the_model_and_leave_nothing_behind(tmp_path: Path) -> None:
    package = tmp_path / "lexicon"
    (package / "__pycache__").mkdir(parents=True)
    (package / "__pycache__" / "x.pyc").write_bytes(b"")
    (package / "__init__.py").write_text("from lexicon.words import WORD\n")
    (package / "words.py").write_text("WORD = 'in a package'\n")
    (package / "_load.py").write_text(
        "import lexicon\nclass M:\n    def predict(self, data):\n        return lexicon.WORD\n"
        "def _load_pyfunc(path):\n    return M()\n"
    )
    pyfunc.save_model(tmp_path / "model", loader_module="lexicon._load", code_paths=[str(package)])
    assert pyfunc.load_model(tmp_path / "model").predict(0) == "in a package"
    assert not list((tmp_path / "model").rglob("__pycache__"))


def test_two_paths_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "code.py").write_text(folder)
    paths = [str(tmp_path / folder / "code.py") for folder in ("a", "b")]
    with pytest.raises(InvalidParameter, match=r"of the name 'code\.py' already"):
        pyfunc.save_model(tmp_path / "model", python_model=len, code_paths=paths)


def test_a_link_out_of_a_folder_of_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "words.py").write_text("")
    (folder / "same.py").symlink_to(folder / "words.py")
    pyfunc.save_model(tmp_path / "model", python_model=len, code_paths=[str(folder)])
    assert (tmp_path / "model" / "code" / "code" / "same.py").is_file()
    (folder / "link").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(InvalidParameter, match=r"link'? .*outside of the folder"):
        pyfunc.save_model(tmp_path / "other", python_model=len, code_paths=[str(folder)])


def test_the_modules_of_the_folder_one_works_in_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "pack" / "inner.py").write_text("WORD = 'inner'\n")
    (tmp_path / "beside.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("pack.inner", "beside"):
        importlib.import_module(name)
    assert sorted(local_modules()) == ["beside.py", "pack/__init__.py", "pack/inner.py"]

    def word(_: object) -> str:
        return str(importlib.import_module("pack.inner").WORD)

    pyfunc.save_model("model", python_model=word, infer_code_paths=True)
    assert (tmp_path / "model" / "code" / "pack" / "inner.py").is_file()
    assert pyfunc.load_model("model").predict(0) == "inner"


def test_a_model_without_digests_may_have_more_files(tmp_path: Path) -> None:
    model = save(tmp_path, "one")
    (model / "code" / "more.py").write_text("")
    seal(model)
    assert pyfunc.load_model(model).predict(0) == "one"
