from __future__ import annotations

import inspect
import pickle
import threading
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from tests.unit.integrations.autologging.conftest import runs

import millstream
from millstream.integrations.autologging.configuration import (
    autologging_is_disabled,
    configure,
    disable_autologging,
    disable_discrete_autologging,
)
from millstream.integrations.autologging.patches import is_patched, revert_patches, safe_patch
from millstream.integrations.autologging.sessions import open_session

Load = Callable[[], ModuleType]
CALLS: list[str] = []


@pytest.fixture(autouse=True)
def no_calls() -> None:
    CALLS.clear()


def turn_on(**options: Any) -> None:
    configure("toy", {"disable": False, "silent": False, **options})


def note(original: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    CALLS.append("before")
    result = original(*arguments, **keywords)
    CALLS.append("after")
    return result


def patched(toy: Load, patch: Callable[..., Any] = note, **options: Any) -> Any:
    module = toy()
    for kind in (module.Estimator, module.Inner):
        safe_patch("toy", kind, "fit", patch, **options)
    turn_on()
    return module


def test_the_original_result_is_given_whatever_the_patch_answers(toy: Load) -> None:
    def other(original: Callable[..., Any], *arguments: Any, **keywords: Any) -> str:
        original(*arguments, **keywords)
        return "something else"

    estimator = patched(toy, other).Estimator()
    assert estimator.fit([1]) is estimator


def test_signature_docstring_and_name_are_the_original_ones(toy: Load) -> None:
    module = toy()
    before = {name: getattr(module.Estimator.fit, name) for name in ("__doc__", "__qualname__")}
    signature = inspect.signature(module.Estimator.fit)
    patched(toy)
    assert inspect.signature(module.Estimator.fit) == signature
    assert {name: getattr(module.Estimator.fit, name) for name in before} == before
    assert "raise fail" in inspect.getsource(module.Estimator.fit)


def test_only_the_outermost_call_is_logged(toy: Load) -> None:
    patched(toy).Estimator().fit([1])
    assert CALLS == ["before", "after"]


def test_a_patch_that_encloses_lets_others_log(toy: Load) -> None:
    module = toy()
    safe_patch("toy", module.Estimator, "fit", note, encloses=True)
    safe_patch("toy", module.Inner, "fit", note)
    turn_on()
    module.Estimator().fit([1])
    assert CALLS == ["before", "before", "after", "after"]


def test_each_thread_is_an_outermost_one(toy: Load) -> None:
    module = patched(toy)
    threads = [threading.Thread(target=module.Estimator().fit, args=([1],)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert CALLS.count("before") == 4


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_the_original_error_is_raised(toy: Load, error: BaseException) -> None:
    module = patched(toy)
    with pytest.raises(type(error)) as caught:
        module.Estimator().fit([1], fail=error)
    assert caught.value is error
    assert open_session() is None
    assert CALLS == ["before"]


def test_the_original_error_is_raised_even_if_the_patch_swallows_or_replaces_it(
    toy: Load,
) -> None:
    def swallow(original: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
        try:
            original(*arguments, **keywords)
        except ValueError:
            CALLS.append("swallowed")

    def replace(original: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
        try:
            original(*arguments, **keywords)
        except ValueError as error:
            raise RuntimeError("of the patch") from error

    for patch in (swallow, replace):
        revert_patches("toy")
        module = patched(toy, patch)
        error = ValueError("no")
        turn_on(silent=True)
        with pytest.raises(ValueError, match="no") as caught:
            module.Estimator().fit([1], fail=error)
        assert caught.value is error


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("silent", [False, True])
def test_a_patch_that_fails_is_a_warning_at_most(toy: Load, when: str, silent: bool) -> None:
    def fail(original: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
        if when == "before":
            raise OSError("the disk is full")
        original(*arguments, **keywords)
        raise OSError("the disk is full")

    estimator = patched(toy, fail).Estimator()
    turn_on(silent=silent)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert estimator.fit([1]) is estimator
    assert estimator.data == [1]
    assert [("the disk is full" in str(one.message)) for one in heard] == [True] * (not silent)


def test_functions_of_modules_are_pickled_as_before(toy: Load) -> None:
    module = toy()
    package: Any = __import__("toy_framework")
    package.train = module.train
    safe_patch("toy", package, "train", note)
    turn_on()
    assert package.train is module.train
    assert pickle.loads(pickle.dumps(package.train)) is package.train  # noqa: S301  # made here
    assert package.train({"a": 1}, rounds=2) == {"a": 1, "rounds": 2}
    assert CALLS == ["before", "after"]


def test_patching_twice_and_undoing_it(toy: Load) -> None:
    module = toy()
    before = vars(module.Estimator)["fit"]
    for _ in range(2):
        safe_patch("toy", module.Estimator, "fit", note)
    assert is_patched("toy", module.Estimator, "fit")
    turn_on()
    module.Estimator().fit([1])
    assert CALLS == ["before", "after"]
    revert_patches("toy")
    assert vars(module.Estimator)["fit"] is before
    assert not is_patched("toy", module.Estimator, "fit")


def test_an_inherited_method_is_patched_where_it_was_asked_for(toy: Load) -> None:
    module = toy()
    child = type("Child", (module.Estimator,), {})
    safe_patch("toy", child, "fit", note)
    turn_on()
    module.Estimator().fit([1])
    assert CALLS == []
    child().fit([1])
    assert CALLS == ["before", "after"]
    revert_patches("toy")
    assert "fit" not in vars(child)


def test_static_and_class_methods_and_methods_that_some_objects_lack() -> None:
    class Conditional:
        def __init__(self, method: Callable[..., Any]) -> None:
            self.method = method

        def __get__(self, instance: Any, owner: Any = None) -> Any:
            if instance is not None and not instance.able:
                raise AttributeError("not able")
            return self.method if instance is None else self.method.__get__(instance)

    class Thing:
        able = True

        @staticmethod
        def fixed(value: int) -> int:
            return value

        @classmethod
        def of(cls, value: int) -> tuple[type, int]:
            return cls, value

        conditional = Conditional(lambda self, value: (self, value))

    for name in ("fixed", "of", "conditional"):
        safe_patch("toy", Thing, name, note)
    turn_on()
    thing = Thing()
    assert (Thing.fixed(1), Thing.of(2), thing.conditional(3)) == (1, (Thing, 2), (thing, 3))
    assert CALLS == ["before", "after"] * 3
    thing.able = False
    assert not hasattr(thing, "conditional")
    revert_patches("toy")
    assert isinstance(vars(Thing)["conditional"], Conditional)


def test_what_is_off_or_paused_is_not_asked(toy: Load) -> None:
    estimator = patched(toy).Estimator()
    with disable_autologging(), disable_discrete_autologging(["other"]):
        estimator.fit([1])
    with disable_discrete_autologging(["toy"]):
        assert autologging_is_disabled("toy")
        estimator.fit([1])
    turn_on(disable=True)
    estimator.fit([1])
    assert CALLS == []
    turn_on()
    estimator.fit([1])
    assert CALLS == ["before", "after"]


def log_param(original: Callable[..., Any], estimator: Any, *rest: Any, **keywords: Any) -> Any:
    millstream.log_param("depth", estimator.depth)
    return original(estimator, *rest, **keywords)


def test_a_managed_run_begins_and_ends_with_the_call(toy: Load) -> None:
    module = patched(toy, log_param, manage_run=True)
    turn_on(extra_tags={"team": "a"})
    module.Estimator().fit([1])
    with pytest.raises(ValueError, match="no"):
        module.Estimator().fit([1], fail=ValueError("no"))
    assert millstream.active_run() is None
    first, second = runs()
    assert (first.info.status, second.info.status) == ("FINISHED", "FAILED")
    assert first.data.params == {"depth": "3"}
    assert first.data.tags["mlflow.autologging"] == "toy"
    assert first.data.tags["team"] == "a"


def test_a_patch_that_fails_leaves_its_run_finished(toy: Load) -> None:
    def fail(original: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
        original(*arguments, **keywords)
        raise OSError("the disk is full")

    module = patched(toy, fail, manage_run=True)
    turn_on(silent=True)
    module.Estimator().fit([1])
    assert [run.info.status for run in runs()] == ["FINISHED"]


def test_the_run_of_the_user_is_used_and_goes_on(toy: Load) -> None:
    module = patched(toy, log_param, manage_run=True)
    with millstream.start_run() as run:
        module.Estimator().fit([1])
        assert millstream.active_run() is run
    found = millstream.get_run(run.info.run_id)
    assert found.data.params == {"depth": "3"}
    assert "mlflow.autologging" not in found.data.tags
    assert len(runs()) == 1


def test_exclusive_leaves_runs_of_the_user_alone(toy: Load) -> None:
    module = patched(toy, log_param, manage_run=True)
    turn_on(exclusive=True)
    with millstream.start_run() as run:
        module.Estimator().fit([1])
    module.Estimator().fit([1])
    found = runs()
    assert [item.data.params for item in found] == [{}, {"depth": "3"}]
    assert found[0].info.run_id == run.info.run_id


def test_a_store_that_cannot_be_used_leaves_training_alone(
    toy: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise millstream.MillstreamError("no more runs here")

    module = patched(toy, log_param, manage_run=True)
    turn_on(silent=True)
    monkeypatch.setattr("millstream.integrations.autologging.runs.start_run", refuse)
    estimator = module.Estimator()
    assert estimator.fit([1]) is estimator
    assert runs() == []


def test_what_is_called_inside_alone_is_logged_there_and_never_by_itself(toy: Load) -> None:
    module = toy()
    safe_patch("toy", module.Estimator, "fit", note)
    safe_patch("toy", module.Inner, "fit", note, inside=True)
    turn_on()
    module.Inner().fit([1])
    assert CALLS == []
    module.Estimator().fit([1])
    assert CALLS == ["before", "before", "after", "after"]
