"""Open runs: what ends them, what they are told, and what is asked of their store meanwhile."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import millstream
from millstream.client.open_runs import OPEN_RUNS
from millstream.client.session import SESSION
from millstream.entities import runs as r

REASON, TRACEBACK = "millstream.end.reason", "millstream.end.traceback"


def ending(run_id: str) -> tuple[str, str | None]:
    run = millstream.get_run(run_id)
    return run.info.status, run.data.tags.get(REASON)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("no"), ("FAILED", "ValueError: no")),
        (SystemExit(0), ("FINISHED", None)),
        (SystemExit(2), ("FAILED", "exit code 2")),
        (KeyboardInterrupt(), ("KILLED", "interrupted: KeyboardInterrupt (SIGINT)")),
    ],
)
def test_a_block_that_is_left_by_an_exception(
    error: BaseException, expected: tuple[str, str | None]
) -> None:
    with pytest.raises(type(error)), millstream.start_run() as run:
        raise error
    assert ending(run.info.run_id) == expected
    tags = millstream.get_run(run.info.run_id).data.tags
    assert (TRACEBACK in tags) == (not isinstance(error, SystemExit))


def test_a_block_that_ends_has_no_reason() -> None:
    with millstream.start_run() as run:
        pass
    assert ending(run.info.run_id) == ("FINISHED", None)


def test_a_kind_of_error_alone_is_a_failure() -> None:
    """Frameworks call the context manager by hand."""
    run = millstream.start_run()
    run.__exit__(ValueError, None, None)
    assert ending(run.info.run_id) == ("FAILED", None)


def test_nested_blocks_are_left_by_the_same_exception() -> None:
    with (
        pytest.raises(KeyError),
        millstream.start_run() as outer,
        millstream.start_run(nested=True) as inner,
    ):
        raise KeyError("k")
    assert ending(outer.info.run_id) == ending(inner.info.run_id) == ("FAILED", "KeyError: 'k'")


def test_an_exception_that_is_caught_within_a_run_is_none_of_its() -> None:
    with millstream.start_run() as run:
        try:
            raise ValueError("no")
        except ValueError:
            pass
    assert ending(run.info.run_id) == ("FINISHED", None)


def test_taking_a_run_up_again_takes_the_reason_away() -> None:
    with pytest.raises(ValueError, match="no"), millstream.start_run() as run:
        raise ValueError("no")
    with millstream.start_run(run_id=run.info.run_id):
        tags = millstream.get_run(run.info.run_id).data.tags
        assert REASON not in tags
        assert TRACEBACK not in tags
    assert ending(run.info.run_id) == ("FINISHED", None)


def test_open_runs_are_answered_for_and_ended_ones_are_not() -> None:
    outer = millstream.start_run()
    inner = millstream.start_run(nested=True)
    beats = OPEN_RUNS.heartbeats.open_runs
    (runs,) = beats.values()
    assert list(runs) == [outer.info.run_id, inner.info.run_id]
    millstream.end_run()
    assert list(runs) == [outer.info.run_id]
    millstream.end_run()
    assert beats == {}


def test_the_end_of_the_process_ends_runs_inside_out(monkeypatch: pytest.MonkeyPatch) -> None:
    outer = millstream.start_run()
    inner = millstream.start_run(nested=True)
    order: list[str] = []
    append_end = SESSION.delivery.append_end

    def note(place: str, end: r.UpdateRun) -> Any:
        order.append(end.run_id)
        return append_end(place, end)

    monkeypatch.setattr(SESSION.delivery, "append_end", note)
    SESSION.finish()
    assert order == [inner.info.run_id, outer.info.run_id]
    assert SESSION.open_runs == {}
    millstream.end_run()
    millstream.end_run()


def test_one_that_cannot_be_ended_keeps_no_other_from_ending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = SESSION.place
    ended: list[str] = []

    def refuse(_: object) -> None:
        raise OSError("no disk")

    OPEN_RUNS.begin(place, "a", lambda ending: ended.append(f"a {ending.status}"), has_lease=True)
    OPEN_RUNS.begin(place, "b", refuse, has_lease=True)
    with pytest.warns(RuntimeWarning, match="run b could not be ended as FINISHED: no disk"):
        SESSION.finish()
    assert ended == ["a FINISHED"]
    for run_id in ("a", "b"):
        OPEN_RUNS.end(place, run_id)


def test_an_exception_ends_the_runs_of_its_thread_only(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = millstream.start_run()
    theirs: list[str] = []
    told: list[str] = []

    def work() -> None:
        theirs.append(millstream.start_run().info.run_id)
        theirs.append(millstream.start_run(nested=True).info.run_id)
        raise ValueError("in a thread")

    monkeypatch.setattr(OPEN_RUNS, "_watches_threads", False)
    monkeypatch.setattr(threading, "excepthook", lambda hooked: told.append(str(hooked.exc_value)))
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    SESSION.flush()
    assert [ending(run_id) for run_id in theirs] == [("FAILED", "ValueError: in a thread")] * 2
    assert told == ["in a thread"]
    assert ending(mine.info.run_id) == ("RUNNING", None)
    millstream.end_run()
