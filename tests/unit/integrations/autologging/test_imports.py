from __future__ import annotations

import importlib
import importlib.util
import sys
import warnings
from collections.abc import Callable
from types import ModuleType

from millstream.integrations.autologging.imports import IMPORTS, forget_imports, when_imported

Load = Callable[[], ModuleType]


def test_a_module_that_comes_later_is_acted_upon_once_it_is_loaded(toy: Load) -> None:
    seen: list[tuple[str, bool]] = []
    when_imported(
        "toy_framework.models", "toy", lambda m: seen.append((m.__name__, hasattr(m, "train")))
    )
    assert seen == []
    module = toy()
    assert seen == [("toy_framework.models", True)]
    assert "exec_module" not in vars(module.__loader__)
    importlib.import_module("toy_framework.models")
    assert len(seen) == 1


def test_a_module_that_is_there_is_acted_upon_at_once(toy: Load) -> None:
    toy()
    seen: list[str] = []
    when_imported("toy_framework", "toy", lambda m: seen.append(m.__name__), below=True)
    assert sorted(seen) == ["toy_framework", "toy_framework.models"]
    when_imported("toy_framework", "toy", lambda _: seen.append("again"), below=True)
    assert len(seen) == 2


def test_all_modules_of_a_package_count(toy: Load) -> None:
    seen: list[str] = []
    when_imported("toy_framework", "toy", lambda m: seen.append(m.__name__), below=True)
    toy()
    assert seen == ["toy_framework", "toy_framework.models"]


def test_an_action_that_fails_does_not_fail_the_import(toy: Load) -> None:
    def fail(_: ModuleType) -> None:
        raise RuntimeError("cannot patch")

    when_imported("toy_framework", "toy", fail)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert toy().train({}) == {"rounds": 10}
    assert ["cannot patch" in str(one.message) for one in heard] == [True]


def test_looking_for_a_module_does_not_load_it_nor_act(toy: Load) -> None:
    seen: list[str] = []
    when_imported("toy_framework", "toy", lambda m: seen.append(m.__name__))
    spec = importlib.util.find_spec("toy_framework")
    assert spec is not None
    assert spec.origin is not None
    assert spec.origin.endswith("__init__.py")
    assert "toy_framework" not in sys.modules
    assert seen == []


def test_what_is_forgotten_is_not_acted_upon(toy: Load) -> None:
    seen: list[str] = []
    when_imported("toy_framework", "toy", lambda m: seen.append(m.__name__), below=True)
    when_imported("toy_framework", "other", lambda _: seen.append("other"))
    forget_imports("toy")
    toy()
    assert seen == ["other"]
    assert IMPORTS.packages == {}


def test_a_module_that_is_absent_stays_absent() -> None:
    when_imported("no_such_framework", "toy", lambda _: None)
    assert importlib.util.find_spec("no_such_framework") is None
