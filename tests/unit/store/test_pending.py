"""The answer to a write: waited for, or told to a callback."""

from __future__ import annotations

import threading

import pytest

from millstream.store.pending import Pending


def test_waiting_from_several_threads() -> None:
    pending: Pending[int] = Pending()
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(pending.result(30))) for _ in range(4)]
    for thread in threads:
        thread.start()
    pending.succeed(7)
    for thread in threads:
        thread.join(30)
    assert found == [7, 7, 7, 7]
    assert pending.result() == 7


def test_an_error_is_raised_to_everyone() -> None:
    pending: Pending[int] = Pending()
    pending.fail(ValueError("no"))
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            pending.result()


def test_callbacks_run_once_before_or_after() -> None:
    pending: Pending[str] = Pending()
    seen: list[str] = []
    pending.when_done(lambda done: seen.append("before " + done.result()))
    assert seen == []
    pending.succeed("x")
    pending.when_done(lambda done: seen.append("after " + done.result()))
    assert seen == ["before x", "after x"]


def test_waiting_ends() -> None:
    pending: Pending[int] = Pending()
    with pytest.raises(TimeoutError, match="not committed within"):
        pending.result(0.01)
    assert Pending.settled(3).result() == 3
