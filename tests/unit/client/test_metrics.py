from __future__ import annotations

import math
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import millstream
from millstream.client import delivery
from millstream.client.journal import Journal, read
from millstream.client.session import SESSION
from millstream.entities.metrics import Metric
from millstream.entities.runs import LogBatch
from millstream.errors import InvalidParameter, NotFound, Unavailable

OWN = str(Path(millstream.__file__).parent)
MOST_FRAMES = 12
MOST_FILES = 6


def history(run_id: str, key: str) -> list[Metric]:
    return millstream.MillstreamClient().get_metric_history(run_id, key)


def journals(folder: Path) -> list[Path]:
    return list((folder / "journal").glob("*.journal"))


def test_a_point_is_on_disk_when_the_call_returns(folder: Path) -> None:
    with millstream.start_run() as run:
        millstream.log_metric("loss", 0.5, step=3, timestamp=77)
        (path,) = journals(folder)
        contents = read(path)
        assert contents.header.run_id == run.info.run_id
        assert contents.header.tracking_uri == str(folder.resolve())
        assert contents.records == [Metric("loss", 0.5, 77, 3)]
    assert journals(folder) == []


def test_reading_back_sees_everything_that_was_logged(folder: Path) -> None:
    with millstream.start_run() as run:
        for step in range(2_345):
            millstream.log_metric("loss", step / 2, step=step)
        assert [point.step for point in history(run.info.run_id, "loss")] == list(range(2_345))
        assert millstream.search_runs(output_format="list")[0].data.metrics == {"loss": 1172.0}
        millstream.log_metric("loss", -1, step=9_999)
        assert millstream.get_run(run.info.run_id).data.metrics == {"loss": -1.0}


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="there is no such signal")
@pytest.mark.parametrize(
    ("owner", "moment"),
    [(os, "open"), (os, "write"), (Journal, "__init__")],
    ids=["journal is opened", "point is written", "journal is replaced by another"],
)
def test_a_signals_handler_may_log_in_the_middle_of_a_call_that_logs(
    monkeypatch: pytest.MonkeyPatch, owner: Any, moment: str
) -> None:
    """It runs on the same thread, which holds what it holds."""
    monkeypatch.setattr(delivery, "SEGMENT", 500)
    call = getattr(owner, moment)
    seen: list[int] = []

    def interrupted(*arguments: Any) -> Any:
        done = call(*arguments)
        if len(seen) < 20:
            signal.raise_signal(signal.SIGUSR1)
        return done

    def log_too(*_: object) -> None:
        seen.append(len(seen))
        millstream.log_metric("seen", len(seen), step=seen[-1])

    before = signal.signal(signal.SIGUSR1, log_too)
    try:
        with millstream.start_run() as run:
            with monkeypatch.context() as patched:
                patched.setattr(owner, moment, interrupted)
                for step in range(200):
                    millstream.log_metric("loss", step, step=step)
            run_id = run.info.run_id
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert len(seen) >= 3
    assert [point.step for point in history(run_id, "loss")] == [*range(200)]
    assert sorted(point.step for point in history(run_id, "seen")) == seen


def test_numbers_that_are_none_survive(folder: Path) -> None:
    with millstream.start_run() as run:
        millstream.log_metrics({"nan": math.nan, "up": math.inf, "down": -math.inf})
    found = millstream.get_run(run.info.run_id).data.metrics
    assert math.isnan(found["nan"])
    assert (found["up"], found["down"]) == (math.inf, -math.inf)


def test_many_metrics_at_once_are_one_write_and_share_their_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with millstream.start_run() as run:
        millstream.log_metric("first", 0)
        write, writes = os.write, []

        def counted(output: int, content: bytes) -> int:
            writes.append(content)
            return write(output, content)

        monkeypatch.setattr(os, "write", counted)
        millstream.log_metrics({f"m{n}": n for n in range(1_500)}, step=4)
        monkeypatch.setattr(os, "write", write)
        assert len([content for content in writes if b"m1499" in content]) == 1
    found = millstream.get_run(run.info.run_id).data.metric_list
    assert len(found) == 1_501
    assert len({point.timestamp for point in found if point.key != "first"}) == 1


def test_wrong_points_are_refused_at_the_call_and_nothing_is_logged(folder: Path) -> None:
    with millstream.start_run() as run:
        with pytest.raises(InvalidParameter, match="Names may only contain"):
            millstream.log_metric("bad!key", 1)
        with pytest.raises(InvalidParameter, match=r"metrics\[1\].name"):
            millstream.log_metrics({"good": 1, "bad!key": 2})
    assert millstream.get_run(run.info.run_id).data.metrics == {}


def test_a_run_that_is_not_active_can_be_named(folder: Path) -> None:
    client = millstream.MillstreamClient()
    run_id = client.create_run("0").info.run_id
    millstream.log_metric("a", 1, run_id=run_id)
    millstream.log_metrics({"b": 2}, run_id=run_id)
    millstream.log_params({"c": 3}, run_id=run_id)
    assert millstream.active_run() is None
    assert client.get_run(run_id).data.metrics == {"a": 1.0, "b": 2.0}


def test_the_client_writes_through_and_raises_at_once(client: millstream.MillstreamClient) -> None:
    run_id = client.create_run("0").info.run_id
    client.log_metric(run_id, "a", 1.5, timestamp=5, step=2)
    assert client.get_metric_history(run_id, "a") == [Metric("a", 1.5, 5, 2)]
    with pytest.raises(NotFound):
        client.log_metric("0" * 32, "a", 1.0)
    client.delete_run(run_id)
    with pytest.raises(InvalidParameter):
        client.log_metric(run_id, "a", 1.0)


def test_what_the_store_refuses_later_is_told_and_raised_to_whoever_waits(folder: Path) -> None:
    with millstream.start_run() as run:
        millstream.delete_run(run.info.run_id)
        refused = pytest.raises(InvalidParameter)
        with pytest.warns(RuntimeWarning, match="refused what was logged"), refused:
            millstream.log_metric("a", 1, synchronous=True)
        operation = millstream.log_metric("a", 2, synchronous=False)
        assert operation is not None
        with pytest.raises(InvalidParameter):
            operation.wait()
        millstream.restore_run(run.info.run_id)


def test_a_store_that_is_away_neither_stops_nor_loses_a_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store: Any = SESSION.stores.patient(SESSION.place)
    with millstream.start_run() as run:
        works = type(store.runs).log_batch

        def away(_: Any, request: LogBatch) -> Any:
            raise Unavailable("nobody answers")

        monkeypatch.setattr(type(store.runs), "log_batch", away)
        for step in range(100):
            millstream.log_metric("loss", step, step=step)
        asked = pytest.raises(Unavailable, match=f"logged for run {run.info.run_id} waits")
        with pytest.warns(RuntimeWarning, match="cannot be reached") as told, asked:
            millstream.get_run(run.info.run_id)
        assert len(told) == 1
        monkeypatch.setattr(type(store.runs), "log_batch", works)
        assert len(history(run.info.run_id, "loss")) == 100
    assert journals(folder) == []


def test_without_a_place_for_journals_points_are_written_through(folder: Path) -> None:
    folder.mkdir()
    (folder / "journal").write_text("in the way")
    with pytest.warns(RuntimeWarning, match="there is no journal"), millstream.start_run() as run:
        millstream.log_metric("a", 1)
    found = millstream.get_run(run.info.run_id)
    assert (found.data.metrics, found.info.status) == ({"a": 1.0}, "FINISHED")


def test_sixteen_threads_log_to_runs_of_their_own(folder: Path) -> None:
    ids: dict[int, str] = {}

    def train(number: int) -> None:
        with millstream.start_run(run_name=str(number)) as run:
            ids[number] = run.info.run_id
            for step in range(50):
                millstream.log_metric("loss", number, step=step)
            millstream.log_param("number", number)

    with millstream.start_run() as outer:
        threads = [threading.Thread(target=train, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert millstream.active_run() is outer
    assert len(set(ids.values())) == 16
    for number, run_id in ids.items():
        found = millstream.get_run(run_id)
        assert found.data.params == {"number": str(number)}
        assert {point.value for point in history(run_id, "loss")} == {float(number)}
        assert len(history(run_id, "loss")) == 50
        assert "mlflow.parentRunId" not in found.data.tags


def child(number: int) -> None:
    for step in range(20):
        millstream.log_metric(f"child{number}", number, step=step)


def test_a_fork_in_the_middle_of_a_run_loses_nothing(folder: Path) -> None:
    context = multiprocessing.get_context("fork")
    with millstream.start_run() as run:
        millstream.log_metric("parent", 1, step=0)
        children = [context.Process(target=child, args=(number,)) for number in range(3)]
        for process in children:
            process.start()
        millstream.log_metric("parent", 2, step=1)
        for process in children:
            process.join()
        assert [process.exitcode for process in children] == [0, 0, 0]
        assert millstream.get_run(run.info.run_id).info.status == "RUNNING"
    for number in range(3):
        assert len(history(run.info.run_id, f"child{number}")) == 20
    assert [point.value for point in history(run.info.run_id, "parent")] == [1.0, 2.0]
    assert journals(folder) == []


SCRIPT = """
import millstream, sys
millstream.set_tracking_uri(sys.argv[1])
millstream.start_run(run_name="left open")
for step in range(500):
    millstream.log_metric("loss", step, step=step)
millstream.start_run(nested=True)
{ending}
"""


@pytest.mark.parametrize(
    ("ending", "code"), [("", 0), ("sys.exit(3)", 3), ("raise ValueError('no')", 1)]
)
def test_runs_left_open_end_with_the_process(folder: Path, ending: str, code: int) -> None:
    program = SCRIPT.replace("{ending}", ending)
    done = subprocess.run(
        [sys.executable, "-c", program, folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    runs = millstream.search_runs(output_format="list")
    assert [run.info.status for run in runs] == ["FAILED" if code else "FINISHED"] * 2
    (outer,) = [run for run in runs if run.info.run_name == "left open"]
    assert len(history(outer.info.run_id, "loss")) == 500
    assert journals(folder) == []


KILLED = """
import millstream, os, signal, sys
millstream.set_tracking_uri(sys.argv[1])
run = millstream.start_run()
for step in range(500):
    millstream.log_metric("loss", step, step=step)
print(run.info.run_id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_all_its_points_in_store_or_journal(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, folder], capture_output=True, text=True, check=False
    )
    (path,) = journals(folder)
    contents = read(path)
    assert contents.header.run_id == done.stdout.strip()
    assert [m.step for m in contents.records if isinstance(m, Metric)] == list(range(500))


AWAY = """
import millstream, sys
from millstream.errors import Unavailable
from millstream.store.sql.runs import SqlRuns
millstream.set_tracking_uri(sys.argv[1])
def away(*_): raise Unavailable("nobody answers")
with millstream.start_run():
    SqlRuns.log_batch = away
    SqlRuns.update = away
    millstream.log_metric("loss", 1)
print("trained")
"""


def test_a_script_whose_store_went_away_ends_soon_and_says_where_things_are(folder: Path) -> None:
    environment = {**os.environ, "MILLSTREAM_EXIT_WAIT": "0.5"}
    done = subprocess.run(
        [sys.executable, "-c", AWAY, folder],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert "trained" in done.stdout
    (path,) = journals(folder)
    assert str(path) in done.stderr
    assert "millstream sync" in done.stderr
    kinds = [type(record).__name__ for record in read(path).records]
    assert kinds == ["Metric", "UpdateRun"]


def test_the_way_of_a_point_to_disk_is_short(folder: Path) -> None:
    """Each thread's way, to the journal and to the store, stays within the promised frames."""
    deepest: dict[int, list[FrameType]] = {}

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or not frame.f_code.co_filename.startswith(OWN):
            return
        stack: list[FrameType] = []
        current: FrameType | None = frame
        while current is not None:
            if current.f_code.co_filename.startswith(OWN):
                stack.append(current)
            current = current.f_back
        thread = threading.get_ident()
        if len(stack) > len(deepest.get(thread, [])):
            deepest[thread] = stack

    with millstream.start_run():
        millstream.log_metric("loss", 0)
        SESSION.flush()
        SESSION.delivery = SESSION._new_delivery()
        threading.setprofile(watch)
        sys.setprofile(watch)
        try:
            millstream.log_metric("loss", 1)
            sys.setprofile(None)
            SESSION.flush()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
    ways = list(deepest.values())
    assert len(ways) >= 2
    for way in ways:
        names = [frame.f_code.co_qualname for frame in way]
        files = {frame.f_code.co_filename for frame in way}
        assert len(way) <= MOST_FRAMES, names
        assert len(files) <= MOST_FILES, names
