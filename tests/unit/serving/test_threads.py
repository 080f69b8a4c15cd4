"""The threads of a model."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from millstream.serving.threads import ModelThreads


def call(threads: ModelThreads, function: Any) -> Any:
    return asyncio.run(threads.call(function))


def test_a_model_stays_on_its_thread() -> None:
    threads = ModelThreads("m")
    first, second = (call(threads, threading.current_thread) for _ in range(2))
    assert first is second
    assert first is not threading.main_thread()
    assert first.daemon


@pytest.mark.parametrize("raised", [ValueError, SystemExit, KeyboardInterrupt])
def test_whatever_is_raised_comes_to_the_caller_and_the_thread_goes_on(
    raised: type[BaseException],
) -> None:
    threads = ModelThreads("m")

    def fail() -> None:
        raise raised("no")

    async def ask() -> BaseException:
        try:
            await threads.call(fail)
        except BaseException as error:  # noqa: BLE001  # any of them
            return error
        raise AssertionError("nothing was raised")

    assert type(asyncio.run(ask())) is raised
    assert call(threads, lambda: 1) == 1


def test_an_error_that_no_task_can_be_told_is_told_otherwise() -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        call(ModelThreads("m"), lambda: next(iter(())))


def test_who_no_longer_waits_is_not_told() -> None:
    threads, gate = ModelThreads("m"), threading.Event()

    async def impatient() -> Any:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(threads.call(lambda: gate.wait(30)), 0.01)
        gate.set()
        return await threads.call(lambda: "next")

    assert asyncio.run(impatient()) == "next"


def test_a_call_may_outlive_the_loop_that_asked_for_it() -> None:
    threads, gate = ModelThreads("m"), threading.Event()

    async def leave() -> None:
        threads.run(lambda: gate.wait(30), lambda *_: None)

    asyncio.run(leave())
    gate.set()
    assert call(threads, lambda: "next") == "next"
